// Where each patch of a picture lies in the square table of learned positions (huggingface/transformers:
// models/qwen3_vl/modeling_qwen3_vl.py, fast_pos_embed_interpolate). The corners of a picture lie on the corners of the
// table, whatever its size; a patch between four positions takes a share of each.
import type {PlanInput} from '../architecture.js'
import {patchPlaces} from '../model/vision-parts.js'
import type {Grid} from '../types.js'
import type {Qwen3Vision} from './config.js'

/** The four positions around a patch, by row and column. */
export const corners = ['upper.left', 'upper.right', 'lower.left', 'lower.right'] as const

/** See Architecture.visionPlan. `position.C` i32 [N] and `share.C` f32 [N, 1] for each corner C. */
export function visionPlan(grid: Grid, vision: Qwen3Vision): Readonly<Record<string, PlanInput>> {
  const {positionSide: side} = vision
  const places = patchPlaces(grid, vision)
  const patches = grid.rows * grid.columns
  const inRows = steps(grid.rows, side)
  const inColumns = steps(grid.columns, side)
  const positions = corners.map(() => new Int32Array(patches))
  const shares = corners.map(() => new Float32Array(patches))
  for (let n = 0; n < patches; n++) {
    const row = inRows[places.values[2 * n]!]!
    const column = inColumns[places.values[2 * n + 1]!]!
    for (let c = 0; c < corners.length; c++) {
      const [lower, right] = [c >> 1, c & 1] as [0 | 1, 0 | 1]
      positions[c]![n] = row.between[lower] * side + column.between[right]
      shares[c]![n] = Math.fround(row.shares[lower] * column.shares[right])
    }
  }
  const plan: Record<string, PlanInput> = {places}
  for (const [c, corner] of corners.entries()) {
    plan[`position.${corner}`] = {values: positions[c]!, shape: [patches]}
    plan[`share.${corner}`] = {values: shares[c]!, shape: [patches, 1]}
  }
  return plan
}

interface Step {
  readonly between: readonly [number, number]
  readonly shares: readonly [number, number]
}

/** `count` equal steps from the first to the last of `side` positions, in float32 as torch.linspace takes them. */
function steps(count: number, side: number): Step[] {
  const end = side - 1
  const step = count === 1 ? 0 : Math.fround(end / (count - 1))
  return Array.from({length: count}, (_, i) => {
    const fromStart = i < count / 2
    const at = Math.fround(fromStart ? step * i : end - Math.fround(step * (count - i - 1)))
    const below = Math.trunc(at)
    const rest = Math.fround(at - below)
    return {between: [below, Math.min(below + 1, end)], shares: [Math.fround(1 - rest), rest]}
  })
}
