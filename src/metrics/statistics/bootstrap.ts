// The seeded bootstrap of means, for scores that are not 0 or 1 and for samples that are not independent.
import type {Random} from '../../core/random.js'
import {type ClusterGroup, clusterGroups, type Stratum} from './clusters.js'
import {fromReplicates, type MeanDistributions} from './sampling-distribution.js'

const defaultReplicates = 2000

/**
 * Draws whole clusters with replacement, among those that touch the same strata (so strata keep their weight, and a
 * picture asked about in two subtasks stays together), and takes every mean from the same draws. Cost: replicates x
 * clusters.
 * Sources: Efron 1979, Annals of Statistics 7:1; clusters: Davison and Hinkley 1997, Bootstrap Methods and their
 * Application, section 3.8.
 * Throws RangeError when there is no stratum or one is empty.
 */
export function bootstrapMeans(
  strata: readonly Stratum[],
  random: Random,
  replicates = defaultReplicates,
): MeanDistributions {
  const sums = strata.map(() => new Float64Array(replicates))
  const counts = strata.map(() => new Float64Array(replicates))
  for (const group of clusterGroups(strata)) {
    if (group.strata.length === 1) resampleOne(group, random, sums[group.strata[0]!]!, counts[group.strata[0]!]!)
    else resampleJoint(group, random, sums, counts)
  }
  const micro = new Float64Array(replicates)
  const macro = new Float64Array(replicates)
  for (let r = 0; r < replicates; r++) {
    let sum = 0
    let count = 0
    let means = 0
    for (let s = 0; s < strata.length; s++) {
      sum += sums[s]![r]!
      count += counts[s]![r]!
      sums[s]![r]! /= counts[s]![r]!
      means += sums[s]![r]!
    }
    micro[r] = sum / count
    macro[r] = means / strata.length
  }
  return {micro: fromReplicates(micro), macro: fromReplicates(macro), strata: sums.map(fromReplicates)}
}

/** Clusters within one stratum: the common case, and the hot loop of the statistics. */
function resampleOne({cells, clusters}: ClusterGroup, random: Random, sums: Float64Array, counts: Float64Array): void {
  const words = new Uint32Array(clusters)
  const scale = clusters / 2 ** 32
  for (let r = 0; r < sums.length; r++) {
    random.fill(words)
    let sum = 0
    let count = 0
    for (let i = 0; i < clusters; i++) {
      const from = ((words[i]! * scale) | 0) << 1
      sum += cells[from]!
      count += cells[from + 1]!
    }
    sums[r]! += sum
    counts[r]! += count
  }
}

function resampleJoint(
  {strata, cells, clusters}: ClusterGroup,
  random: Random,
  sums: Float64Array[],
  counts: Float64Array[],
): void {
  const words = new Uint32Array(clusters)
  const width = 2 * strata.length
  const drawn = new Float64Array(width)
  const scale = clusters / 2 ** 32
  for (let r = 0; r < sums[0]!.length; r++) {
    random.fill(words)
    drawn.fill(0)
    for (let i = 0; i < clusters; i++) {
      const from = ((words[i]! * scale) | 0) * width
      for (let k = 0; k < width; k++) drawn[k]! += cells[from + k]!
    }
    for (const [k, s] of strata.entries()) {
      sums[s]![r]! += drawn[2 * k]!
      counts[s]![r]! += drawn[2 * k + 1]!
    }
  }
}
