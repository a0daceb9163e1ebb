// Confidence intervals for the ranks of several arms on the same samples. All pairs are tested together.
import type {Random} from '../../core/random.js'
import {type ArmEstimates, armEstimates, type RankedStratum} from './arm-covariance.js'
import {normalQuantile} from './normal.js'
import {type PairedStratum, pairedDifference} from './paired-difference.js'
import {quantile} from './quantile.js'
import type {Aggregate} from './strata.js'
import {studentQuantile} from './student.js'

export interface RankInterval {
  /** 1 is best. */
  readonly rankLow: number
  readonly rankHigh: number
  readonly tier: number
}

export interface RankOptions {
  readonly random: Random
  /** The probability that any rank interval of the table misses its arm's true rank. */
  readonly alpha?: number
  /** Number of draws from the joint distribution of the differences. */
  readonly draws?: number
}

const defaultDraws = 10_000
/**
 * Above this statistic the test of a single comparison never disagrees, as long as no stratum is small: its p is then
 * below 0.01. This only saves the time of thousands of flips.
 */
const surely = 3
/** Below so many independent samples a stratum is small, and below three times as many a whole table. */
const smallStratum = 10
/** A larger share of samples without a score may leave two arms hardly a sample in common. */
const missingShare = 0.1

/** Two arms, the better one first, and their difference. */
interface Pair {
  readonly better: number
  readonly worse: number
  readonly statistic: number
  /** 1 / standard error of the difference; 0 if the standard error is 0. */
  readonly precision: number
}

/**
 * Simultaneous confidence intervals for the ranks of all arms. Every pair is tested by t = |difference| / standard
 * error; the critical value is the 95 % quantile of the largest |t| among the pairs if no arm differed, drawn from the
 * normal distribution with the covariance of the arms' means (with clusters the t distribution). Pairs found to differ
 * are set aside and the rest is tested again (step-down) until nothing changes. A pair is found to differ only if its
 * own comparison (`pairedDifference`) finds the difference too. rankLow = 1 + the arms shown to be better, rankHigh = K
 * - the arms shown to be worse. The first tier holds every arm that no other arm is shown to beat; the next tier holds
 * those that no remaining arm is shown to beat, and so on. An arm without a score gets null.
 * Sources: Mogstad, Romano, Shaikh and Wilhelm 2024, Review of Economic Studies 91:476 (ranks from simultaneous tests
 * of differences; R package csranks); Romano and Wolf 2005, Econometrica 73:1237 (step-down).
 */
export function rankIntervals(
  strata: readonly RankedStratum[],
  aggregate: Aggregate,
  options: RankOptions,
): (RankInterval | null)[] {
  const estimates = armEstimates(strata, aggregate)
  const {arms} = estimates
  const {alpha = 0.05} = options
  const large = areLarge(strata, arms)
  const beats = apart(estimates, options, (one, other, statistic) => {
    if (large && statistic > surely) return true
    const pairs = pairedStrata(strata, arms[one]!, arms[other]!)
    return pairs.length > 0 && pairedDifference(pairs, {aggregate, random: options.random, alpha}).p <= alpha
  })
  const tiers = tiersOf(beats)
  const ranks = new Array<RankInterval | null>(strata[0]?.scores.length ?? 0).fill(null)
  for (const [k, arm] of arms.entries()) {
    let worse = 0
    let better = 0
    for (let other = 0; other < arms.length; other++) {
      worse += beats[k]![other]!
      better += beats[other]![k]!
    }
    ranks[arm] = {rankLow: 1 + better, rankHigh: arms.length - worse, tier: tiers[k]!}
  }
  return ranks
}

/** Whether all strata hold enough samples, nearly all scored by each arm, that a large statistic means a small p. */
function areLarge(strata: readonly RankedStratum[], arms: readonly number[]): boolean {
  let pieces = 0
  for (const {scores, clusters} of strata) {
    const samples = scores[0]!.length
    const own = clusters === undefined ? samples : new Set(clusters).size
    if (own < smallStratum) return false
    pieces += own
    for (const arm of arms) {
      const missing = scores[arm]!.reduce((count, score) => count + Number(Number.isNaN(score)), 0)
      if (missing > missingShare * samples) return false
    }
  }
  return pieces >= 3 * smallStratum
}

/**
 * A matrix that holds 1 where the row's arm is shown to be better than the column's. A pair must also differ in its own
 * comparison (`compares`), which is computed only if it could disagree.
 */
function apart(
  estimates: ArmEstimates,
  options: RankOptions,
  compares: (one: number, other: number, statistic: number) => boolean,
): Uint8Array[] {
  const count = estimates.arms.length
  const beats = Array.from({length: count}, () => new Uint8Array(count))
  let active = pairsOf(estimates)
  if (active.length === 0) return beats
  const critical = criticalValues(estimates, active.length > 1, options)
  for (;;) {
    const limit = critical(active)
    const left: Pair[] = []
    for (const pair of active) {
      const {better, worse, statistic} = pair
      if (statistic > limit && compares(better, worse, statistic)) beats[better]![worse] = 1
      else left.push(pair)
    }
    if (left.length === active.length || left.length === 0) return beats
    active = left
  }
}

