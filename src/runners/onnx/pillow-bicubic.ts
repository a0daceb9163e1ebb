// Bicubic resizing of 8-bit RGB, byte for byte like Image.resize(size, BICUBIC) of Pillow 13.
// The method (python-pillow/Pillow: src/libImaging/Resample.c) is separable. It uses Keys' kernel with a = -0.5,
// widened when shrinking, and weights in 22-bit fixed point. It rounds to 8 bits between the two passes, so their order
// affects some bytes.

/** 8-bit RGB, row by row. */
export interface RgbImage {
  readonly width: number
  readonly height: number
  /** [height, width, 3] */
  readonly data: Uint8Array
}

/** 32 bits minus 8 for the pixel and 2 of headroom. */
const fractionBits = 22
const half = 1 << (fractionBits - 1)

/** Resizes an image. Returns the same object when the size is already right. */
export function resizeBicubic(image: RgbImage, width: number, height: number): RgbImage {
  // Since Pillow 13 the rows go first when the height shrinks by more than twice as much as the width
  // (python-pillow/Pillow#9549). Older versions always begin with the columns.
  const rowsFirst = height < image.height && image.height - height > 2 * (image.width - width)
  return rowsFirst ? resizeColumns(resizeRows(image, height), width) : resizeRows(resizeColumns(image, width), height)
}

/** For each output position: the first input position it reads, and the fixed-point weights. */
interface Taps {
  readonly first: Int32Array
  readonly weights: readonly Int32Array[]
}

function tapsOf(from: number, to: number): Taps {
  const scale = from / to
  const stretch = Math.max(scale, 1)
  const support = 2 * stretch
  const first = new Int32Array(to)
  const weights = Array.from({length: to}, (_, i) => {
    const center = (i + 0.5) * scale
    first[i] = Math.max(0, Math.trunc(center - support + 0.5))
    const count = Math.min(from, Math.trunc(center + support + 0.5)) - first[i]!
    const raw = Array.from({length: count}, (_, k) => keysKernel((k + first[i]! - center + 0.5) / stretch))
    const total = raw.reduce((sum, weight) => sum + weight, 0)
    return Int32Array.from(raw, weight =>
      Math.trunc((weight / total) * (1 << fractionBits) + (weight < 0 ? -0.5 : 0.5)),
    )
  })
  return {first, weights}
}

/** Keys 1981, a = -0.5. */
function keysKernel(distance: number): number {
  const a = -0.5
  const x = Math.abs(distance)
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a
  return 0
}

function resizeColumns(image: RgbImage, width: number): RgbImage {
  if (width === image.width) return image
  const {height, data} = image
  const {first, weights} = tapsOf(image.width, width)
  // Clamped, because a weighted sum may overshoot 0 .. 255.
  const out = new Uint8ClampedArray(height * width * 3)
  for (let x = 0; x < width; x++) {
    const taps = weights[x]!
    for (let y = 0; y < height; y++) {
      let at = (y * image.width + first[x]!) * 3
      let red = half
      let green = half
      let blue = half
      for (let k = 0; k < taps.length; k++, at += 3) {
        const weight = taps[k]!
        red = (red + data[at]! * weight) | 0
        green = (green + data[at + 1]! * weight) | 0
        blue = (blue + data[at + 2]! * weight) | 0
      }
      const to = (y * width + x) * 3
      out[to] = red >> fractionBits
      out[to + 1] = green >> fractionBits
      out[to + 2] = blue >> fractionBits
    }
  }
  return {width, height, data: new Uint8Array(out.buffer)}
}

function resizeRows(image: RgbImage, height: number): RgbImage {
  if (height === image.height) return image
  const stride = image.width * 3
  const {data} = image
  const {first, weights} = tapsOf(image.height, height)
  const out = new Uint8ClampedArray(height * stride)
  // Whole rows are added up, so that memory is read sequentially.
  const sums = new Int32Array(stride)
  for (let y = 0; y < height; y++) {
    sums.fill(half)
    for (const [k, weight] of weights[y]!.entries()) {
      const from = (first[y]! + k) * stride
      for (let i = 0; i < stride; i++) sums[i] = sums[i]! + data[from + i]! * weight
    }
    for (let i = 0; i < stride; i++) out[y * stride + i] = sums[i]! >> fractionBits
  }
  return {width: image.width, height, data: new Uint8Array(out.buffer)}
}
