// From a generation to its outcome and score, in the precedence of design/contract.md, "Outcomes". Pure.
import type {Arm, Generation, Stop} from '../core/generation.js'
import type {Outcome, Score, Scoring} from '../core/outcome.js'
import type {Sample} from '../core/sample.js'
import {statedBoxMetrics} from './boxes.js'
import {extractAnswer, statusOf} from './extraction/index.js'
import {hasClosedAnswer} from './extraction/visible-text.js'
import {likelihoodChoice} from './likelihood.js'
import {matchOpen, openAnswer} from './match.js'

/**
 * What scoring needs to know; all of it stands in a log record too, so that saved answers are scored again by the same
 * code.
 */
export interface Answered {
  readonly text: string
  readonly stop: Stop
  readonly gold: string | readonly string[] | null
  readonly options?: readonly string[] | null
  readonly letters?: readonly string[] | null
  readonly arm: Pick<Arm, 'mode' | 'latentSize' | 'intervention'>
  readonly usage: {readonly latentSteps: number | null; readonly blocks: number | null}
}

/**
 * A judge's verdict on an open answer, 0 to 1; absent when none was asked, `unreadable` when its reply could not be
 * read.
 */
export type JudgeVerdict = number | 'unreadable'

/** Interventions that leave no block on purpose. */
const withoutBlocks: readonly (string | null)[] = ['no-latent', 'markers-only']

/** Scores what a session gave for a sample. Throws `usage` for an unknown extractor. */
export function scoreSample(
  sample: Sample,
  generation: Generation,
  scoring: Scoring,
  extractor: string,
  verdict?: JudgeVerdict,
): Score {
  const {text, stop, usage, request} = generation
  const score = scoreAnswer(
    {text, stop, usage, arm: request.arm, gold: sample.gold, options: sample.options, letters: sample.letters},
    scoring,
    extractor,
    verdict,
  )
  const likelihood = likelihoodChoice(sample, generation.continuationLogProbs)
  return {
    ...score,
    metrics: {...score.metrics, ...statedBoxMetrics(text, sample), ...(likelihood === null ? {} : {likelihood})},
  }
}

/**
 * Outcome, score and answer of one sample. The first of these holds: error, refused, truncated, not-engaged, unscored,
 * unanswered, correct or wrong.
 * An item with options is a choice whatever its benchmark says (VisCoT's four-option form).
 * Throws `usage` for an unknown extractor.
 */
export function scoreAnswer(answered: Answered, scoring: Scoring, extractor: string, verdict?: JudgeVerdict): Score {
  const {stop, text, gold} = answered
  if (stop === 'error' || stop === 'abort') return {outcome: 'error', score: null, answer: null, metrics: {}}
  if (stop === 'refusal') return {outcome: 'refused', score: 0, answer: null, metrics: {}}
  const choice = scoring.answer === 'choice' || (answered.letters ?? answered.options ?? []).length > 0
  const read = choice ? readChoice(answered, extractor) : readOpen(answered, verdict)
  if (stop === 'length' && !hasClosedAnswer(text))
    return {outcome: 'truncated', score: 0, answer: read.answer, metrics: read.metrics}
  if (notEngaged(answered)) {
    return {
      outcome: 'not-engaged',
      score: 0,
      answer: read.answer,
      metrics: {...read.metrics, ...(gold === null ? {} : {answerOnly: read.value ?? 0})},
    }
  }
  if (gold === null) return {outcome: 'unscored', score: null, answer: read.answer, metrics: read.metrics}
  if (read.value === null) return {outcome: 'unanswered', score: 0, answer: null, metrics: read.metrics}
  // For open answers the outcome is for display: a judge gives fractions.
  const outcome: Outcome = read.value >= 0.5 ? 'correct' : 'wrong'
  return {outcome, score: read.value, answer: read.answer, metrics: read.metrics}
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

function readOpen({text, gold}: Answered, verdict: JudgeVerdict | undefined): Read {
  const answer = openAnswer(text)
  if (answer === '') return {answer: null, value: null, metrics: {}}
  if (gold === null) return {answer, value: 0, metrics: {}}
  const {exact, match} = matchOpen(answer, typeof gold === 'string' ? [gold] : gold)
  if (verdict === undefined) return {answer, value: match, metrics: {exact, match}}
  // The official reading of a reply without a score is 0; it is counted, so that a table can say how often it happened.
  if (verdict === 'unreadable') return {answer, value: 0, metrics: {exact, match, judge: 0, judgeUnreadable: 1}}
  return {answer, value: verdict, metrics: {exact, match, judge: verdict}}
}

/** A latent arm that should open blocks and opened none; unknown counts are never taken for none. */
function notEngaged({arm, usage}: Answered): boolean {
  if (arm.mode !== 'latent' || arm.latentSize === 0 || withoutBlocks.includes(arm.intervention)) return false
  return usage.latentSteps !== null && (usage.blocks ?? usage.latentSteps) === 0
}
