// Oracle latents: the latents that would hold the evidence itself, i.e. the vision features of a crop of the picture
// (design/latent-reasoning.md 1.6; GuilhermeViveiros/LanteRn: evals/viscot_blink_vstar_eval.py).
import {LanternError} from '../../core/errors.js'
import type {Random} from '../../core/random.js'
import type {Box} from '../../core/sample.js'
import type {PixelLimits} from '../smart-resize.js'
import {crop} from './image.js'
import type {RgbImage} from './pillow-bicubic.js'

/** Vision features, row by row, of a picture that goes directly into the processor. */
export type Encode = (image: RgbImage, limits: PixelLimits) => Promise<Float32Array[]>

/** A crop is enlarged by this factor to show some of its surroundings. */
const enlargement = 1.2

/**
 * The box, enlarged about its centre and clipped to the picture. Throws LanternError `bad-file` when nothing is left.
 */
export function enlargedCrop([x1, y1, x2, y2]: Box, width: number, height: number, scale = enlargement): Box {
  const halfWidth = ((x2 - x1) * scale) / 2
  const halfHeight = ((y2 - y1) * scale) / 2
  const centerX = (x1 + x2) / 2
  const centerY = (y1 + y2) / 2
  const box: Box = [
    Math.max(0, Math.trunc(centerX - halfWidth)),
    Math.max(0, Math.trunc(centerY - halfHeight)),
    Math.min(width, Math.trunc(centerX + halfWidth)),
    Math.min(height, Math.trunc(centerY + halfHeight)),
  ]
  if (box[2] <= box[0] || box[3] <= box[1]) {
    throw new LanternError(
      'bad-file',
      `The box [${x1}, ${y1}, ${x2}, ${y2}] covers no pixel of the picture (${width} x ${height}).`,
    )
  }
  return box
}

/**
 * Compresses features [n][D] to `count` vectors: drops the last n mod count rows and averages the rest in contiguous
 * groups, in raster order.
 * Throws LanternError `unsupported` when there are fewer features than latents.
 */
export function compress(features: readonly Float32Array[], count: number): Float32Array[] {
  const perGroup = Math.floor(features.length / count)
  if (perGroup === 0) {
    throw new LanternError(
      'unsupported',
      `A crop of ${features.length} image tokens cannot fill ${count} latents.`,
      'Use fewer latents.',
    )
  }
  return Array.from({length: count}, (_, k) => meanOf(features.slice(k * perGroup, (k + 1) * perGroup)))
}

function meanOf(vectors: readonly Float32Array[]): Float32Array {
  const sum = new Float64Array(vectors[0]!.length)
  for (const vector of vectors) for (let i = 0; i < sum.length; i++) sum[i]! += vector[i]!
  return Float32Array.from(sum, value => value / vectors.length)
}

/**
 * The vectors of `oracle`. With as many boxes as latents, each box gives one vector: the mean over its crop, which is
 * not enlarged and may be as small as one image token. Otherwise the first box is used: its enlarged crop is compressed
 * to `count` vectors.
 */
export async function oracleLatents(
  image: RgbImage,
  boxes: readonly Box[],
  count: number,
  {tokenSide, ...limits}: PixelLimits & {readonly tokenSide: number},
  encode: Encode,
): Promise<Float32Array[]> {
  if (boxes.length === count) {
    const small = {minPixels: tokenSide ** 2, maxPixels: limits.maxPixels}
    const vectors: Float32Array[] = []
    for (const box of boxes)
      vectors.push(meanOf(await encode(crop(image, enlargedCrop(box, image.width, image.height, 1)), small)))
    return vectors
  }
  return compress(await encode(crop(image, enlargedCrop(boxes[0]!, image.width, image.height)), limits), count)
}

/**
 * Boxes for `random-crop`, in the sample's own picture. They have the size of the sample's boxes, are placed uniformly,
 * and avoid the evidence where there is room (best of 32 draws). Without boxes, there is one box of 20 to 60 % of each
 * side, as the authors draw it for BLINK and V*.
 */
export function randomBoxes(boxes: readonly Box[], width: number, height: number, random: Random): Box[] {
  if (boxes.length === 0) {
    const side = (length: number) => Math.max(1, Math.floor(length * (0.2 + 0.4 * random.next())))
    return [placed(side(width), side(height), width, height, random)]
  }
  return boxes.map(([x1, y1, x2, y2]) => {
    const w = Math.min(width, Math.max(1, Math.trunc(x2 - x1)))
    const h = Math.min(height, Math.max(1, Math.trunc(y2 - y1)))
    let best = placed(w, h, width, height, random)
    for (let i = 1; i < 32 && overlap(best, boxes) > 0; i++) {
      const next = placed(w, h, width, height, random)
      if (overlap(next, boxes) < overlap(best, boxes)) best = next
    }
    return best
  })
}

/**
 * Boxes for `other-crop`, in another sample's picture: of the size of the sample's own, placed uniformly (random_bbox
 * of GuilhermeViveiros/LanteRn: evals/viscot_blink_vstar_eval.py). Without boxes as in `randomBoxes`.
 */
export function boxesElsewhere(boxes: readonly Box[], width: number, height: number, random: Random): Box[] {
  if (boxes.length === 0) return randomBoxes([], width, height, random)
  return boxes.map(([x1, y1, x2, y2]) => {
    const w = Math.max(1, Math.min(width, Math.trunc(x2 - x1)))
    const h = Math.max(1, Math.min(height, Math.trunc(y2 - y1)))
    return placed(w, h, width, height, random)
  })
}

function placed(w: number, h: number, width: number, height: number, random: Random): Box {
  const x = random.integer(width - w + 1)
  const y = random.integer(height - h + 1)
  return [x, y, x + w, y + h]
}

function overlap([x1, y1, x2, y2]: Box, boxes: readonly Box[]): number {
  return boxes.reduce((area, [a1, b1, a2, b2]) => {
    return area + Math.max(0, Math.min(x2, a2) - Math.max(x1, a1)) * Math.max(0, Math.min(y2, b2) - Math.max(y1, b1))
  }, 0)
}
