// What a comparison can detect, from its data or from the sizes of a planned one.
import {effectiveSize} from './effective-size.js'
import {twoSidedZ} from './normal.js'
import {differencesOf, type PairedStratum} from './paired-difference.js'
import {pairedBounds} from './paired-interval.js'
import {detectableDifference, detectableMargin, type PairedDesign} from './power.js'
import {type Aggregate, isBinary, sharesOf, strataOfFigure} from './strata.js'
import {studentQuantile} from './student.js'
import {areUneven} from './weighted-interval.js'

export interface DetectableEffects {
  /** Share of pairs that would differ without a net effect. */
  readonly discordance: number
  /** Smallest true difference that is detected with 80 % power. */
  readonly mde: number
  /** Smallest margin within which equivalence is shown with 80 % power. */
  readonly smallestMargin: number
}

/**
 * What a comparison with this size and discordance can detect. The observed effect is first removed from the
 * discordance, as far as it exceeds its own noise: a large effect does not tell how often two arms without a difference
 * would disagree.
 */
export function detectableEffects(
  pairs: readonly PairedStratum[],
  aggregate: Aggregate,
  alpha = 0.05,
): DetectableEffects {
  const strata = strataOfFigure(pairs.map(differencesOf), aggregate)
  const {mean, size, n, critical} = effectiveSize(strata)
  const net = Math.sqrt(Math.max(0, mean * mean - (size - mean * mean) / n))
  const discordance = Math.max(0, size - net)
  const exact =
    strata.length === 1 && pairs.every(pair => isBinary(pair.base) && isBinary(pair.new) && pair.clusters === undefined)
  const design = {n, discordance, exact, alpha, critical}
  const widened = widening(
    strata.map(stratum => ({n: effectiveSize([stratum]).n, weight: stratum.weight})),
    design,
  )
  return {discordance, mde: detectableDifference(design), smallestMargin: marginOf(design, widened)}
}

/** A subtask of a planned comparison: how many samples, and its weight in a macro mean (equal where none is given). */
export interface PlannedStratum {
  readonly n: number
  readonly weight?: number
}

/** The same for a planned comparison, from the sizes of its subtasks and an assumed discordance. */
export function assumedEffects(
  strata: readonly PlannedStratum[],
  aggregate: Aggregate,
  discordance: number,
  alpha = 0.05,
): DetectableEffects {
  const macro = aggregate === 'macro' && strata.length > 1
  const shares = sharesOf(strata)
  const n = macro
    ? 1 / strata.reduce((sum, {n}, s) => sum + shares[s]! ** 2 / n, 0)
    : strata.reduce((sum, {n}) => sum + n, 0)
  const degrees = strata.reduce((sum, {n}) => sum + n - 1, 0)
  const critical = (confidence: number) =>
    macro ? studentQuantile(0.5 + confidence / 2, Math.max(1, degrees)) : twoSidedZ(confidence)
  const design = {n, discordance, exact: !macro, alpha, critical}
  const smallestMargin = marginOf(design, macro ? widening(strata, design) : 1)
  return {discordance, mde: detectableDifference(design), smallestMargin}
}

function marginOf(design: PairedDesign, widened: number): number {
  return Math.min(1, widened * detectableMargin(design))
}

/**
 * By how much the bounds of strata of different weights, which are combined from a bound each, are wider than those
 * from the effective size; 1 where the weights are equal.
 */
function widening(strata: readonly PlannedStratum[], {n, discordance, alpha = 0.05}: PairedDesign): number {
  if (!areUneven(strata)) return 1
  const z = twoSidedZ(1 - 2 * alpha)
  const reach = (size: number) => -pairedBounds((size * discordance) / 2, (size * discordance) / 2, size, z).low
  const shares = sharesOf(strata)
  return Math.max(1, Math.sqrt(strata.reduce((sum, {n}, s) => sum + (shares[s]! * reach(n)) ** 2, 0)) / reach(n))
}
