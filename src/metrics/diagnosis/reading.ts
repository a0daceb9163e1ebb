// The two readings of a condition: the generated text, and the options' log-probabilities behind own text. Which of
// them decides is settled by the shape of the texts, never by the scores.
import type {Outcome} from '../../core/outcome.js'
import type {ReadingKind} from './result.js'
import {type DiagnosedRow, ownAnd, type Scored, samplesOf} from './row.js'
import {type ConditionOutcome, type DiagnosedSample, decidingConditions, ownCondition} from './table.js'

/** What the generated text earns. */
export const freeScore: Scored = ({score}) => score

/**
 * 1 where the gold is the likeliest option (the earlier one of equals), else 0; null without a forced reading or a
 * gold.
 * As `classification_result` of dmis-lab/CVRR, scripts/analysis_cvrr/core/metrics.py.
 */
export const forcedScore: Scored = ({forced}, {gold}) =>
  forced == null || gold === undefined ? null : Number(forced.indexOf(Math.max(...forced)) === gold)

/** log p(gold) less the largest of the other options, nats (same source). */
export const goldMargin: Scored = ({forced}, {gold}) =>
  forced == null || gold === undefined ? null : forced[gold]! - Math.max(...forced.filter((_, k) => k !== gold))

/** log p of an option, normalised over the options, nats. */
export function optionLogProb(forced: readonly number[], option: number): number {
  const most = Math.max(...forced)
  return forced[option]! - most - Math.log(forced.reduce((sum, value) => sum + Math.exp(value - most), 0))
}

/** log p(gold), normalised over the options, nats. */
export const goldLogProb: Scored = ({forced}, {gold}) =>
  forced == null || gold === undefined ? null : optionLogProb(forced, gold)

export function scoredBy(kind: ReadingKind): Scored {
  return kind === 'forced' ? forcedScore : freeScore
}

/** Texts of two conditions whose mean lengths differ by more than this factor are not alike. */
const lengthFactor = 1.25
/** Share of samples that need a forced reading before it can decide. */
const mostForced = 0.5

export interface ChosenReading {
  readonly kind: ReadingKind
  /** Conditions whose texts differ from own in length or format, and how. */
  readonly differing: readonly string[]
}

/**
 * Free texts decide, unless those of a deciding condition differ from own in length (mean tokens by more than a
 * quarter) or in format (an answer can be read from one and not from the other on more than `margin` of the samples),
 * every deciding condition has a forced reading on most samples, and most own answers follow their latents directly.
 */
export function chooseReading(row: DiagnosedRow, margin: number): ChosenReading {
  const samples = samplesOf(row)
  const asked = decidingConditions.filter(condition => samples.some(({under}) => under[condition] !== undefined))
  const differing = asked.flatMap(condition => {
    const how = differenceOfTexts(samples, condition, margin)
    return how === null ? [] : [`${condition} (${how})`]
  })
  const forced = [ownCondition, ...asked].every(condition => {
    const here = samples.filter(({under}) => under[condition] !== undefined)
    const read = here.filter(sample => forcedScore(sample.under[condition]!, sample) !== null)
    return read.length >= mostForced * here.length
  })
  const direct = samples.filter(({direct}) => direct !== false).length >= mostForced * samples.length
  return {kind: differing.length > 0 && forced && direct ? 'forced' : 'free', differing}
}

const unreadable: readonly Outcome[] = ['unanswered', 'truncated', 'refused']
const readable = ({outcome}: ConditionOutcome) => !unreadable.includes(outcome)

function differenceOfTexts(samples: readonly DiagnosedSample[], condition: string, margin: number): string | null {
  const pairs = samples.map(sample => ownAnd(sample, condition)).filter(pair => pair !== null)
  if (pairs.length === 0) return null
  const torn = pairs.filter(({own, other}) => readable(own) !== readable(other)).length / pairs.length
  if (torn > margin) return 'format'
  let own = 0
  let other = 0
  for (const pair of pairs) {
    if (pair.own.textTokens == null || pair.other.textTokens == null) continue
    own += pair.own.textTokens
    other += pair.other.textTokens
  }
  return Math.max(own, other) > lengthFactor * Math.min(own, other) ? 'length' : null
}
