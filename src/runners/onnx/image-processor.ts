// Turns RGB pictures into the patches that the vision tower takes. The reference of Qwen2.5-VL resizes twice:
// qwen-vl-utils ("fetch") resizes to its own limits, then the checkpoint's image processor to the checkpoint's limits.
// Leaving out the first changes the grid of some pictures. For Qwen3-VL the official code resizes once, and evaluators
// that do not tell qwen-vl-utils the size of a patch resize to multiples of 28 and then of 32. Crops for oracle latents
// skip the first, as in the authors' evaluator (GuilhermeViveiros/LanteRn: evals/viscot_blink_vstar_eval.py).

import {fetchedSize, type PictureFetch, type PixelLimits, type Size, smartResize} from '../smart-resize.js'
import {type RgbImage, resizeBicubic} from './pillow-bicubic.js'
import type {Checkpoint, VisionConfig} from './types.js'

export interface Patches {
  /**
   * [rows x columns, channels x frames x patch x patch], cell by cell in raster order; within a cell, its merge x merge
   * patches in raster order.
   */
  readonly pixels: Float32Array
  readonly rows: number
  readonly columns: number
  /** The size of the picture as the model sees it. */
  readonly size: Size
}

export type Normalisation = Pick<Checkpoint['image'], 'mean' | 'std'>

/** Pixels per side of an image token, to whose multiples a picture is resized. */
export function tokenSide({patch, merge}: Pick<VisionConfig, 'patch' | 'merge'>): number {
  return patch * merge
}

/**
 * The size of a picture after its resizes; `side` as `tokenSide` gives it. Throws LanternError `bad-file` like them.
 */
export function seenSize(size: Size, limits: PixelLimits, fetch: PictureFetch, side: number): Size {
  return smartResize(fetchedSize(size, fetch, limits), limits, side)
}

/** The first resize; the picture itself where there is none. */
export function fetchResize(image: RgbImage, fetch: PictureFetch, limits: PixelLimits): RgbImage {
  if (fetch === 'none') return image
  const {width, height} = fetchedSize(image, fetch, limits)
  return resizeBicubic(image, width, height)
}

/** The resize of the checkpoint's processor, normalisation and patches. */
export function toPatches(
  image: RgbImage,
  limits: PixelLimits,
  normalisation: Normalisation,
  vision: VisionConfig,
): Patches {
  const size = smartResize(image, limits, tokenSide(vision))
  const {patch} = vision
  const rows = size.height / patch
  const columns = size.width / patch
  const resized = resizeBicubic(image, size.width, size.height)
  return {pixels: patchValues(resized.data, rows, columns, levelTable(normalisation), vision), rows, columns, size}
}

/** [3, 256]: the value of every level of each channel, rounded to float32 at each step as in numpy. */
function levelTable({mean, std}: Normalisation): Float32Array {
  const table = new Float32Array(3 * 256)
  for (let c = 0; c < 3; c++) {
    for (let level = 0; level < 256; level++) {
      const scaled = Math.fround(level / 255)
      table[c * 256 + level] = Math.fround(scaled - Math.fround(mean[c]!)) / Math.fround(std[c]!)
    }
  }
  return table
}

function patchValues(
  data: Uint8Array,
  rows: number,
  columns: number,
  table: Float32Array,
  vision: VisionConfig,
): Float32Array {
  const {patch, merge, temporalPatch, channels} = vision
  const width = columns * patch
  const area = patch * patch
  const out = new Float32Array(rows * columns * channels * temporalPatch * area)
  let to = 0
  for (let cellRow = 0; cellRow < rows; cellRow += merge) {
    for (let cellColumn = 0; cellColumn < columns; cellColumn += merge) {
      for (let i = 0; i < merge * merge; i++) {
        const top = (cellRow + Math.floor(i / merge)) * patch
        const left = (cellColumn + (i % merge)) * patch
        for (let c = 0; c < channels; c++) {
          const frame = to
          for (let y = 0; y < patch; y++) {
            let from = ((top + y) * width + left) * 3 + c
            for (let x = 0; x < patch; x++, from += 3) out[to++] = table[c * 256 + data[from]!]!
          }
          // A still picture is repeated as identical frames.
          for (let copy = 1; copy < temporalPatch; copy++, to += area) out.copyWithin(to, frame, frame + area)
        }
      }
    }
  }
  return out
}
