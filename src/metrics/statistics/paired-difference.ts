// The comparison of two arms on the same samples: the difference in a benchmark's headline, one test of it, and the
// smallest difference it could detect.
import type {Random} from '../../core/random.js'
import {type EffectiveSize, effectiveSize, wholeIfNearly} from './effective-size.js'
import type {Interval} from './interval.js'
import {mcnemarExact} from './mcnemar.js'
import {pairedBounds, pairedInterval} from './paired-interval.js'
import {signFlipTest} from './sign-flip.js'
import {type Aggregate, isBinary, type Stratum, strataOfFigure} from './strata.js'
import {areUneven, weightedInterval} from './weighted-interval.js'

/** Scores of the same samples of one subtask, in the same order; clusters and weight as in `Stratum`. */
export interface PairedStratum {
  readonly base: Float64Array
  readonly new: Float64Array
  readonly clusters?: Int32Array
  readonly weight?: number
}

/** `cluster-sign-flip` flips whole pictures (or items); `sign-flip` flips samples within their subtasks. */
export const pairedTests = ['mcnemar-exact', 'sign-flip', 'cluster-sign-flip'] as const

export type PairedTest = (typeof pairedTests)[number]

export interface PairedDifference {
  readonly n: number
  /** New minus base, in the headline's aggregate. */
  readonly difference: number
  /** Two-sided interval at 1 - alpha: it holds 0 exactly when p is above alpha. */
  readonly low: number
  readonly high: number
  /** One-sided bounds, each at `alpha`. Equivalence and the gate use them. */
  readonly bounds: Interval
  readonly p: number
  readonly test: PairedTest
  readonly wins: number
  readonly losses: number
  readonly ties: number
}

export interface PairedOptions {
  readonly aggregate: Aggregate
  readonly random: Random
  readonly alpha?: number
  /** Number of random flips of a sign-flip test. */
  readonly flips?: number
}

/**
 * Tests the difference in the headline and computes its interval.
 *
 * The test: exact McNemar for right-or-wrong scores in one mean, as long as no cluster holds several discordant pairs
 * (the sign-flip test is then the same). Otherwise the studentised sign-flip test, over clusters if there are any.
 * The interval: Tango's, on the effective number of pairs. It does not invert the test, so the two can disagree about
 * 0. Then the interval is adjusted: if the test does not reject, it is extended to contain 0; if the test rejects, it
 * ends at D - q se, where q is the test's own critical value. Subtasks of different weights have an interval each, and
 * `weightedInterval` combines them.
 * Throws RangeError when there is no stratum, one is empty, or the two sides differ in length.
 */
export function pairedDifference(pairs: readonly PairedStratum[], options: PairedOptions): PairedDifference {
  const {aggregate, random, alpha = 0.05, flips} = options
  const parts = pairs.map(differencesOf)
  const strata = strataOfFigure(parts, aggregate)
  const {mean: difference, size, n: pieces, critical} = effectiveSize(strata)
  const binary = pairs.every(pair => isBinary(pair.base) && isBinary(pair.new))
  const {test, p, reach} = testOf(strata, binary, random, flips)
  const uneven = areUneven(strata)
  /** An interval from the counts of wins and losses among the effective number of pairs. */
  const counted = (interval: typeof pairedInterval, confidence: number): Interval => {
    if (!uneven) return fromCounts(interval, {mean: difference, size, n: pieces, critical}, confidence)
    return weightedInterval(strata, stratum => {
      const own = effectiveSize([stratum])
      return {value: own.mean, ...fromCounts(interval, own, confidence)}
    })
  }
  /** Adjusts an interval so that it agrees with the test at `level` about 0. */
  const agreeing = ({low, high}: Interval, level: number): Interval => {
    const rejected = p <= level
    return {
      low: difference > 0 ? bound(low, rejected, () => difference - reach(level)) : Math.min(low, difference),
      high: difference < 0 ? -bound(-high, rejected, () => -difference - reach(level)) : Math.max(high, difference),
    }
  }
  const {low, high} = agreeing(counted(pairedInterval, 1 - alpha), alpha)
  const oneSided = agreeing(counted(pairedBounds, 1 - 2 * alpha), 2 * alpha)
  return {
    ...tally(parts),
    difference,
    low,
    high,
    // The two-sided interval has the higher confidence, so the bounds may not lie outside it.
    bounds: {low: Math.max(low, oneSided.low), high: Math.min(high, oneSided.high)},
    p,
    test,
  }
}

