import {random} from '../../core/random.js'
import {compress, enlargedCrop, oracleLatents, randomBoxes} from './oracle-latents.js'

const features = (count: number) => Array.from({length: count}, (_, i) => Float32Array.of(i))

// The examples of design/latent-reasoning.md 1.6.
it.each([
  [
    [10, 20, 110, 70],
    [0, 15, 120, 75],
  ],
  [
    [0, 0, 50, 40],
    [0, 0, 55, 44],
  ],
  [
    [600, 450, 640, 480],
    [596, 447, 640, 480],
  ],
] as const)('the crop of %j in 640 x 480 is %j', (box, expected) => {
  expect(enlargedCrop(box, 640, 480)).toEqual(expected)
})

it('refuses a box outside the picture', () => {
  expect(() => enlargedCrop([700, 10, 720, 20], 640, 480)).toThrow('covers no pixel of the picture')
})

it('averages contiguous groups and drops the last rows', () => {
  expect(compress(features(8), 8)).toEqual(features(8))
  expect(compress(features(20), 8).map(([x]) => x)).toEqual([0.5, 2.5, 4.5, 6.5, 8.5, 10.5, 12.5, 14.5])
  const groups = compress(features(263), 8)
  expect([groups.length, groups[0]![0], groups[7]![0]]).toEqual([8, 15.5, 7 * 32 + 15.5])
  expect(() => compress(features(7), 8)).toThrow('cannot fill 8 latents')
})

it('uses one vector per box when there are as many boxes as latents, otherwise the first box', async () => {
  const image = {width: 60, height: 40, data: new Uint8Array(60 * 40 * 3)}
  const seen: string[] = []
  const encode = async ({width, height}: {width: number; height: number}, {minPixels}: {minPixels: number}) => {
    seen.push(`${width}x${height}>=${minPixels}`)
    return features(4)
  }
  const limits = {tokenSide: 28, minPixels: 3136, maxPixels: 1e6}
  const boxes = [
    [0, 0, 10, 10],
    [20, 20, 40, 30],
  ] as const
  expect((await oracleLatents(image, boxes, 2, limits, encode)).map(([x]) => x)).toEqual([1.5, 1.5])
  expect((await oracleLatents(image, boxes, 4, limits, encode)).map(([x]) => x)).toEqual([0, 1, 2, 3])
  expect(seen).toEqual(['10x10>=784', '20x10>=784', '11x11>=3136'])
})

it('random boxes lie inside the picture, keep their size, and avoid the evidence where there is room', () => {
  for (let i = 0; i < 50; i++) {
    const [box] = randomBoxes([[10, 10, 30, 40]], 200, 100, random(i))
    const [x1, y1, x2, y2] = box!
    expect([x2 - x1, y2 - y1]).toEqual([20, 30])
    expect(x1 >= 0 && y1 >= 0 && x2 <= 200 && y2 <= 100).toBe(true)
    expect(x1 >= 30 || x2 <= 10 || y1 >= 40 || y2 <= 10).toBe(true)
    const [free] = randomBoxes([], 200, 100, random(i))
    expect(free![2] - free![0]).toBeGreaterThanOrEqual(40)
    expect(free![2] - free![0]).toBeLessThanOrEqual(120)
  }
})
