// Counts the tokens that pictures take in a prompt. The engine uses it to build prompts, and forecast.ts to count them.
import {LanternError} from '../../core/errors.js'
import type {VisionConfig} from './types.js'

/** Number of image tokens of a grid of patches. */
export function cellsOf(
  {rows, columns}: {readonly rows: number; readonly columns: number},
  {merge}: Pick<VisionConfig, 'merge'>,
): number {
  return (rows * columns) / merge ** 2
}

/**
 * Expands the one placeholder of each picture to as many as it has cells. Throws LanternError `unsupported` when the
 * text itself contains placeholders, because data must not decide what counts as a picture.
 */
export function expandImages(ids: readonly number[], imageToken: number, cells: readonly number[]): number[] {
  const placeholders = ids.filter(id => id === imageToken).length
  if (placeholders !== cells.length) {
    throw new LanternError(
      'unsupported',
      `The prompt has ${cells.length} pictures and ${placeholders} image placeholders: its text contains the model's own special tokens.`,
    )
  }
  let picture = 0
  return ids.flatMap(id => (id === imageToken ? new Array<number>(cells[picture++]!).fill(imageToken) : [id]))
}

/** The places of a prompt that `hides` names: those of its pictures, or all. */
export function promptPlaces(ids: readonly number[], hides: 'pictures' | 'prompt', imageToken: number): number[] {
  return ids.flatMap((id, place) => (hides === 'prompt' || id === imageToken ? [place] : []))
}
