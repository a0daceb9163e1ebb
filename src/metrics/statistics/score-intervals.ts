// The headline of a benchmark and the means of its subtasks, each with the interval that fits the scores.
import type {Random} from '../../core/random.js'
import type {Stratum} from './clusters.js'
import {defaultConfidence, type Estimate, type Interval} from './interval.js'
import {macroInterval} from './macro-interval.js'
import {meanDistributions} from './mean-distributions.js'
import {type Aggregate, clusterCount, isBinary, mean, meanOf} from './means.js'
import {wilsonInterval} from './wilson.js'

export interface ScoreIntervals {
  readonly headline: Estimate
  readonly strata: readonly Estimate[]
}

/**
 * Scores of 0 or 1 that are independent: Wilson for a subtask and for a micro mean, its stratified form for a macro
 * mean.
 * Other scores (0 to 1), and any scores in clusters: the cluster bootstrap. Where that has no spread at all (every
 * score the same), Wilson over the clusters stands in: its variance is the largest that scores between 0 and 1 can
 * have.
 * Throws RangeError when there is no stratum or one is empty.
 */
export function scoreIntervals(
  strata: readonly Stratum[],
  aggregate: Aggregate,
  random: Random,
  confidence = defaultConfidence,
): ScoreIntervals {
  const value = meanOf(strata, aggregate)
  if (strata.every(({values, clusters}) => clusters === undefined && isBinary(values))) {
    const parts = strata.map(stratum => wilsonMean([stratum], confidence))
    return {headline: aggregate === 'macro' ? macroInterval(parts) : wilsonMean(strata, confidence), strata: parts}
  }
  const distributions = meanDistributions(strata, random)
  const parts = strata.map((stratum, s) => {
    const interval = distributions.strata[s]!.interval(confidence)
    return hasSpread(interval) ? {value: mean(stratum.values), ...interval} : wilsonMean([stratum], confidence)
  })
  const interval = distributions[aggregate].interval(confidence)
  if (hasSpread(interval)) return {headline: {value, ...interval}, strata: parts}
  return {headline: aggregate === 'macro' ? macroInterval(parts) : wilsonMean(strata, confidence), strata: parts}
}

function hasSpread({low, high}: Interval): boolean {
  return high - low > 1e-12
}

/** Wilson over all samples of the strata as one, counting clusters as the trials. */
function wilsonMean(strata: readonly Stratum[], confidence: number): Estimate {
  const value = meanOf(strata, 'micro')
  const trials = clusterCount(strata)
  return {value, ...wilsonInterval(Math.min(trials, value * trials), trials, confidence)}
}
