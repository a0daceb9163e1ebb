// The means of several arms on the same samples, and their covariance.
import {type Aggregate, sharesOf} from './strata.js'
import {areUneven, weightedDegrees} from './weighted-interval.js'

/** One stratum for every arm: scores of the same samples in the same order, NaN where an arm has no score. */
export interface RankedStratum {
  readonly scores: readonly Float64Array[]
  readonly clusters?: Int32Array
  /** As in `Stratum`. */
  readonly weight?: number
}

export interface ArmEstimates {
  /** Which arms have a score; the other fields are in this order. */
  readonly arms: readonly number[]
  readonly means: readonly number[]
  /** The covariance matrix of the means. */
  readonly covariance: readonly Float64Array[]
  /** What two discordant pairs would add to the variance of a difference with this arm. */
  readonly floors: readonly number[]
  /** Degrees of freedom of the covariance over clusters, or over strata of different weights; null without either. */
  readonly degrees: number | null
}

/**
 * Number of discordant pairs added to each variance, because a few pairs that all favour one arm do not prove a
 * difference.
 */
const floorPairs = 2

/** Samples with the variance within all strata that are added to each: a stratum of one sample has no variance. */
const lent = 2

/**
 * Estimates the means and their covariance. To first order, the error of a mean is a sum over samples of the sample's
 * weight times its distance from the mean of its stratum (for a micro mean, from the overall mean). These terms are
 * summed by cluster and give the covariance, with the factor G / (G - 1). Two samples with the variance within all
 * strata are added to each stratum. A sample without a score for an arm is left out of that arm's mean.
 * Source: Cochran 1977, Sampling Techniques, sections 5.3 and 9A.
 */
export function armEstimates(strata: readonly RankedStratum[], aggregate: Aggregate): ArmEstimates {
  const pieces = piecesOf(strata)
  // Strata of one piece each show how they vary about the mean of all, and nothing else.
  const within = aggregate === 'macro' && pieces.perStratum.some(count => count > 1)
  const arms: number[] = []
  const means: number[] = []
  const influences: Float64Array[] = []
  const deviations: Float64Array[] = []
  const floors: number[] = []
  for (let arm = 0; arm < (strata[0]?.scores.length ?? 0); arm++) {
    const parts = strata.map(({scores}) => moments(scores[arm]!))
    const scored = parts.reduce((sum, {n}) => sum + n, 0)
    if (scored === 0) continue
    // A stratum without a score of this arm has no share in its mean.
    const shares = sharesOf(strata.map(({weight = 1}, s) => ({weight: parts[s]!.n > 0 ? weight : 0})))
    const macro = aggregate === 'macro'
    const total = parts.reduce((sum, part) => sum + part.sum, 0)
    const mean = macro
      ? parts.reduce((sum, part, s) => sum + (part.n > 0 ? (shares[s]! * part.sum) / part.n : 0), 0)
      : total / scored
    const influence = new Float64Array(pieces.count)
    const deviation = new Float64Array(pieces.count)
    const weights = new Float64Array(pieces.count)
    for (const [s, {scores}] of strata.entries()) {
      const {n, sum} = parts[s]!
      if (n === 0) continue
      const weight = macro ? shares[s]! / n : 1 / scored
      const centre = within ? sum / n : mean
      const groups = within ? pieces.perStratum[s]! : pieces.count
      const scale = weight * Math.sqrt(groups / (within ? groups - 1 + lent : Math.max(1, groups - 1)))
      const of = pieces.of[s]!
      const values = scores[arm]!
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!
        if (Number.isNaN(value)) continue
        influence[of[i]!]! += scale * (value - centre)
        deviation[of[i]!]! += value - centre
        weights[of[i]!]! += weight
      }
    }
    arms.push(arm)
    means.push(mean)
    influences.push(influence)
    deviations.push(deviation)
    floors.push((floorPairs * dot(weights, weights)) / scored)
  }
  const loan = within ? loanOf(strata, pieces.perStratum) : 0
  const covariance = influences.map(() => new Float64Array(arms.length))
  for (let j = 0; j < arms.length; j++) {
    for (let k = 0; k <= j; k++) {
      const shared = dot(influences[j]!, influences[k]!) + loan * dot(deviations[j]!, deviations[k]!)
      covariance[j]![k] = shared
      covariance[k]![j] = shared
    }
  }
  const degrees =
    aggregate === 'macro' && areUneven(strata)
      ? weightedDegrees(sharesOf(strata), pieces.perStratum)
      : degreesOf(pieces, strata, within)
  return {arms, means, covariance, floors, degrees}
}

/** Below so many degrees of freedom the t distribution is used without clusters too; above it is the normal one. */
const manyDegrees = 200

/**
 * With clusters, their number less the estimated means. For a macro mean, what a variance that rests on a few small
 * strata is worth, by Satterthwaite's rule for strata of equal variance: each stratum's own variance, and what is lent
 * from all of them.
 * Source: Cochran 1977, Sampling Techniques, formula 5.16.
 */
function degreesOf(
  {count, clustered, perStratum}: ReturnType<typeof piecesOf>,
  strata: readonly RankedStratum[],
  within: boolean,
): number | null {
  const all = Math.max(1, count - (within ? strata.length : 1))
  if (!within) return clustered ? all : null
  let sum = 0
  let own = 0
  let pooled = 0
  for (const groups of perStratum) {
    sum += 1 / groups
    own += (groups - 1) / (groups * (groups - 1 + lent)) ** 2
    pooled += lent / (groups * (groups - 1 + lent))
  }
  const worth = Math.max(1, Math.min(all, sum ** 2 / (own + pooled ** 2 / all)))
  return clustered || worth < manyDegrees ? worth : null
}

/** What the products of deviations, summed over all strata, add to a covariance by the samples lent to each stratum. */
function loanOf(strata: readonly RankedStratum[], perStratum: readonly number[]): number {
  const shares = sharesOf(strata)
  let share = 0
  let free = 0
  for (const [s, {scores}] of strata.entries()) {
    const {length: n} = scores[0]!
    const groups = perStratum[s]!
    share += ((lent / (groups - 1 + lent)) * shares[s]! ** 2) / n
    free += (n * (groups - 1)) / groups
  }
  return free > 0 ? share / free : 0
}

function moments(values: Float64Array): {n: number; sum: number} {
  let n = 0
  let sum = 0
  for (const value of values) {
    if (Number.isNaN(value)) continue
    n++
    sum += value
  }
  return {n, sum}
}

/** Numbers the independent units (clusters or samples) from 0. */
function piecesOf(strata: readonly RankedStratum[]) {
  const numbers = new Map<number, number>()
  let count = 0
  let samples = 0
  const perStratum: number[] = []
  const of = strata.map(({scores, clusters}) => {
    const pieces = new Int32Array(scores[0]!.length)
    const here = new Set<number>()
    for (let i = 0; i < pieces.length; i++) {
      samples++
      if (clusters === undefined) {
        pieces[i] = count++
        continue
      }
      let number = numbers.get(clusters[i]!)
      if (number === undefined) {
        number = count++
        numbers.set(clusters[i]!, number)
      }
      pieces[i] = number
      here.add(number)
    }
    perStratum.push(clusters === undefined ? pieces.length : here.size)
    return pieces
  })
  return {of, perStratum, count, clustered: count < samples}
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
