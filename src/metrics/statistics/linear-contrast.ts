// Tests of the mean of per-sample values that are not a difference of two scores: linear combinations of several arms,
// differences beyond a margin, and differences on an open scale (nats).
import {effectiveSize, wholeIfNearly} from './effective-size.js'
import {differencesOf, type PairedStratum} from './paired-difference.js'
import {studentisedMean} from './sign-flip.js'
import {type Aggregate, type Stratum, sharesOf, strataOfFigure} from './strata.js'
import {studentCdf, studentQuantile} from './student.js'
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
  const error = atLeastHalfAPair(standardError, strata)
  const pAbove = studentCdf(-mean / error, degrees)
  return {mean, standardError: error, pBelow: studentCdf(mean / error, degrees), pAbove}
}

function atLeastHalfAPair(standardError: number, strata: readonly Stratum[]): number {
  return Math.sqrt(Math.max(standardError ** 2, leastDiscordant * pairVariance(strata)))
}

/**
 * What one discordant pair adds to the variance of the mean: mean size of a cluster (as samples see it) / n x sum w^2.
 */
function pairVariance(strata: readonly Stratum[]): number {
  const shares = sharesOf(strata)
  let squaredWeights = 0
  let samples = 0
  let seen = 0
  for (const [s, {values, clusters}] of strata.entries()) {
    squaredWeights += shares[s]! ** 2 / values.length
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
 * The mean of differences on any scale with Student's interval and p, from the cluster-robust error: the interval holds
 * 0 exactly when p is above alpha. `shares` says that a sample's difference is one of few whole steps, as those of
 * answers are; the variance is then at least that of half a discordant pair, because steps that agree do not prove that
 * all would. Throws RangeError when there is no stratum or one is empty.
 */
export function meanDifference(
  differences: readonly Stratum[],
  {aggregate, alpha = 0.05, shares}: {aggregate: Aggregate; alpha?: number; shares: boolean},
): MeanDifference {
  const strata = strataOfFigure(differences, aggregate)
  const n = strata.reduce((sum, {values}) => sum + values.length, 0)
  const {mean, degrees, standardError} = studentisedMean(strata)
  const error = shares ? atLeastHalfAPair(standardError, strata) : standardError
  const half = studentQuantile(1 - alpha / 2, degrees) * error
  const p = Math.min(1, 2 * studentCdf(-Math.abs(mean) / error, degrees))
  return {n, difference: mean, low: mean - half, high: mean + half, p}
}
