// What a comparison can detect, from its data or from the sizes of a planned one.
import {effectiveSize} from './effective-size.js'
import {twoSidedZ} from './normal.js'
import {differencesOf, type PairedStratum} from './paired-difference.js'
import {detectableDifference, detectableMargin} from './power.js'
import {type Aggregate, isBinary, strataOfFigure} from './strata.js'
import {studentQuantile} from './student.js'

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
  return {discordance, mde: detectableDifference(design), smallestMargin: detectableMargin(design)}
}

/** The same for a planned comparison, from the sizes of its subtasks and an assumed discordance. */
export function assumedEffects(
  sizes: readonly number[],
  aggregate: Aggregate,
  discordance: number,
  alpha = 0.05,
): DetectableEffects {
  const macro = aggregate === 'macro' && sizes.length > 1
  const n = macro
    ? sizes.length ** 2 / sizes.reduce((sum, size) => sum + 1 / size, 0)
    : sizes.reduce((sum, size) => sum + size, 0)
  const degrees = sizes.reduce((sum, size) => sum + size - 1, 0)
  const critical = (confidence: number) =>
    macro ? studentQuantile(0.5 + confidence / 2, Math.max(1, degrees)) : twoSidedZ(confidence)
  const design = {n, discordance, exact: !macro, alpha, critical}
  return {discordance, mde: detectableDifference(design), smallestMargin: detectableMargin(design)}
}
