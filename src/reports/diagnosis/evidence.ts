// What a picture's own features say where the evidence is: the mean of the cells that the boxes cover. It stands in for
// the oracle where none was asked.
import {join} from 'node:path'
import {LanternError} from '../../core/errors.js'
import type {Box} from '../../core/sample.js'
import {type LatentContext, openFeatures, type StoredPicture} from '../../run-folder/latent-context.js'
import type {StoredBlocks} from '../../run-folder/latents.js'

/** Cells of one row, from one column to before another. */
export interface CellRun {
  readonly row: number
  readonly from: number
  readonly to: number
}

/**
 * The cells of a picture whose centre a box covers; where it covers none, the cell that its own centre lies in. Boxes
 * are in pixels of the picture as it was stored.
 */
export function cellsIn(
  [x1, y1, x2, y2]: Box,
  {rows, columns, width, height}: Omit<StoredPicture, 'features'>,
): CellRun[] {
  const [cellWidth, cellHeight] = [width / columns, height / rows]
  const within = (low: number, high: number, side: number, count: number): readonly [number, number] => {
    // Centres lie at (k + 1/2) sides.
    const first = Math.max(0, Math.ceil(low / side - 0.5))
    const last = Math.min(count - 1, Math.floor(high / side - 0.5))
    const middle = Math.min(count - 1, Math.max(0, Math.floor((low + high) / 2 / side)))
    return first <= last ? [first, last] : [middle, middle]
  }
  const [top, bottom] = within(y1, y2, cellHeight, rows)
  const [left, right] = within(x1, x2, cellWidth, columns)
  return Array.from({length: bottom - top + 1}, (_, i) => ({row: top + i, from: left, to: right + 1}))
}

/**
 * A vector for each latent: where a block has as many as there are boxes, those of the boxes in their order; else the
 * mean of the cells of all boxes. Null without boxes or features. Throws as `openFeatures` does, and `bad-file` for
 * features of another width than the latents.
 */
export async function evidenceOf(
  runDir: string,
  {pictures: [picture], boxes = []}: LatentContext,
  latents: StoredBlocks,
): Promise<Float32Array[] | null> {
  if (picture === undefined || boxes.length === 0) return null
  const features = await openFeatures(runDir, picture)
  if (features === null) return null
  const width = latents.flat()[0]?.length
  if (width !== undefined && width !== features.width)
    throw new LanternError(
      'bad-file',
      `${join(runDir, picture.features)} has ${features.width} numbers a cell, the latents beside it have ${width}.`,
      'Record these latents again.',
    )
  const cellsOf = async (box: Box) => {
    const parts: Float32Array[] = []
    for (const {row, from, to} of cellsIn(box, picture)) parts.push(await features.cells(row, from, to))
    return parts
  }
  const byBox: Float32Array[][] = []
  for (const box of boxes) byBox.push(await cellsOf(box))
  const together = meanOfRows(byBox.flat(), features.width)
  const each = byBox.map(parts => meanOfRows(parts, features.width))
  return latents.flatMap(({length}) =>
    length === boxes.length ? each : new Array<Float32Array>(length).fill(together),
  )
}

/** The mean of rows [n, width] that come in parts. */
function meanOfRows(parts: readonly Float32Array[], width: number): Float32Array {
  const sum = new Float64Array(width)
  let n = 0
  for (const part of parts)
    for (let at = 0; at < part.length; at += width, n++) for (let i = 0; i < width; i++) sum[i]! += part[at + i]!
  return Float32Array.from(sum, value => value / n)
}
