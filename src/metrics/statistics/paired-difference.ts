// The comparison of two arms on the same samples: the difference in a benchmark's headline, how sure it is, and what
// could be seen at all.
import type {Random} from '../../core/random.js'
import type {Stratum} from './clusters.js'
import {defaultConfidence, type Estimate, type Interval} from './interval.js'
import {macroInterval} from './macro-interval.js'
import {mcnemarExact} from './mcnemar.js'
import {meanDistributions} from './mean-distributions.js'
import {type Aggregate, clusterCount, isBinary, mean, meanOf} from './means.js'
import {minimumDetectableEffect, smallestTostMargin} from './power.js'
import {tangoInterval} from './tango.js'

/** Scores of the same samples of one subtask, in the same order; clusters as in `Stratum`. */
export interface PairedStratum {
  readonly base: Float64Array
  readonly new: Float64Array
  readonly clusters?: Int32Array
}

export interface PairedDifference {
  readonly n: number
  /** New minus base, in the headline's aggregate. */
  readonly difference: number
  /** Two-sided interval at `confidence`. */
  readonly low: number
  readonly high: number
  /** One-sided bounds, each at `alpha`: what the verdict and the gate look at. */
  readonly bounds: Interval
  readonly p: number
  readonly test: 'mcnemar-exact' | 'paired-bootstrap'
  readonly wins: number
  readonly losses: number
  readonly ties: number
  /** Smallest true difference found with 80 % power, at the discordance seen. */
  readonly mde: number
  /** Smallest margin within which equivalence could be shown with 80 % power. */
  readonly smallestMargin: number
}

export interface PairedOptions {
  readonly aggregate: Aggregate
  readonly random: Random
  readonly confidence?: number
  readonly alpha?: number
}

/**
 * Scores of 0 or 1: exact McNemar over all samples, and Tango's interval (its stratified form for a macro mean). Other
 * scores: the paired bootstrap. Samples in clusters get the cluster bootstrap's interval in either case.
 * Throws RangeError when there is no stratum, one is empty, or the two sides differ in length.
 */
export function pairedDifference(pairs: readonly PairedStratum[], options: PairedOptions): PairedDifference {
  const {aggregate, random, confidence = defaultConfidence, alpha = 0.05} = options
  const differences = pairs.map(differencesOf)
  const binary = pairs.every(pair => isBinary(pair.base) && isBinary(pair.new))
  const {n, wins, losses} = tally(differences)
  const exact = binary && differences.every(({clusters}) => clusters === undefined)
  const distribution = exact ? undefined : meanDistributions(differences, random)[aggregate]
  const intervalAt = (level: number): Interval => {
    const interval = distribution?.interval(level)
    // Replicates without any spread are no knowledge of none: Tango's interval has width even where all samples tie.
    return interval && interval.high - interval.low > 1e-12 ? interval : scoreInterval(differences, aggregate, level)
  }
  const {variance, full} = varianceOf(differences, aggregate)
  return {
    n,
    difference: meanOf(differences, aggregate),
    ...intervalAt(confidence),
    bounds: intervalAt(1 - 2 * alpha),
    p: binary ? mcnemarExact(wins, losses) : distribution!.p(),
    test: binary ? 'mcnemar-exact' : 'paired-bootstrap',
    wins,
    losses,
    ties: n - wins - losses,
    mde: minimumDetectableEffect(variance, full),
    smallestMargin: smallestTostMargin(variance, full),
  }
}

function differencesOf({base, new: next, clusters}: PairedStratum): Stratum {
  if (base.length !== next.length) throw new RangeError(`${base.length} and ${next.length} scores are no pairs`)
  return {values: next.map((score, i) => score - base[i]!), clusters}
}

function tally(differences: readonly Stratum[]) {
  let n = 0
  let wins = 0
  let losses = 0
  for (const {values} of differences) {
    n += values.length
    for (const value of values) {
      if (value > 0) wins++
      else if (value < 0) losses++
    }
  }
  return {n, wins, losses}
}

/**
 * Tango's interval, stratified for a macro mean; counts are scaled down to the number of clusters where there are any.
 */
function scoreInterval(differences: readonly Stratum[], aggregate: Aggregate, confidence: number): Interval {
  const {low, high} =
    aggregate === 'micro'
      ? tangoOf(differences, confidence)
      : macroInterval(differences.map(stratum => tangoOf([stratum], confidence)))
  return {low, high}
}

function tangoOf(differences: readonly Stratum[], confidence: number): Estimate {
  const {n, wins, losses} = tally(differences)
  const pieces = clusterCount(differences)
  // Scaled counts must not outgrow the pieces by a rounding error.
  const won = Math.min((wins * pieces) / n, pieces)
  const lost = Math.min((losses * pieces) / n, pieces - won)
  return {value: meanOf(differences, 'micro'), ...tangoInterval(won, lost, pieces, confidence)}
}

/**
 * Of the difference under no effect: the mean squared difference (for 0/1 scores the discordant share) over n, or its
 * sum over strata; and what it would be in full, if every pair were discordant. Counts samples, not clusters.
 */
function varianceOf(differences: readonly Stratum[], aggregate: Aggregate): {variance: number; full: number} {
  const squares = differences.map(({values}) => ({values: values.map(value => value * value)}))
  if (aggregate === 'micro') {
    const n = squares.reduce((sum, {values}) => sum + values.length, 0)
    return {variance: meanOf(squares, 'micro') / n, full: 1 / n}
  }
  const sumOver = (share: (values: Float64Array) => number) =>
    squares.reduce((sum, {values}) => sum + share(values) / values.length, 0) / squares.length ** 2
  return {variance: sumOver(mean), full: sumOver(() => 1)}
}
