import sharp from 'sharp'
import type {Box, ImageRef} from '../core/sample.js'
import {croppedPicture, cropRegion} from './crop.js'

describe('the crop of a box', () => {
  // Computed once with cropwithbbox of deepcs233/Visual-CoT 83212ae, llava/eval/model_cot_loader.py.
  test.each<[[number, number], Box, Box]>([
    [
      [391, 500],
      [0.542, 0.686, 0.592, 0.786],
      [117, 256, 341, 480],
    ],
    [
      [640, 480],
      [0.1, 0.2, 0.9, 0.7],
      [64, 0, 576, 480],
    ],
    [
      [640, 480],
      [0, 0, 1, 1],
      [0, 0, 640, 480],
    ],
    [
      [480, 640],
      [0, 0, 1, 1],
      [0, 0, 480, 640],
    ],
    [
      [1000, 301],
      [0, 0.4, 0.111, 0.505],
      [0, 0, 224, 224],
    ],
    [
      [100, 80],
      [0.25, 0.25, 0.75, 0.75],
      [0, 0, 100, 80],
    ],
    [
      [640, 480],
      [217, 343, 242, 393],
      [117, 176, 341, 400],
    ],
    [
      [500, 500],
      [0.9, 0.9, 0.2, 0.3],
      [163, 188, 387, 412],
    ],
    [
      [641, 333],
      [5000, -30, 9000, 20],
      [0, 0, 641, 333],
    ],
    [
      [333, 641],
      [-0.5, 0.1, 0.3, 0.95],
      [0, 64, 333, 608],
    ],
  ])('of a %p picture and %p is where the official script cuts', ([width, height], box, region) => {
    expect(cropRegion(box, width, height)).toEqual(region)
  })

  test('holds exactly the pixels of the picture there', async () => {
    const [width, height] = [300, 260]
    const raw = Buffer.from(Array.from({length: width * height * 3}, (_, k) => (k * 7) % 251))
    const png = await sharp(raw, {raw: {width, height, channels: 3}})
      .png()
      .toBuffer()
    const image: ImageRef = {source: 'a.png', orientation: 'ignore', bytes: async () => png}
    const box: Box = [0.9, 0.9, 1, 1]
    const [left, top, right, bottom] = cropRegion(box, width, height)
    const crop = await sharp(await croppedPicture(image, box).bytes())
      .raw()
      .toBuffer({resolveWithObject: true})
    expect(crop.info).toMatchObject({width: right - left, height: bottom - top, channels: 3})
    const at = (x: number, y: number) => raw.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)
    for (const [x, y] of [
      [0, 0],
      [100, 50],
      [right - left - 1, bottom - top - 1],
    ] as const)
      expect([...crop.data.subarray((y * crop.info.width + x) * 3).subarray(0, 3)]).toEqual([...at(left + x, top + y)])
  })

  test('names the picture that cannot be decoded', async () => {
    const image: ImageRef = {source: 'a.png', orientation: 'ignore', bytes: async () => Buffer.from('no picture')}
    await expect(croppedPicture(image, [0, 0, 1, 1]).bytes()).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('The picture a.png cannot be decoded'),
    })
  })
})
