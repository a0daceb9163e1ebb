// The headline of a benchmark and the means of its subtasks, each with its interval.
import {effectiveSize, wholeIfNearly} from './effective-size.js'
import {defaultConfidence, type Estimate} from './interval.js'
import {midPInterval, oneTailedReach} from './mid-p.js'
import {normalCdf, twoSidedZ} from './normal.js'
import {type Aggregate, type Stratum, strataOfFigure} from './strata.js'
import {areUneven, weightedInterval} from './weighted-interval.js'
import {wilsonBounds} from './wilson.js'

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
  // Bounds are found by iteration, so rounding may put them slightly on the wrong side of the value.
  return {value, low: Math.max(0, Math.min(value, low)), high: Math.min(1, Math.max(value, high))}
}
