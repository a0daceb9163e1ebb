import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {committedGoldens, describeGoldens, imagesOf, readJson} from '../../test/support/goldens.js'
import type {ImageRef} from '../core/sample.js'
import {seenSize} from './onnx/image-processor.js'
import {pictureSize, sizeOf} from './picture-size.js'

interface Golden {
  readonly images_dir?: string
  readonly patch_size?: number
  readonly factor?: 28 | 32
  readonly limits: Record<string, [minPixels: number, maxPixels: number]>
  readonly images: {
    readonly image: string
    readonly orientation: string
    readonly size: [number, number]
    readonly processed: Record<string, {grid_thw: [number, number, number]}>
  }[]
}

/** A picture that counts the bytes read. */
function picture(bytes: Uint8Array, orientation: ImageRef['orientation'] = 'ignore') {
  const read = {bytes: 0, head: 0}
  const image: ImageRef = {
    source: 'x.jpg',
    orientation,
    async bytes() {
      read.bytes++
      return bytes
    },
    async head(length) {
      read.head++
      return bytes.subarray(0, length)
    },
  }
  return {image, read}
}

describeGoldens('sizes of pictures', /^preprocess\.json$/, ({dir, file}) => {
  const golden = readJson<Golden>(file)
  const {images, limits, factor = 28, patch_size: patch = 14} = golden

  it.each(images.map(one => [`${one.image} ${one.orientation}`, one] as const))(
    '%s',
    async (_name, {image, orientation, ...expected}) => {
      const upright = orientation !== 'as-stored'
      const bytes = readFileSync(join(imagesOf(dir, golden), image))
      const {image: ref, read} = picture(bytes, upright ? 'apply' : 'ignore')
      const size = await pictureSize(ref)
      expect([size.width, size.height]).toEqual(expected.size)
      expect(read).toEqual(upright ? {bytes: 1, head: 0} : {bytes: 0, head: 1})
      for (const [name, {grid_thw}] of Object.entries(expected.processed)) {
        const [minPixels, maxPixels] = limits[name]!
        const {width, height} = seenSize(size, {minPixels, maxPixels}, `by-${factor}`, factor)
        expect([name, height / patch, width / patch]).toEqual([name, ...grid_thw.slice(1)])
      }
    },
  )
})

describe('the size of a picture', () => {
  const jpeg = readFileSync(join(committedGoldens, 'images', 'rgb.jpg'))

  it('is found after a preview longer than the first read', async () => {
    // Application segments of up to 65,533 bytes (ITU T.81, B.2.4.6), which come before the size.
    const segment = Buffer.concat([Buffer.from([0xff, 0xef, 0xff, 0xff]), Buffer.alloc(65_533)])
    const {image, read} = picture(Buffer.concat([jpeg.subarray(0, 2), segment, segment, jpeg.subarray(2)]))
    expect(await pictureSize(image)).toEqual(sizeOf(jpeg, 'rgb.jpg'))
    expect(read).toEqual({bytes: 1, head: 1})
  })

  it('is an error naming the picture if it cannot be read', async () => {
    for (const orientation of ['ignore', 'apply'] as const) {
      const failing = pictureSize(picture(Uint8Array.of(1, 2, 3), orientation).image)
      await expect(failing).rejects.toMatchObject({code: 'bad-file', message: expect.stringContaining('x.jpg')})
    }
  })
})