/** The samples for which both arms have a score. */
function pairedStrata(strata: readonly RankedStratum[], one: number, other: number): PairedStratum[] {
  return strata.flatMap(({scores, clusters, weight}) => {
    const [base, next] = [scores[one]!, scores[other]!]
    const both = Int32Array.from(base.keys()).filter(i => !Number.isNaN(base[i]!) && !Number.isNaN(next[i]!))
    if (both.length === 0) return []
    const of = (values: Float64Array) => Float64Array.from(both, i => values[i]!)
    return [{base: of(base), new: of(next), ...(clusters ? {clusters: both.map(i => clusters[i]!)} : {}), weight}]
  })
}

function pairsOf({arms, means, covariance, floors}: ArmEstimates): Pair[] {
  const pairs: Pair[] = []
  for (let j = 0; j < arms.length; j++) {
    for (let k = j + 1; k < arms.length; k++) {
      const difference = means[j]! - means[k]!
      // A variance within the rounding error of the covariances counts as 0.
      const raw = covariance[j]![j]! + covariance[k]![k]! - 2 * covariance[j]![k]!
      const variance = raw > 1e-12 * (covariance[j]![j]! + covariance[k]![k]!) ? raw : 0
      const [better, worse] = difference >= 0 ? [j, k] : [k, j]
      pairs.push({
        better,
        worse,
        statistic: Math.abs(difference) / Math.sqrt(variance + (floors[j]! + floors[k]!) / 2),
        precision: variance > 0 ? 1 / Math.sqrt(variance) : 0,
      })
    }
  }
  return pairs
}

/**
 * The quantile of the largest statistic among the pairs if no arm differed, and at least the quantile of a single pair.
 */
function criticalValues(
  {arms, covariance, degrees}: ArmEstimates,
  several: boolean,
  {random, alpha = 0.05, draws = defaultDraws}: RankOptions,
): (pairs: readonly Pair[]) => number {
  const single = degrees === null ? normalQuantile(1 - alpha / 2) : studentQuantile(1 - alpha / 2, degrees)
  if (!several) return () => single
  const count = arms.length
  const root = choleskyRoot(covariance)
  const drawn = new Float64Array(draws * count)
  const normals = new Float64Array(count)
  for (let at = 0; at < drawn.length; at += count) {
    for (let k = 0; k < count; k++) normals[k] = random.normal()
    const scale = degrees === null ? 1 : 1 / Math.sqrt(chiSquareMean(degrees, random))
    for (let j = 0; j < count; j++) {
      const row = root[j]!
      let sum = 0
      for (let k = 0; k <= j; k++) sum += row[k]! * normals[k]!
      drawn[at + j] = sum * scale
    }
  }
  return pairs => {
    if (pairs.length === 1) return single
    const better = Int32Array.from(pairs, pair => pair.better)
    const worse = Int32Array.from(pairs, pair => pair.worse)
    const precision = Float64Array.from(pairs, pair => pair.precision)
    const largest = new Float64Array(draws)
    for (let draw = 0, at = 0; draw < draws; draw++, at += count) {
      let most = 0
      for (let p = 0; p < precision.length; p++) {
        const statistic = Math.abs(drawn[at + better[p]!]! - drawn[at + worse[p]!]!) * precision[p]!
        if (statistic > most) most = statistic
      }
      largest[draw] = most
    }
    return Math.max(single, quantile(largest.sort(), 1 - alpha))
  }
}

/** A chi-square variable divided by its degrees of freedom. Source: Wilson and Hilferty 1931, PNAS 17:684. */
function chiSquareMean(degrees: number, random: Random): number {
  const spread = 2 / (9 * degrees)
  return Math.max(1e-3, 1 - spread + random.normal() * Math.sqrt(spread)) ** 3
}

/** The Cholesky factor L of a positive semidefinite matrix, L L' = matrix. A direction without variance stays 0. */
function choleskyRoot(matrix: readonly Float64Array[]): Float64Array[] {
  const root = matrix.map(() => new Float64Array(matrix.length))
  for (let j = 0; j < matrix.length; j++) {
    for (let k = 0; k <= j; k++) {
      let sum = matrix[j]![k]!
      for (let m = 0; m < k; m++) sum -= root[j]![m]! * root[k]![m]!
      if (j === k) root[j]![j] = sum > 1e-12 * matrix[j]![j]! ? Math.sqrt(sum) : 0
      else root[j]![k] = root[k]![k]! > 0 ? sum / root[k]![k]! : 0
    }
  }
  return root
}

/** Repeatedly removes the arms that no remaining arm beats; each removal is a tier. */
function tiersOf(beats: readonly Uint8Array[]): number[] {
  const tiers = new Array<number>(beats.length).fill(0)
  for (let tier = 1; tiers.includes(0); tier++) {
    const remaining = [...tiers.keys()].filter(arm => tiers[arm] === 0)
    for (const arm of remaining) {
      if (remaining.every(other => beats[other]![arm] === 0)) tiers[arm] = tier
    }
    // If the tests form a cycle, no arm is unbeaten, and the arms of the cycle become one tier.
    if (remaining.every(arm => tiers[arm] === 0)) for (const arm of remaining) tiers[arm] = tier
  }
  return tiers
}
