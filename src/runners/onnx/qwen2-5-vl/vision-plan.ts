// The order in which the vision tower sees the patches of a picture (windows of merged cells), and the (row, column) of
// each patch for rotary positions.
// Pure arithmetic on the grid (huggingface/transformers: modeling_qwen2_5_vl.py, rot_pos_emb and get_window_index).
import type {PlanInput} from '../architecture.js'
import type {Grid} from '../types.js'
import type {Qwen25Vision} from './config.js'

/**
 * The plan of a picture of rows x columns patches, both multiples of `merge`: N patches, M merged cells, W windows of
 * at most L patches. Patches come cell by cell in raster order, and row by row within a cell; this is the order of the
 * pixel values. "Window order" visits the cells window by window.
 *
 * - `order` [N]: for each position in window order, the index of its patch in pixel order.
 * - `places` [N, 2]: row and column of each patch, in window order.
 * - `windows` [W, L]: position in window order of each patch of a window; 0 where `mask` is 0.
 * - `mask` [W, L]: 1 for a patch, 0 for padding of a partial window.
 * - `from_windows` [N]: index in `windows` (flattened) of each patch in window order.
 * - `cells` [M]: position in window order of each cell in raster order.
 */
export function visionPlan(
  {rows, columns}: Grid,
  {merge, window, patch}: Qwen25Vision,
): Readonly<Record<string, PlanInput>> {
  const [cellRows, cellColumns] = [rows / merge, columns / merge]
  const side = window / patch / merge // cells per side of a full window
  const perCell = merge * merge
  const windowLength = side * side * perCell
  const windowCount = Math.ceil(cellRows / side) * Math.ceil(cellColumns / side)
  const patches = rows * columns
  const order = new Int32Array(patches)
  const places = new Float32Array(2 * patches)
  const windows = new Int32Array(windowCount * windowLength)
  const mask = new Int32Array(windowCount * windowLength)
  const fromWindows = new Int32Array(patches)
  const cells = new Int32Array(patches / perCell)
  let place = 0 // in window order
  let slot = 0 // first slot of the current window
  for (let top = 0; top < cellRows; top += side) {
    for (let left = 0; left < cellColumns; left += side, slot += windowLength) {
      let inWindow = 0
      for (let row = top; row < Math.min(top + side, cellRows); row++) {
        for (let column = left; column < Math.min(left + side, cellColumns); column++) {
          const cell = row * cellColumns + column
          cells[cell] = place / perCell
          for (let i = 0; i < perCell; i++, place++, inWindow++) {
            order[place] = cell * perCell + i
            places[2 * place] = row * merge + Math.floor(i / merge)
            places[2 * place + 1] = column * merge + (i % merge)
            windows[slot + inWindow] = place
            mask[slot + inWindow] = 1
            fromWindows[place] = slot + inWindow
          }
        }
      }
    }
  }
  return {
    order: {values: order, shape: [patches]},
    places: {values: places, shape: [patches, 2]},
    windows: {values: windows, shape: [windowCount, windowLength]},
    mask: {values: mask, shape: [windowCount, windowLength]},
    from_windows: {values: fromWindows, shape: [patches]},
    cells: {values: cells, shape: [cells.length]},
  }
}
