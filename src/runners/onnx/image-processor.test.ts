import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describeGoldens, GoldenTensors, imagesOf, largestDifference, readJson} from '../../../test/support/goldens.js'
import {sha256} from '../../core/hash.js'
import {fetchLimits, type PictureFetch, roundHalfEven, smartResize} from '../smart-resize.js'
import {decodeImage} from './image.js'
import {fetchResize, seenSize, toPatches} from './image-processor.js'
import {resizeBicubic} from './pillow-bicubic.js'
import {ropeIndex} from './rope-index.js'
import type {VisionConfig} from './types.js'

/** Sums and end rows of pixel values. */
interface Values {
  pixel_values_sum: number
  pixel_values_abs_sum: number
  first_row: number[]
  last_row: number[]
}

interface Processed extends Values {
  grid_thw: number[]
  tensor?: string | null
  without_fetch_grid_thw?: number[]
  without_fetch?: Values
  /** The first resize to multiples of 28 within the same limits, whatever the token's side. */
  as_swimbird?: {fetched: [number, number]; grid_thw: number[]; pixel_values_sum: number}
}

interface Preprocess {
  images_dir?: string
  /** Absent: the published values of Qwen2.5-VL. */
  patch_size?: number
  factor?: number
  image_mean?: number[]
  image_std?: number[]
  limits: Record<string, [number, number]>
  images: {
    image: string
    orientation: string
    fetched: {size: [number, number]; sha256: string}
    processed: Record<string, Processed>
  }[]
  smart_resize_hw: [number, number, string, [number, number] | 'error'][]
  fetch_resize_hw: [number, number, [number, number]][]
}

describeGoldens('pictures', /^preprocess\.json$/, ({dir, file}) => {
  const golden = readJson<Preprocess>(file)
  const {factor = 28, patch_size: patch = 14} = golden
  const normalisation = {
    mean: golden.image_mean ?? [0.48145466, 0.4578275, 0.40821073],
    std: golden.image_std ?? [0.26862954, 0.26130258, 0.27577711],
  }
  const vision = {channels: 3, patch, temporalPatch: 2, merge: factor / patch} as VisionConfig
  // The committed goldens have hashes and sums but no pixel tensors.
  const pixelFile = join(dir, 'preprocess.safetensors')
  const tensors = existsSync(pixelFile) ? new GoldenTensors(pixelFile) : null

  const expectValues = (pixels: Float32Array, expected: Values) => {
    // 1e-6 is the goldens' tolerance for single values; the sums run over up to a million of them.
    expect(largestDifference(pixels.subarray(0, expected.first_row.length), expected.first_row)).toBeLessThan(1e-6)
    expect(largestDifference(pixels.subarray(-expected.last_row.length), expected.last_row)).toBeLessThan(1e-6)
    let sum = 0
    for (const value of pixels) sum += value < 0 ? -value : value
    expect(Math.abs(sum / expected.pixel_values_abs_sum - 1)).toBeLessThan(1e-6)
  }

  const there = golden.images.filter(({image}) => existsSync(join(imagesOf(dir, golden), image)))
  const absent = golden.images.length - there.length
  if (absent > 0) test.skip(`${absent} of ${golden.images.length} pictures, which are absent`, () => {})
  const pictures = there.map(image => [`${image.image} ${image.orientation}`, image] as const)
  // jest refuses an empty table.
  const onPictures: (title: string, body: (name: string, image: (typeof there)[number]) => Promise<void>) => void =
    pictures.length > 0 ? it.each(pictures) : () => {}
  onPictures('%s', async (_name, image) => {
    const orientation = image.orientation === 'as-stored' ? 'ignore' : 'apply'
    const bytes = readFileSync(join(imagesOf(dir, golden), image.image))
    const decoded = await decodeImage(bytes, orientation, image.image)
    const fetched = fetchResize(decoded, `by-${factor}` as PictureFetch, fetchLimits(factor))
    expect([fetched.width, fetched.height]).toEqual(image.fetched.size)
    expect(sha256(fetched.data)).toBe(image.fetched.sha256)
    for (const [name, expected] of Object.entries(image.processed)) {
      const [minPixels, maxPixels] = golden.limits[name]!
      const limits = {minPixels, maxPixels}
      const patches = toPatches(fetched, limits, normalisation, vision)
      expect([1, patches.rows, patches.columns]).toEqual(expected.grid_thw)
      expectValues(patches.pixels, expected)
      if (expected.tensor && tensors)
        expect(largestDifference(patches.pixels, tensors.get(expected.tensor))).toBeLessThan(1e-6)

      // The slow processor takes a picture of this height for channels.
      const misread = [1, 3].includes(decoded.height)
      if (expected.without_fetch !== undefined && !misread) {
        const seen = seenSize(decoded, limits, 'none', factor)
        expect([1, seen.height / patch, seen.width / patch]).toEqual(expected.without_fetch_grid_thw)
        expectValues(toPatches(decoded, limits, normalisation, vision).pixels, expected.without_fetch)
      }
      if (expected.as_swimbird !== undefined) {
        const first = fetchResize(decoded, 'by-28-limited', limits)
        expect([first.width, first.height]).toEqual(expected.as_swimbird.fetched)
        const {rows, columns, pixels} = toPatches(first, limits, normalisation, vision)
        expect([1, rows, columns]).toEqual(expected.as_swimbird.grid_thw)
        const sum = pixels.reduce((total, value) => total + value, 0)
        expect(Math.abs(sum - expected.as_swimbird.pixel_values_sum)).toBeLessThan(1e-6 * pixels.length)
      }
    }
  })

  it('sizes', () => {
    for (const [height, width, limits, expected] of golden.smart_resize_hw) {
      const [minPixels, maxPixels] = golden.limits[limits]!
      if (expected === 'error') {
        expect(() => smartResize({width, height}, {minPixels, maxPixels}, factor)).toThrow('as long as it is wide')
        continue
      }
      const size = smartResize({width, height}, {minPixels, maxPixels}, factor)
      expect([height, width, limits, [size.height, size.width]]).toEqual([height, width, limits, expected])
    }
    for (const [height, width, expected] of golden.fetch_resize_hw) {
      const size = smartResize({width, height}, fetchLimits(factor), factor, true)
      expect([height, width, [size.height, size.width]]).toEqual([height, width, expected])
    }
  })
})

