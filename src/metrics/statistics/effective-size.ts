// The effective sample size of a mean. With it, intervals for counts also work for means over subtasks and clusters.
import {normalCdf, twoSidedZ} from './normal.js'
import {type Stratum, sharesOf} from './strata.js'
import {studentCdf, studentQuantile} from './student.js'

/** A mean over strata and its effective sample size. */
export interface EffectiveSize {
  readonly mean: number
  /** The mean of the absolute values: for differences the discordance, for scores the mean itself. */
  readonly size: number
  /** The number of independent samples whose mean would have this variance. */
  readonly n: number
  /** How clustered the samples are: 0 if every sample is its own cluster, 1 from clusters of two on. */
  readonly clustering: number
  /** The two-sided critical value at a confidence: z, or t if the variance is estimated from clusters. */
  critical(confidence: number): number
  /** P(statistic or more) without an effect: the normal tail, or Student's as `critical` mixes them. */
  tail(statistic: number): number
}

/**
 * Number of samples, drawn from all strata together, that are added to each stratum before its variance is computed:
 * three samples that agree do not prove that all samples of the stratum would.
 */
const borrowed = 2

/**
 * The effective size of the mean of strata, by their weights W (equal where none are given). The variance of the mean
 * is compared with that of a single sample with the same mean and size, m = size - mean^2 (for right-or-wrong scores p
 * (1 - p), for differences of such (wins + losses) / n - D^2): n = m / variance. One stratum without clusters gives its
 * own n.
 *
 * Strata: variance = sum of W^2 v / n, v within a stratum after borrowing.
 * Clusters: the cluster-robust variance over the one without clusters gives the intra-class correlation, ICC = (ratio -
 * 1) / (M - 1) within [0, 1], with M the sum of squared cluster weights over that of sample weights; the size is
 * divided by 1 + (M - 1) (A ICC + 1/2) / (A + 1/2). A is the number of clusters that disagree with the rest. If A is
 * small the ICC is hardly known, so the formula pulls it towards 1 with the weight of half a cluster.
 *
 * Sources: effective size in Wilson's interval: Dean and Pagano 2015, Journal of Survey Statistics and Methodology
 * 3:484; the cluster-robust variance: Cochran 1977, Sampling Techniques, section 9A; the design effect of M and ICC:
 * Kish 1965, Survey Sampling, section 5.4. The term with A is this project's own (design/statistics.md).
 */
export function effectiveSize(strata: readonly Stratum[]): EffectiveSize {
  const weights = sharesOf(strata)
  const moments = strata.map(momentsOf)
  const mean = meanOf(strata, moments, ({mean}) => mean)
  const size = meanOf(strata, moments, ({size}) => size)
  const spread = size - mean * mean
  const even = 1 / sumOf(moments, ({n}, s) => weights[s]! ** 2 / n)
  const {dissenting, ...clusters} = clusterEffect(strata, weights, moments, mean)
  const variance = sumOf(moments, (part, s) => {
    const centre = (part.n * part.mean + borrowed * mean) / (part.n + borrowed)
    const square = (part.n * part.square + borrowed * size) / (part.n + borrowed)
    return (weights[s]! ** 2 * (square - centre * centre)) / part.n
  })
  const ratio = spread > 1e-12 ? (variance * even) / spread : 1
  const strataEffect = (dissenting * ratio + 0.5) / (dissenting + 0.5)
  const {effect, clustering, degrees} = clusters
  // The variance is estimated within several strata or from clusters, instead of following from the mean itself.
  const estimated = strata.length > 1 ? 1 : clustering
  return {
    mean,
    size,
    clustering,
    n: wholeIfNearly(even / strataEffect / effect),
    critical(confidence) {
      const z = twoSidedZ(confidence)
      return estimated === 0 ? z : z + estimated * (studentQuantile(0.5 + confidence / 2, degrees) - z)
    },
    tail(statistic) {
      const normal = normalCdf(-statistic)
      return estimated === 0 ? normal : normal + estimated * (studentCdf(-statistic, degrees) - normal)
    },
  }
}

interface Moments {
  readonly n: number
  readonly mean: number
  readonly size: number
  readonly square: number
}

function momentsOf({values}: Stratum): Moments {
  let sum = 0
  let size = 0
  let square = 0
  for (const value of values) {
    sum += value
    size += Math.abs(value)
    square += value * value
  }
  const n = values.length
  return {n, mean: sum / n, size: size / n, square: square / n}
}

