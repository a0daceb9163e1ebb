// What a paired comparison of a given size can show at all: printed under tables, so that nobody reads silence as
// proof.
import {normalQuantile} from './normal.js'

/** z(0.975) + z(0.8) = 2.80: a two-sided test at 5 % with 80 % power. */
const effectFactor = normalQuantile(0.975) + normalQuantile(0.8)
/** z(0.95) and z(0.9), 2.93 together: two one-sided tests at 5 %, together with 80 % power. */
const tostLevel = normalQuantile(0.95)
const tostPower = normalQuantile(0.9)

/**
 * Smallest true difference that a paired comparison finds with 80 % power: 2.80 sqrt(d / n) for a share d of discordant
 * pairs.
 * Source: Connor 1987, Biometrics 43:207, without the d^2 term. A true difference is itself discordance, so d is never
 * less than it: where few pairs disagree that leaves 2.80^2 / n (about eight pairs, all one way; exact McNemar needs
 * six to reach 5 %).
 * @param variance of the difference: d / n, or its sum over strata
 * @param full the same if all pairs were discordant: 1 / n, or its sum over strata
 */
export function minimumDetectableEffect(variance: number, full: number): number {
  return Math.min(1, Math.max(effectFactor * Math.sqrt(variance), effectFactor ** 2 * full))
}

/**
 * Smallest margin within which two arms without any true difference are shown equivalent with 80 % power (two one-sided
 * tests):
 * 2.93 sqrt(d / n). Source: Liu et al. 2002, Statistics in Medicine 21:231. The test compares with a true difference of
 * the margin m, under which d is at least m (as in Tango 1998): where few pairs disagree, m = z(0.95) sqrt(m / n) +
 * z(0.9) sqrt(d / n), solved for m.
 * Parameters as in `minimumDetectableEffect`.
 */
export function smallestTostMargin(variance: number, full: number): number {
  const [level, spread] = [tostLevel * Math.sqrt(full), tostPower * Math.sqrt(variance)]
  const ofFew = ((level + Math.sqrt(level * level + 4 * spread)) / 2) ** 2
  return Math.min(1, Math.max((tostLevel + tostPower) * Math.sqrt(variance), ofFew))
}