describeGoldens('rotary positions', /^rope.*\.json$/, ({file}) => {
  interface Rope {
    ids: number[]
    grids: [number, number, number][]
    position_ids: number[][]
    delta: number
  }
  const merge = 2
  const sequences = readJson<Rope[]>(file)
  const cells = ({grids}: Rope) => grids.reduce((sum, [, rows, columns]) => sum + (rows * columns) / merge ** 2, 0)
  const count = ({ids}: Rope, token: number) => ids.filter(id => id === token).length
  // The file does not name the image token: it is the one that occurs once per cell, in every sequence.
  const imageToken = sequences
    .flatMap(({ids}) => ids)
    .find(id => sequences.every(one => count(one, id) === cells(one)))!

  it.each(sequences.map(rope => [`${rope.grids.length} pictures, ${rope.ids.length} tokens`, rope] as const))(
    '%s',
    (_name, rope) => {
      const grids = rope.grids.map(([, rows, columns]) => ({rows, columns}))
      const {positions, delta} = ropeIndex(rope.ids, grids, imageToken, merge)
      expect([...positions]).toEqual(rope.position_ids.flat())
      expect(delta).toBe(rope.delta)
    },
  )
})

describe('without goldens', () => {
  // sha256 of the output of Pillow 13.0.0 for the same noise. Pillow 9.4 and 12.3 differ in the third case, where 13
  // resizes the height first.
  it.each([
    [640, 480, 308, 224, '376c49a2a84e1f0cc780479b3c3706d0ae3794683fa0c3c16ce063fd2d088514'],
    [640, 480, 896, 672, 'ff945df74988b4d412b632cd0be7d818e5c4887517e92316b389fbc610620566'],
    [640, 480, 644, 476, '35965e5d0cf09f87331552365ca9e788c9e211badc7a10377ab9290e23476ca5'],
    [640, 480, 640, 504, '7f89a00634a10b8465e20aa7dc45b4ddc922da373e796347ee7ef8c22915477a'],
    [37, 500, 56, 504, '2c6288249818497ce2276c30080f34af993fd269bb18b1397623832ed063a582'],
    [1000, 7, 28, 28, '564d1569fbd96cc8c909ca3da99fdbf57740d765195f1dcbd4085bef3c241c8b'],
  ])('resizes noise of %i x %i to %i x %i like Pillow', (width, height, toWidth, toHeight, expected) => {
    const {imul} = Math
    let state = 12345
    const data = Uint8Array.from({length: width * height * 3}, () => {
      state = (imul(state, 1664525) + 1013904223) >>> 0
      return state >>> 24
    })
    expect(sha256(resizeBicubic({width, height, data}, toWidth, toHeight).data)).toBe(expected)
  })
  it('rounds halves to even', () => {
    expect([0.5, 1.5, 2.5, 2.4, 2.6].map(roundHalfEven)).toEqual([0, 2, 2, 2, 3])
  })
  it('refuses pictures that are too narrow', () => {
    expect(() => smartResize({width: 201, height: 1}, fetchLimits(28), 28)).toThrow('more than 200 times')
  })
  it('names a picture that cannot be read', async () => {
    await expect(decodeImage(Uint8Array.of(1, 2, 3), 'ignore', 'a.png')).rejects.toThrow(
      'The picture a.png cannot be read',
    )
  })
})