/** The mean of a figure over strata by their weights. */
function meanOf(strata: readonly Stratum[], moments: readonly Moments[], figure: (part: Moments) => number): number {
  const total = sumOf(strata, ({weight = 1}) => weight)
  return (1 / total) * sumOf(moments, (part, s) => (strata[s]!.weight ?? 1) * figure(part))
}

function sumOf<T>(items: readonly T[], figure: (item: T, index: number) => number): number {
  return items.reduce((sum, item, index) => sum + figure(item, index), 0)
}

interface ClusterEffect {
  /** Number of clusters (or samples) that disagree with the others. */
  readonly dissenting: number
  /** The design effect by which the size is divided, at least 1. */
  readonly effect: number
  readonly clustering: number
  readonly degrees: number
}

function clusterEffect(
  strata: readonly Stratum[],
  weights: readonly number[],
  moments: readonly Moments[],
  mean: number,
): ClusterEffect {
  const voices = voicesOf(moments, weights)
  const clusters = new Map<number, {sum: number; weight: number; voice: number; above: boolean; below: boolean}>()
  let alone = 0
  let squaredWeights = 0
  let squaredClusters = 0
  let independent = 0
  let robust = 0
  let above = 0
  let below = 0
  for (const [s, {values, clusters: numbers}] of strata.entries()) {
    const part = moments[s]!
    const weight = weights[s]!
    const each = weight / part.n
    const ofStratum = numbers === undefined ? part.n : new Set(numbers).size
    // Few clusters vary too little around their own mean. The correction is G / (G - 1); its root is applied because
    // the values are squared later.
    const scale = Math.sqrt(ofStratum / Math.max(1, ofStratum - 1))
    squaredWeights += each * each * part.n
    independent += (weight ** 2 * (part.square - part.mean ** 2)) / Math.max(1, part.n - 1)
    for (let i = 0; i < part.n; i++) {
      const value = values[i]!
      const share = each * scale * (value - part.mean)
      if (numbers === undefined) {
        robust += share * share
        squaredClusters += each * each
        alone++
        if (value > mean) above += voices[s]!
        if (value < mean) below += voices[s]!
        continue
      }
      const number = numbers[i]!
      let cluster = clusters.get(number)
      if (cluster === undefined) {
        cluster = {sum: 0, weight: 0, voice: voices[s]!, above: false, below: false}
        clusters.set(number, cluster)
      }
      cluster.sum += share
      cluster.weight += each
      cluster.above ||= value > mean
      cluster.below ||= value < mean
    }
  }
  for (const cluster of clusters.values()) {
    robust += cluster.sum ** 2
    squaredClusters += cluster.weight ** 2
    if (cluster.above) above += cluster.voice
    if (cluster.below) below += cluster.voice
  }
  const excess = squaredClusters / squaredWeights - 1
  const degrees = Math.max(1, alone + clusters.size - strata.length)
  const dissenting = Math.min(above, below)
  if (excess < 1e-9) return {dissenting, effect: 1, clustering: 0, degrees}
  const correlation = independent > 0 ? Math.min(1, Math.max(0, (robust / independent - 1) / excess)) : 1
  return {
    dissenting,
    effect: 1 + (excess * (dissenting * correlation + 0.5)) / (dissenting + 0.5),
    clustering: Math.min(1, excess),
    degrees,
  }
}

/**
 * What a sample of each stratum counts for as one that disagrees: 1 if all strata have one size and weight. A small
 * stratum has most of the variance of the mean, so those in a large one say little about it; all strata together count
 * as many as have a say.
 */
function voicesOf(moments: readonly Moments[], weights: readonly number[]): number[] {
  const all = sumOf(moments, ({n}, s) => weights[s]! ** 2 / n)
  const shares = moments.map(({n}, s) => weights[s]! ** 2 / n / all)
  const speaking = 1 / shares.reduce((sum, share) => sum + share ** 2, 0)
  return shares.map(share => speaking * share)
}

/** Rounds 27.000000000000004 to 27, so that counts stay whole. */
export function wholeIfNearly(count: number): number {
  const whole = Math.round(count)
  return Math.abs(count - whole) < 1e-9 * Math.max(1, whole) ? whole : count
}
