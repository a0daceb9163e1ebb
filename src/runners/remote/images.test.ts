import sharp from 'sharp'
import type {ImageRef} from '../../core/sample.js'
import {pictureSize} from '../picture-size.js'
import {readImage} from './images.js'

/** A lying picture, red at the left and blue at the right, that bears an orientation mark. */
async function marked(orientation: number): Promise<Buffer> {
  const red = {width: 60, height: 40, channels: 3, background: '#f00'} as const
  const blue = await sharp({create: {...red, width: 30, background: '#00f'}})
    .png()
    .toBuffer()
  return sharp({create: red})
    .composite([{input: blue, left: 30, top: 0}])
    .withMetadata({orientation})
    .jpeg({quality: 100})
    .toBuffer()
}

const refOf = (bytes: Uint8Array, orientation: ImageRef['orientation']): ImageRef => ({
  source: 'x.jpg',
  orientation,
  bytes: async () => bytes,
})

const pixelsOf = async (bytes: Uint8Array | Buffer) =>
  sharp(bytes).removeAlpha().raw().toBuffer({resolveWithObject: true})

describe('a picture that is cut off', () => {
  const picture = {create: {width: 64, height: 64, channels: 3, background: '#284'}} as const
  const noisy = {...picture, create: {...picture.create, noise: {type: 'gaussian', mean: 128, sigma: 60}}} as const
  it.each(['jpeg', 'png', 'webp'] as const)('is not sent, wherever it is cut (%s)', async format => {
    // A preview within the file has an end of its own, and what a camera adds behind the end is no fault.
    const preview = await sharp(picture).jpeg().toBuffer()
    const plain = await sharp(noisy).toFormat(format).toBuffer()
    const segment = Buffer.concat([
      Buffer.of(0xff, 0xef, (preview.length + 2) >> 8, (preview.length + 2) & 255),
      preview,
    ])
    const bytes = format === 'jpeg' ? Buffer.concat([plain.subarray(0, 2), segment, plain.subarray(2)]) : plain
    expect((await readImage(refOf(bytes, 'ignore'), {})).bytes).toBe(bytes)
    const more = Buffer.concat([bytes, Buffer.alloc(9)])
    expect((await readImage(refOf(more, 'ignore'), {})).bytes).toBe(more)
    const failing = {code: 'bad-file', message: expect.stringContaining('x.jpg')}
    for (let share = 0; share < 20; share++) {
      const cut = bytes.subarray(0, Math.floor((bytes.length * share) / 20))
      await expect(readImage(refOf(cut, 'ignore'), {})).rejects.toMatchObject(failing)
      await expect(readImage(refOf(cut, 'ignore'), {maxPixels: 600})).rejects.toMatchObject(failing)
    }
    await expect(readImage(refOf(bytes.subarray(0, -2), 'ignore'), {})).rejects.toMatchObject(failing)
  })
})

// The eight orientations of EXIF (tag 274): 5 to 8 exchange width and height.
describe.each([1, 2, 3, 4, 5, 6, 7, 8])('a picture with orientation %i', orientation => {
  it('keeps its upright shape under a pixel limit where the source turns it', async () => {
    const bytes = await marked(orientation)
    // The reference: sharp turns the picture first, and scales what came of it.
    const upright = await sharp(bytes).autoOrient().png().toBuffer()
    const {width, height} = await sharp(upright).metadata()
    const {seen, bytes: sent} = await readImage(refOf(bytes, 'apply'), {maxPixels: 600})
    expect(seen).toMatchObject({width, height})
    expect(seen.sentWidth / seen.sentHeight).toBeCloseTo(width / height, 1)
    const [ours, reference] = await Promise.all([
      pixelsOf(sent),
      pixelsOf(
        await sharp(upright)
          .resize(seen.sentWidth, seen.sentHeight, {fit: 'fill', kernel: 'lanczos3'})
          .png()
          .toBuffer(),
      ),
    ])
    expect([ours.info.width, ours.info.height]).toEqual([seen.sentWidth, seen.sentHeight])
    const difference = ours.data.reduce((sum, value, i) => sum + Math.abs(value - reference.data[i]!), 0)
    expect(difference / ours.data.length).toBeLessThan(2)
  })

  it('is seen in the size in which it is decoded', async () => {
    const bytes = await marked(orientation)
    for (const source of ['apply', 'ignore'] as const) {
      const {seen} = await readImage(refOf(bytes, source), {})
      expect(await pictureSize(refOf(bytes, source))).toMatchObject({width: seen.width, height: seen.height})
      const [long, short] =
        source === 'apply' && orientation >= 5 ? [seen.height, seen.width] : [seen.width, seen.height]
      expect([long, short]).toEqual([60, 40])
    }
  })

  it('stays as it is stored where the source does not turn it', async () => {
    const {seen, bytes} = await readImage(refOf(await marked(orientation), 'ignore'), {maxPixels: 600})
    expect([seen.width, seen.height]).toEqual([60, 40])
    const {data, info} = await pixelsOf(bytes)
    const middle = Math.floor(info.height / 2) * info.width
    const [left, right] = [data.subarray(3 * middle), data.subarray(3 * (middle + info.width - 1))]
    expect(left[0]! > 200 && right[2]! > 200).toBe(true)
  })
})
