// Box geometry shared by benchmarks and metrics. Pure.
import type {Box} from './sample.js'

/** Width times height; 0 for a box whose corners are in the wrong order. */
export function areaOf([x1, y1, x2, y2]: Box): number {
  return Math.max(0, x2 - x1) * Math.max(0, y2 - y1)
}

/**
 * Moves a box of a width x height picture onto the same picture padded to a square. Half of the difference, rounded
 * down, is padded before the picture.
 * Rule: deepcs233/Visual-CoT 83212ae, playground/data/eval/REC/calculation.py.
 */
export function padToSquare([x1, y1, x2, y2]: Box, width: number, height: number): Box {
  const before = Math.floor(Math.abs(width - height) / 2)
  return width > height ? [x1, y1 + before, x2, y2 + before] : [x1 + before, y1, x2 + before, y2]
}
