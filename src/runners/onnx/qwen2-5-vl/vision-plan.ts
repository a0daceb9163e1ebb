// The order in which the vision tower sees the patches of a picture (windows of merged cells), and the (row, column) of
// each patch for rotary positions.
// Pure arithmetic on the grid (huggingface/transformers: modeling_qwen2_5_vl.py, rot_pos_emb and get_window_index).
import type {VisionConfig} from '../types.js'

/**
 * N patches, M merged cells, W windows of at most L patches. Patches come cell by cell in raster order, and row by row
 * within a cell; this is the order of the pixel values. "Window order" visits the cells window by window.
 */
export interface VisionPlan {
  /** [N]: for each position in window order, the index of its patch in pixel order. */
  readonly order: Int32Array
  /** [N, 2]: row and column of each patch, in window order. */
  readonly places: Float32Array
  /** [W, L]: position in window order of each patch of a window; 0 where `mask` is 0. */
  readonly windows: Int32Array
  /** [W, L]: 1 for a patch, 0 for padding of a partial window. */
  readonly mask: Int32Array
  /** [N]: index in `windows` (flattened) of each patch in window order. */
  readonly fromWindows: Int32Array
  /** [M]: position in window order of each cell in raster order. */
  readonly cells: Int32Array
  readonly windowCount: number
  readonly windowLength: number
}

/** The plan of a picture of rows x columns patches, both multiples of `merge`. */
export function visionPlan(rows: number, columns: number, {merge, window, patch}: VisionConfig): VisionPlan {
  const [cellRows, cellColumns] = [rows / merge, columns / merge]
  const side = window / patch / merge // cells per side of a full window
  const perCell = merge * merge
  const windowLength = side * side * perCell
  const windowCount = Math.ceil(cellRows / side) * Math.ceil(cellColumns / side)
  const patches = rows * columns
  const plan: VisionPlan = {
    order: new Int32Array(patches),
    places: new Float32Array(2 * patches),
    windows: new Int32Array(windowCount * windowLength),
    mask: new Int32Array(windowCount * windowLength),
    fromWindows: new Int32Array(patches),
    cells: new Int32Array(patches / perCell),
    windowCount,
    windowLength,
  }
  let place = 0 // in window order
  let slot = 0 // first slot of the current window
  for (let top = 0; top < cellRows; top += side) {
    for (let left = 0; left < cellColumns; left += side, slot += windowLength) {
      let inWindow = 0
      for (let row = top; row < Math.min(top + side, cellRows); row++) {
        for (let column = left; column < Math.min(left + side, cellColumns); column++) {
          const cell = row * cellColumns + column
          plan.cells[cell] = place / perCell
          for (let i = 0; i < perCell; i++, place++, inWindow++) {
            plan.order[place] = cell * perCell + i
            plan.places[2 * place] = row * merge + Math.floor(i / merge)
            plan.places[2 * place + 1] = column * merge + (i % merge)
            plan.windows[slot + inWindow] = place
            plan.mask[slot + inWindow] = 1
            plan.fromWindows[place] = slot + inWindow
          }
        }
      }
    }
  }
  return plan
}
