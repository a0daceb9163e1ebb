// How a judge's reply is read. The official readings are kept beside ours. Replies that the official code scores 0
// because it cannot read them are `unreadable` here.
import {extractAnswer} from '../extraction/index.js'

export type Reading =
  /** A mark between 0 and 1. */
  | {readonly kind: 'score'; readonly score: number}
  | {readonly kind: 'letter'; readonly letter: string}
  /** The judge says that the response selects no option. */
  | {readonly kind: 'none'}
  | {readonly kind: 'unreadable'}

export interface Verdict {
  readonly reading: Reading
  /**
   * What the peer's own code reads in the reply: a mark for open answers, the prediction for choices; null where it
   * stops or asks again.
   */
  readonly official: number | string | null
}

const unreadable: Reading = {kind: 'unreadable'}

/**
 * `score: X`, exactly once (deepcs233/Visual-CoT: llava/eval/eval_cot_score.py, get_score); the mark is clamped to [0,
 * 1].
 */
export function readScore(reply: string): Verdict {
  const marks = [...reply.toLowerCase().matchAll(/score: ([\d.]+)/g)].map(match => match[1]!)
  if (marks.length !== 1) return {reading: unreadable, official: 0}
  if (!/^(?:\d+\.?\d*|\.\d+)$/.test(marks[0]!)) return {reading: unreadable, official: null}
  const score = Math.min(Math.max(Number(marks[0]), 0), 1)
  return {reading: {kind: 'score', score}, official: score}
}

/**
 * The reply is the prediction, compared as a string: only `(X)` can be right (zeyofu/BLINK_Benchmark:
 * eval/multiple_choice.py).
 */
export function readVerbatim(reply: string, letters: readonly string[]): Verdict {
  const letter = letters.find(candidate => reply === `(${candidate})`)
  if (letter !== undefined) return {reading: {kind: 'letter', letter}, official: reply}
  return {reading: reply.startsWith('(Z)') ? {kind: 'none'} : unreadable, official: reply}
}

/**
 * The reply is read by the same rule as responses (open-compass/VLMEvalKit: vlmeval/utils/matching_util.py, can_infer).
 */
export function readInferred(
  reply: string,
  letters: readonly string[],
  options: readonly string[] | undefined,
): Verdict {
  const {answer, raw} = extractAnswer('vlmevalkit_exact', {text: reply, letters, ...(options ? {options} : {})})
  if (answer !== null) return {reading: {kind: 'letter', letter: answer}, official: raw}
  return {reading: raw === 'Z' ? {kind: 'none'} : unreadable, official: raw}
}
