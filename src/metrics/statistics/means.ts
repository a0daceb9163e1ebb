// Means that every statistic over strata needs.
import type {Stratum} from './clusters.js'

/** How strata make up one figure: the mean over all samples, or the unweighted mean of the strata's means. */
export type Aggregate = 'macro' | 'micro'

/** NaN without values. */
export function mean(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

/** The mean over all samples of all strata, or over the strata's means. NaN without samples. */
export function meanOf(strata: readonly Pick<Stratum, 'values'>[], aggregate: Aggregate): number {
  let sum = 0
  let weight = 0
  for (const {values} of strata) {
    const share = aggregate === 'macro' ? 1 : values.length
    sum += share * mean(values)
    weight += share
  }
  return sum / weight
}

/** True when every value is 0 or 1. */
export function isBinary(values: Float64Array): boolean {
  return values.every(value => value === 0 || value === 1)
}

/** How many independent pieces the strata hold: clusters, where there are any, else samples. */
export function clusterCount(strata: readonly Stratum[]): number {
  let samples = 0
  const numbers = new Set<number>()
  for (const {values, clusters} of strata) {
    if (clusters === undefined) samples += values.length
    else for (const number of clusters) numbers.add(number)
  }
  return samples + numbers.size
}
