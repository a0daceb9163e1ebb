// The size a picture gets before it is cut into patches: multiples of an image token's side (28 pixels for Qwen2.5-VL,
// 32 for Qwen3-VL) within limits on the number of pixels.
// huggingface/transformers: models/qwen2_vl/image_processing_qwen2_vl.py, smart_resize; qwen-vl-utils has the same
// rule.
import {LanternError} from '../core/errors.js'

export interface PixelLimits {
  readonly minPixels: number
  readonly maxPixels: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

const maxAspectRatio = 200

/**
 * The limits of qwen-vl-utils, which resizes pictures to multiples of `factor` before the checkpoint's own processor
 * does (see onnx/image-processor.ts).
 */
export function fetchLimits(factor: number): PixelLimits {
  return {minPixels: 4 * factor ** 2, maxPixels: 16384 * factor ** 2}
}

/**
 * The resize by qwen-vl-utils before the checkpoint's own: none, or to multiples of 28 or 32, within the library's
 * limits or, `limited`, within those of the run.
 */
export const pictureFetches = ['none', 'by-28', 'by-32', 'by-28-limited', 'by-32-limited'] as const
export type PictureFetch = (typeof pictureFetches)[number]

/** The multiples of that resize. */
export function fetchFactor(fetch: Exclude<PictureFetch, 'none'>): number {
  return Number(/\d+/.exec(fetch)![0])
}

/** The size of a picture after that resize. Throws LanternError `bad-file` like smartResize. */
export function fetchedSize(size: Size, fetch: PictureFetch, limits: PixelLimits): Size {
  if (fetch === 'none') return size
  const factor = fetchFactor(fetch)
  return smartResize(size, fetch.endsWith('-limited') ? limits : fetchLimits(factor), factor, true)
}

/** Python's round(): halves go to the even neighbour. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1
  return below % 2 === 0 ? below : below + 1
}

/**
 * Both sides become multiples of `factor`. With `sidesFirst`, a side that rounds to zero counts as one token before the
 * limits are applied. qwen-vl-utils does this, the processor of transformers does not. Throws LanternError `bad-file`
 * if one side is more than 200 times the other, like the reference.
 */
export function smartResize(
  {width, height}: Size,
  {minPixels, maxPixels}: PixelLimits,
  factor: number,
  sidesFirst = false,
): Size {
  if (Math.max(width, height) / Math.min(width, height) > maxAspectRatio) {
    throw new LanternError(
      'bad-file',
      `A picture of ${width} x ${height} pixels is more than ${maxAspectRatio} times as long as it is wide; the model does not accept it.`,
    )
  }
  const multiples = (count: number) => Math.max(1, count) * factor
  const rounded = (length: number) => Math.max(sidesFirst ? 1 : 0, roundHalfEven(length / factor)) * factor
  const size = {width: rounded(width), height: rounded(height)}
  const pixels = size.width * size.height
  if (pixels > maxPixels) {
    const shrink = Math.sqrt((width * height) / maxPixels)
    const shrunk = (length: number) => multiples(Math.floor(length / shrink / factor))
    return {width: shrunk(width), height: shrunk(height)}
  }
  if (pixels < minPixels) {
    const enlarge = Math.sqrt(minPixels / (width * height))
    const enlarged = (length: number) => multiples(Math.ceil((length * enlarge) / factor))
    return {width: enlarged(width), height: enlarged(height)}
  }
  return size
}
