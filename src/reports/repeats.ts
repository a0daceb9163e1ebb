// Combines the repeats of a sample into one result for tables and comparisons: its score is the mean of the scores.
// Pure.
import {type Outcome, outcomes} from '../core/outcome.js'
import type {Settled} from './settled.js'
import {copyOf} from './settled-sheet.js'

/**
 * Combines the results of all repeats of one sample. Failed repeats are left out of the mean, and the sample is an
 * error only if all failed. As for open answers, `correct` means a score of at least one half; below that, the most
 * frequent outcome other than `correct` is shown. `asked` holds the repeats by number; those to come are undefined.
 */
export function asOne(asked: readonly (Settled | undefined)[]): Settled {
  const repeats = asked.filter(one => one !== undefined)
  const answered = repeats.filter(({outcome}) => outcome !== 'error')
  const own = answered[0] ?? repeats[0]!
  // A group is judged at each repeat, so its samples have to remember theirs.
  const rights = Array.from(asked, one => (one?.score == null ? null : one.outcome === 'correct'))
  const scores = Array.from(asked, one => one?.score ?? null)
  const first = {...own, scores, ...(own.group !== null && {rights})}
  if (answered.length === 0) return {...first, repeats: repeats.length}
  const score = meanOf(answered.map(({score}) => score))
  const latencies = answered.flatMap(({totalMs}) => totalMs ?? [])
  const names = new Set(answered.flatMap(({metrics}) => Object.keys(metrics)))
  const costs = repeats.flatMap(({costUsd}) => (costUsd === undefined ? [] : [costUsd]))
  return {
    ...first,
    outcome: score === null ? 'unscored' : score >= 0.5 ? 'correct' : commonest(answered),
    score,
    metrics: Object.fromEntries(
      Array.from(names, name => [name, meanOf(answered.map(({metrics}) => metrics[name] ?? null))!]),
    ),
    promptTokens: meanOf(answered.map(({promptTokens}) => promptTokens)),
    textTokens: meanOf(answered.map(({textTokens}) => textTokens)),
    latentSteps: meanOf(answered.map(({latentSteps}) => latentSteps)),
    totalMs: meanOf(latencies),
    latencies,
    repeats: repeats.length,
    engaged: meanOf(answered.map(({engaged}) => engaged)),
    answers: answered.length,
    cached: repeats.reduce((sum, {cached}) => sum + cached, 0),
    ...(costs.length === 0
      ? {}
      : {costUsd: costs.reduce((sum, cost) => (cost === null || sum === null ? null : sum + cost))}),
  }
}

/** A sample as it was at one repeat, as far as scores go; without a score where it was not asked then. */
export function atRepeat(record: Settled, repeat: number): Settled {
  const {rights} = record
  return {
    ...copyOf(record),
    score: record.scores?.[repeat] ?? null,
    ...(rights !== undefined && {rights: [rights[repeat] ?? null]}),
  }
}

/** The most frequent outcome other than `correct`; ties go to the first in the order of outcomes. */
function commonest(answered: readonly Settled[]): Outcome {
  const count = (name: Outcome) => answered.filter(({outcome}) => outcome === name).length
  return outcomes
    .filter(name => name !== 'correct')
    .reduce((best, name) => (count(name) > count(best) ? name : best), 'wrong')
}

/** The mean over the known values; null if there are none. */
function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter(value => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length
}
