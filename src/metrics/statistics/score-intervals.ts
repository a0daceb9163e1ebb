// The headline of a benchmark and the means of its subtasks, each with its interval.
import {effectiveSize, wholeIfNearly} from './effective-size.js'
import {defaultConfidence, type Estimate} from './interval.js'
import {midPInterval, oneTailedReach} from './mid-p.js'
import {normalCdf, twoSidedZ} from './normal.js'
import {type Aggregate, type Stratum, strataOfFigure} from './strata.js'
import {areUneven, weightedInterval} from './weighted-interval.js'
import {wilsonBounds} from './wilson.js'

/** How soon unequal shares count in full: from a quarter of the strata without a say on. */
const lopsided = 4

export interface ScoreIntervals {
  readonly headline: Estimate
  readonly strata: readonly Estimate[]
}

/** The intervals of the headline and of every stratum. Throws RangeError when there is no stratum or one is empty. */
export function scoreIntervals(
  strata: readonly Stratum[],
  aggregate: Aggregate,
  confidence = defaultConfidence,
): ScoreIntervals {
  return {
    headline: scoreInterval(strata, aggregate, confidence),
    strata: strata.map(stratum => scoreInterval([stratum], 'micro', confidence)),
  }
}

/**
 * The interval of a mean of scores between 0 and 1, over strata and clusters: the outer hull of Wilson's interval and
 * of the mid-p Clopper-Pearson interval, on the effective number of samples. The coverage of either alone falls too low
 * for some proportions (Wilson to 84 % at n = 40); that of the hull stays above 93 %. The hull has width even if all
 * samples agree, and extends no further than an exact interval near 0 and 1. With clusters, the bounds lie half of the
 * way from Wilson to the hull. Strata of different weights are combined by `weightedInterval`.
 * Sources: Brown, Cai and DasGupta 2001, Statistical Science 16:101 (how coverage oscillates); `effectiveSize`.
 * Throws RangeError when there is no stratum or one is empty.
 */
export function scoreInterval(
  strata: readonly Stratum[],
  aggregate: Aggregate,
  confidence = defaultConfidence,
): Estimate {
  const parts = strataOfFigure(strata, aggregate)
  const {mean, n, clustering, critical} = effectiveSize(parts)
  const value = Math.min(1, Math.max(0, mean))
  if (areUneven(parts)) {
    const {low, high} = weightedInterval(parts, part => scoreInterval([part], 'micro', confidence))
    return {value, low: Math.max(0, Math.min(value, low)), high: Math.min(1, Math.max(value, high))}
  }
  const z = critical(confidence)
  const level = z === twoSidedZ(confidence) ? confidence : 1 - 2 * normalCdf(-z)
  const successes = wholeIfNearly(value * n)
  const score = wilsonBounds(successes, n, z)
  const exact = midPInterval(successes, n, level)
  const reach = oneTailedReach(successes, n, level)
  // The hull guards against the discreteness of counts. Clusters smooth it, so with them half of the way is enough.
  const beyond = 1 - clustering / 2
  const low = score.low - beyond * Math.max(0, score.low - Math.max(exact.low, reach.low))
  const high = score.high + beyond * Math.max(0, Math.min(exact.high, reach.high) - score.high)
  const summed = summedReach(parts, confidence)
  // Bounds are found by iteration, so rounding may put them slightly on the wrong side of the value.
  return {
    value,
    low: Math.max(0, Math.min(value, low, low - summed.weight * (low - (value - summed.below)))),
    high: Math.min(1, Math.max(value, high, high + summed.weight * (value + summed.above - high))),
  }
}

/**
 * How far the intervals of the strata together reach to both sides of their mean, and how much that counts. If a few
 * small strata have nearly all of the variance, and all their samples agree, no effective size can tell what they
 * would be worth; each stratum's own interval can. It counts only as far as the strata have unequal shares in the
 * variance: with equal ones the sum of their intervals is too short near 0 and 1.
 * Source: Zou and Donner 2008, Statistics in Medicine 27:1693 (the method of variance estimates recovery).
 */
function summedReach(parts: readonly Stratum[], confidence: number) {
  const inverse = parts.map(({values}) => 1 / values.length)
  const total = inverse.reduce((sum, one) => sum + one, 0)
  const speaking = total ** 2 / inverse.reduce((sum, one) => sum + one ** 2, 0)
  const weight = Math.min(1, lopsided * (1 - speaking / parts.length))
  if (weight < 1e-9) return {below: 0, above: 0, weight: 0}
  let below = 0
  let above = 0
  for (const part of parts) {
    const {value, low, high} = scoreInterval([part], 'micro', confidence)
    below += ((value - low) / parts.length) ** 2
    above += ((high - value) / parts.length) ** 2
  }
  return {below: Math.sqrt(below), above: Math.sqrt(above), weight}
}
