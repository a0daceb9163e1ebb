// Scores of predicted boxes: overlap, and VisCoT's official reading of a box. Pure.
import {areaOf, padToSquare} from '../core/box.js'
import type {Box, Sample} from '../core/sample.js'

/** Intersection over union, 0 to 1; 0 where either box is empty. */
export function iou(a: Box, b: Box): number {
  const shared = areaOf([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])])
  const union = areaOf(a) + areaOf(b) - shared
  return union > 0 && areaOf(a) > 0 && areaOf(b) > 0 ? shared / union : 0
}

/** What Python's float() accepts, without its digit groups and non-finite names. */
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

/**
 * The box in a model's text, as the official script reads it: ` .` and brackets are removed, the rest is split at `, `,
 * and the first four parts are numbers on the padded square (0 to 1). Null when that fails. Rule: deepcs233/Visual-CoT
 * 83212ae, playground/data/eval/REC/calculation.py.
 */
export function parseSquareBox(text: string): Box | null {
  return boxOfParts(partsOf(text).slice(0, 4))
}

/** A number beyond this is no place in a picture. */
const farthest = 1e9

/**
 * The box that a picture is cropped by, as the script of the second turn reads it: the whole text is four numbers. Null
 * when that fails. Rule: deepcs233/Visual-CoT 83212ae, llava/eval/model_cot_loader.py.
 */
export function parseCropBox(text: string): Box | null {
  const box = boxOfParts(partsOf(text))
  return box?.every(value => Math.abs(value) <= farthest) ? box : null
}

function partsOf(text: string): string[] {
  return text.replaceAll(' .', '').replaceAll('[', '').replaceAll(']', '').split(', ')
}

function boxOfParts(parts: readonly string[]): Box | null {
  if (parts.length !== 4 || !parts.every(part => number.test(part.trim()))) return null
  const [x1, y1, x2, y2] = parts.map(Number)
  return [x1!, y1!, x2!, y2!]
}

/**
 * IoU of a box on the padded square (0 to 1) with a gold box in pixels of the width x height picture. Both are compared
 * in pixels of the square.
 */
export function squareIou(predicted: Box, gold: Box, width: number, height: number): number {
  const side = Math.max(width, height)
  const [x1, y1, x2, y2] = predicted
  return iou([x1 * side, y1 * side, x2 * side, y2 * side], padToSquare(gold, width, height))
}

/** A box counts as found above this overlap. */
export const foundIou = 0.5

/**
 * A text that is a box as a whole: `iou`, and `box` = 1 when found. A text without a box scores 0 in both, as in the
 * official script.
 */
export function boxMetrics(
  text: string,
  gold: Box,
  width: number,
  height: number,
): {readonly iou: number; readonly box: number} {
  const predicted = parseSquareBox(text)
  const overlap = predicted ? squareIou(predicted, gold, width, height) : 0
  return {iou: overlap, box: overlap > foundIou ? 1 : 0}
}

/** Box metrics of the answer to a request for a box; nothing for a sample without one gold box and a known size. */
export function askedBoxMetrics(
  text: string,
  {boxes, extra}: Pick<Sample, 'boxes' | 'extra'>,
): Readonly<Record<string, number>> {
  const {width, height} = extra ?? {}
  if (boxes?.length !== 1 || typeof width !== 'number' || typeof height !== 'number') return {}
  return {...boxMetrics(text, boxes[0]!, width, height)}
}

/**
 * Box metrics of an answer that states a box somewhere in brackets (the last one counts), for a sample with one gold
 * box and a known picture size. Otherwise nothing: a model that was not asked for a box is not wrong about it.
 */
export function statedBoxMetrics(
  text: string,
  {boxes, extra}: Pick<Sample, 'boxes' | 'extra'>,
): Readonly<Record<string, number>> {
  const stated = text.match(/\[[^[\]]*\]/g)?.findLast(part => parseSquareBox(part) !== null)
  return stated === undefined ? {} : askedBoxMetrics(stated, {boxes, extra})
}
