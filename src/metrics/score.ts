// From a generation to its outcome and score, in the precedence of design/contract.md, "Outcomes". Pure.
import type {Arm, Generation, Stop} from '../core/generation.js'
import type {Score, Scoring} from '../core/outcome.js'
import type {Sample} from '../core/sample.js'
import {opensBlocks} from '../modes/interventions.js'
import {askedBoxMetrics, parseCropBox, statedBoxMetrics} from './boxes.js'
import {extractAnswer, statusOf} from './extraction/index.js'
import {hasClosedAnswer} from './extraction/visible-text.js'
import {likeliestOption} from './likelihood.js'
import {matchOpen, openAnswer} from './match.js'
import {matchNumber, statedNumber} from './number.js'

/**
 * What scoring needs to know. A log record holds everything but the boxes, so saved answers are scored by the same
 * code.
 */
export interface Answered {
  readonly text: string
  readonly stop: Stop
  readonly gold: string | readonly string[] | null
  readonly options?: readonly string[] | null
  readonly letters?: readonly string[] | null
  /** The letter of the option that the model itself finds likeliest, if it was asked. */
  readonly likeliest?: string
  /** The answer to a request for a box that came before; absent if the box is to be found in `text`. */
  readonly boxText?: string
  readonly boxes?: Sample['boxes']
  readonly extra?: Sample['extra']
  readonly arm: Pick<Arm, 'mode' | 'latentSize' | 'intervention'>
  readonly usage: {readonly latentSteps: number | null; readonly blocks: number | null}
}

/**
 * Figures that follow from the answer, the gold answer and a judge. Scoring a record again makes
 * them anew; other figures of the record (of boxes, of a peer) are kept.
 */
export const recomputedMetrics: readonly string[] = ['exact', 'match', 'answerOnly', 'judge', 'judgeOfficial']

/** Scores what a session gave for a sample. Throws `usage` for an unknown extractor. */
export function scoreSample(sample: Sample, generation: Generation, scoring: Scoring, extractor: string): Score {
  const {text, stop, usage, request, continuationLogProbs} = generation
  const {gold, options, letters, boxes, extra} = sample
  const likeliest = likeliestOption(sample, continuationLogProbs)
  const answered = {text, stop, usage, arm: request.arm, gold, options, letters, boxes, extra, likeliest}
  return scoreAnswer(answered, scoring, extractor)
}

/**
 * Outcome, score, answer and further metrics of one sample. The first of these outcomes that applies is taken: error,
 * unscored, refused, truncated, not-engaged, unanswered, correct or wrong.
 * An item with options is a choice, whatever its benchmark says (VisCoT's four-option form).
 * Throws `usage` for an unknown extractor.
 */
export function scoreAnswer(answered: Answered, scoring: Scoring, extractor: string): Score {
  const {stop} = answered
  if (stop === 'error' || stop === 'abort') return {outcome: 'error', score: null, answer: null, metrics: {}}
  if (scoring.metric === 'likelihood') return byLikelihood(answered)
  const hasOptions = (answered.letters ?? answered.options ?? []).length > 0
  const choice = hasOptions || (scoring.answer === 'choice' && scoring.mixed !== true)
  const score = outcomeOf(answered, choice ? readChoice(answered, extractor) : readOpen(answered, scoring))
  return {...score, metrics: {...score.metrics, ...boxMetricsOf(answered)}}
}

function boxMetricsOf({text, boxText, boxes, extra}: Answered): Score['metrics'] {
  if (boxText === undefined) return statedBoxMetrics(text, {boxes, extra})
  const read = Number(parseCropBox(boxText.trim()) !== null)
  return {...askedBoxMetrics(boxText.trim(), {boxes, extra}), boxRead: read}
}

/** The official rule of V*: the answer is the likeliest option, whatever the model writes. */
function byLikelihood(answered: Answered): Score {
  const {gold, likeliest = null} = answered
  const score = (outcome: Score['outcome'], value: number | null, metrics: Score['metrics'] = {}): Score => ({
    outcome,
    score: value,
    answer: likeliest,
    metrics,
  })
  if (gold === null) return score('unscored', null)
  if (notEngaged(answered)) return score('not-engaged', 0, {answerOnly: Number(likeliest === gold)})
  if (likeliest === null) return score('unanswered', 0)
  return likeliest === gold ? score('correct', 1) : score('wrong', 0)
}

function outcomeOf(answered: Answered, {answer, value, metrics}: Read): Score {
  const {stop, text, gold} = answered
  const refused = stop === 'refusal'
  if (gold === null) return {outcome: 'unscored', score: null, answer: refused ? null : answer, metrics}
  if (refused) return {outcome: 'refused', score: 0, answer: null, metrics: {}}
  if (stop === 'length' && !hasClosedAnswer(text)) return {outcome: 'truncated', score: 0, answer, metrics}
  if (notEngaged(answered))
    return {outcome: 'not-engaged', score: 0, answer, metrics: {...metrics, answerOnly: value ?? 0}}
  if (value === null) return {outcome: 'unanswered', score: 0, answer: null, metrics}
  // For open answers the outcome is only for display: a judge gives fractions.
  return {outcome: value >= 0.5 ? 'correct' : 'wrong', score: value, answer, metrics}
}

interface Read {
  readonly answer: string | null
  /** What the answer earns, or null when there is none. */
  readonly value: number | null
  readonly metrics: Readonly<Record<string, number>>
}

function readChoice({text, gold, options, letters}: Answered, extractor: string): Read {
  const extraction = extractAnswer(extractor, {text, options, letters})
  if (statusOf(extraction) === 'none') return {answer: null, value: null, metrics: {}}
  return {
    answer: extraction.answer ?? extraction.raw,
    value: extraction.answer !== null && extraction.answer === gold ? 1 : 0,
    metrics: {},
  }
}

function readOpen({text, gold}: Answered, {metric, tolerance}: Scoring): Read {
  const answer = openAnswer(text)
  if (metric === 'number' && answer !== '') return readNumber(answer, gold, tolerance)
  if (answer === '') return {answer: null, value: null, metrics: {}}
  if (gold === null) return {answer, value: 0, metrics: {}}
  const {exact, match} = matchOpen(answer, typeof gold === 'string' ? [gold] : gold)
  return {answer, value: match, metrics: {exact, match}}
}

function readNumber(answer: string, gold: Answered['gold'], tolerance: number | undefined): Read {
  const said = statedNumber(answer)
  if (said === null) return {answer: null, value: null, metrics: {}}
  return {answer, value: gold === null ? 0 : matchNumber(said, [gold].flat(), tolerance), metrics: {}}
}

/** A latent arm that should open blocks and opened none; unknown counts are not taken for zero. */
function notEngaged({arm, usage}: Answered): boolean {
  return opensBlocks(arm) && usage.latentSteps !== null && (usage.blocks ?? usage.latentSteps) === 0
}
