// Tests of the mean of per-sample values that are not a difference of two scores: linear combinations of several arms,
// differences beyond a margin, and differences on an open scale (nats).
import type {Random} from '../../core/random.js'
import {effectiveSize, wholeIfNearly} from './effective-size.js'
import {normalQuantile} from './normal.js'
import {differencesOf, type PairedStratum} from './paired-difference.js'
import {signFlipTest, studentisedMean} from './sign-flip.js'
import {type Aggregate, type Stratum, strataOfFigure} from './strata.js'
import {studentCdf} from './student.js'
import {tangoStatistic} from './tango.js'

export interface LinearContrast {
  readonly mean: number
  readonly standardError: number
  /** One-sided p of "the mean lies below 0", and of "above 0". */
  readonly pBelow: number
  readonly pAbove: number
}

/** The variance is at least that of this many discordant pairs: values that agree do not prove that all would. */
const leastDiscordant = 0.5

/**
 * The mean of a linear combination of scores of the same samples, such as own - c - (oracle - c) / 5, studentised with
 * the cluster-robust error and compared with Student's t.
 * Throws RangeError when there is no stratum or one is empty.
 */
export function linearContrast(values: readonly Stratum[], aggregate: Aggregate): LinearContrast {
  const strata = strataOfFigure(values, aggregate)
  const {mean, standardError, degrees} = studentisedMean(strata)
  const error = Math.sqrt(Math.max(standardError ** 2, leastDiscordant * pairVariance(strata)))
  const pAbove = studentCdf(-mean / error, degrees)
  return {mean, standardError: error, pBelow: studentCdf(mean / error, degrees), pAbove}
}

/** What one discordant pair adds to the variance of the mean: mean size of a cluster (as samples see it) / n x sum w^2. */
function pairVariance(strata: readonly Stratum[]): number {
  let squaredWeights = 0
  let samples = 0
  let seen = 0
  for (const {values, clusters} of strata) {
    squaredWeights += 1 / (strata.length ** 2 * values.length)
    samples += values.length
    const sizes = new Map<number, number>()
    for (const cluster of clusters ?? []) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1)
    seen += clusters === undefined ? values.length : [...sizes.values()].reduce((sum, size) => sum + size * size, 0)
  }
  return (squaredWeights / samples) * (seen / samples)
}

/**
 * One-sided p of "new lies above base by more than `margin`": Tango's statistic at the margin, on the effective number
 * of pairs. Throws RangeError as `pairedDifference` does.
 */
export function pBeyond(pairs: readonly PairedStratum[], aggregate: Aggregate, margin: number): number {
  const {mean, size, n, tail} = effectiveSize(strataOfFigure(pairs.map(differencesOf), aggregate))
  const wins = Math.max(0, wholeIfNearly((n * (size + mean)) / 2))
  const losses = Math.max(0, wholeIfNearly((n * (size - mean)) / 2))
  return tail(tangoStatistic(margin, wins, losses, Math.max(n, wins + losses)))
}

export interface MeanDifference {
  readonly n: number
  readonly difference: number
  readonly low: number
  readonly high: number
  readonly p: number
}

/**
 * The mean of differences on any scale, with the sign-flip test and the interval of that test's own critical value: it
 * holds 0 exactly when p is above alpha. Throws RangeError when there is no stratum or one is empty.
 */
export function meanDifference(
  differences: readonly Stratum[],
  {aggregate, random, alpha = 0.05, flips}: {aggregate: Aggregate; random: Random; alpha?: number; flips?: number},
): MeanDifference {
  const strata = strataOfFigure(differences, aggregate)
  const n = strata.reduce((sum, {values}) => sum + values.length, 0)
  const {statistic, standardError, p, critical} = signFlipTest(strata, random, flips)
  const difference = statistic * standardError
  const rejected = p <= alpha
  // Few samples: no statistic can be significant, and the interval holds at least the normal one.
  const reach = Math.max(critical(alpha), rejected ? 0 : Math.abs(statistic), normalQuantile(1 - alpha / 2))
  const half = (rejected ? Math.min(reach, Math.abs(statistic) * (1 - 1e-12)) : reach) * standardError
  return {n, difference, low: difference - half, high: difference + half, p}
}
