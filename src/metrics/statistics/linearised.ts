// The limit of the cluster bootstrap for many clusters: a normal distribution with the cluster-robust standard error.
import {clusterGroups, type Stratum} from './clusters.js'
import {fromNormal, type MeanDistributions} from './sampling-distribution.js'

/**
 * Each mean is a sum over clusters to first order (a ratio of sums, linearised); its variance is that of the clusters'
 * shares around their mean, within the groups among which the bootstrap would draw. Source: Cochran 1977, Sampling
 * Techniques, sections 2.11 and 9A; Davison and Hinkley 1997, section 2.7.2 (nonparametric delta method). Throws
 * RangeError when there is no stratum or one is empty.
 */
export function linearisedMeans(strata: readonly Stratum[]): MeanDistributions {
  const groups = clusterGroups(strata)
  const counts = strata.map(({values}) => values.length)
  const means = strata.map(({values}) => values.reduce((sum, value) => sum + value, 0) / values.length)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const overall = means.reduce((sum, mean, s) => sum + (mean * counts[s]!) / total, 0)

  /** Of the estimate sum_s weight[s] * (sum_s - centre[s] * count_s), over clusters. */
  const standardError = (weights: readonly number[], centres: readonly number[]): number => {
    let variance = 0
    for (const {strata: touched, cells, clusters} of groups) {
      let sum = 0
      let squares = 0
      for (let c = 0, at = 0; c < clusters; c++) {
        let share = 0
        for (const s of touched) {
          share += weights[s]! * (cells[at]! - centres[s]! * cells[at + 1]!)
          at += 2
        }
        sum += share
        squares += share * share
      }
      variance += Math.max(0, squares - (sum * sum) / clusters)
    }
    return Math.sqrt(variance)
  }
  const only = (stratum: number) => counts.map((count, s) => (s === stratum ? 1 / count : 0))
  const mean = means.reduce((sum, value) => sum + value, 0) / means.length
  return {
    micro: fromNormal(
      overall,
      standardError(
        counts.map(() => 1 / total),
        counts.map(() => overall),
      ),
    ),
    macro: fromNormal(
      mean,
      standardError(
        counts.map(count => 1 / count / strata.length),
        means,
      ),
    ),
    strata: means.map((value, s) => fromNormal(value, standardError(only(s), means))),
  }
}
