// Multimodal rotary positions of a prompt: time, row and column of every token (huggingface/transformers:
// get_rope_index, still pictures).
import type {Grid} from './types.js'

export interface RopeIndex {
  /** [3, T] */
  readonly positions: Int32Array
  /** Added to the number of preceding tokens to get the position of a generated token, on all three axes. */
  readonly delta: number
}

/**
 * The index of text counts up, the same on all axes. A picture of h x w cells starts at the next free index. Its time
 * stays there; row and column count its cells in raster order. The next free index is then the largest used plus one.
 * Throws an Error when the image tokens do not match the grids.
 */
export function ropeIndex(
  ids: readonly number[],
  grids: readonly Grid[],
  imageToken: number,
  merge: number,
): RopeIndex {
  const length = ids.length
  const positions = new Int32Array(3 * length)
  let next = 0
  let picture = 0
  for (let at = 0; at < length; ) {
    if (ids[at] !== imageToken) {
      for (let axis = 0; axis < 3; axis++) positions[axis * length + at] = next
      next++
      at++
      continue
    }
    const grid = grids[picture++]
    if (grid === undefined) throw new Error('the prompt has more image tokens than its pictures have cells')
    const [rows, columns] = [grid.rows / merge, grid.columns / merge]
    for (let cell = 0; cell < rows * columns; cell++, at++) {
      if (ids[at] !== imageToken) throw new Error('the prompt has fewer image tokens than its pictures have cells')
      positions[at] = next
      positions[length + at] = next + Math.floor(cell / columns)
      positions[2 * length + at] = next + (cell % columns)
    }
    next += Math.max(rows, columns)
  }
  if (picture !== grids.length) throw new Error('the prompt has fewer image tokens than its pictures have cells')
  return {positions, delta: next - length}
}