function fromCounts(
  interval: typeof pairedInterval,
  {mean, size, n, critical}: Pick<EffectiveSize, 'mean' | 'size' | 'n' | 'critical'>,
  confidence: number,
): Interval {
  const wins = Math.max(0, wholeIfNearly((n * (size + mean)) / 2))
  const losses = Math.max(0, wholeIfNearly((n * (size - mean)) / 2))
  return interval(wins, losses, Math.max(n, wins + losses), critical(confidence))
}

/** The bound towards 0 of a positive difference, adjusted to agree with the test about 0. */
function bound(low: number, rejected: boolean, own: () => number): number {
  if (!rejected) return Math.min(0, low)
  return low > 0 ? low : own()
}

interface TestOfDifference {
  readonly test: PairedTest
  readonly p: number
  /** How far from 0 a difference may lie before the two-sided test at `alpha` rejects, in units of the difference. */
  reach(alpha: number): number
}

function testOf(strata: readonly Stratum[], binary: boolean, random: Random, flips?: number): TestOfDifference {
  const clustered = strata.some(({clusters}) => clusters !== undefined)
  const signs = binary && strata.length === 1 ? clusterSigns(strata[0]!) : null
  if (signs !== null) {
    const {positive, negative, shared, clusters} = signs
    const discordant = positive + negative
    const {length: n} = strata[0]!.values
    return {
      test: shared ? 'cluster-sign-flip' : 'mcnemar-exact',
      p: mcnemarExact(positive, negative),
      reach(alpha) {
        // The largest lead that is not significant, studentised like the sign-flip statistic.
        let lead = Math.abs(positive - negative) - 2
        while (lead > 0 && mcnemarExact((discordant + lead) / 2, (discordant - lead) / 2) <= alpha) lead -= 2
        const error = (net: number) => Math.sqrt(Math.max(0, discordant - net ** 2 / clusters)) / n
        const standard = error(Math.max(0, lead))
        return standard === 0 ? 0 : (Math.max(0, lead) / n / standard) * error(positive - negative)
      },
    }
  }
  const {p, standardError, critical} = signFlipTest(strata, random, flips)
  return {
    test: clustered ? 'cluster-sign-flip' : 'sign-flip',
    p,
    reach: alpha => critical(alpha) * standardError,
  }
}

/**
 * Counts the clusters with a net win and with a net loss; null if a cluster's net exceeds one, which McNemar cannot
 * weigh.
 */
function clusterSigns({values, clusters}: Stratum) {
  const sums = new Map<number, number>()
  let positive = 0
  let negative = 0
  let discordant = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value !== 0) discordant++
    if (clusters !== undefined) sums.set(clusters[i]!, (sums.get(clusters[i]!) ?? 0) + value)
    else if (value > 0) positive++
    else if (value < 0) negative++
  }
  for (const sum of sums.values()) {
    if (Math.abs(sum) > 1) return null
    if (sum > 0) positive++
    else if (sum < 0) negative++
  }
  const count = clusters === undefined ? values.length : sums.size
  return {positive, negative, shared: positive + negative < discordant, clusters: count}
}

/** New minus base. Throws RangeError when the sides differ in length. */
export function differencesOf({base, new: next, clusters, weight}: PairedStratum): Stratum {
  if (base.length !== next.length) throw new RangeError(`${base.length} and ${next.length} scores do not form pairs`)
  return {values: next.map((score, i) => score - base[i]!), clusters, weight}
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
  return {n, wins, losses, ties: n - wins - losses}
}
