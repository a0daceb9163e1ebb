// What a paired comparison of a given size can show at all: printed under tables, so that nobody reads silence as proof.
import {normalQuantile} from './normal.js'

/** z(0.975) + z(0.8) = 2.80: a two-sided test at 5 % with 80 % power. */
const effectFactor = normalQuantile(0.975) + normalQuantile(0.8)
/** z(0.95) + z(0.9) = 2.93: two one-sided tests at 5 %, together with 80 % power. */
const tostFactor = normalQuantile(0.95) + normalQuantile(0.9)

/**
 * Smallest true difference that a paired comparison finds with 80 % power: 2.80 sqrt(d / n) for a share d of discordant pairs.
 * Takes the variance of the difference (d / n, or its sum over strata). Source: Connor 1987, Biometrics 43:207, without the d^2 term.
 */
export function minimumDetectableEffect(variance: number): number {
  return effectFactor * Math.sqrt(variance)
}

/**
 * Smallest margin within which two arms without any true difference are shown equivalent with 80 % power (two one-sided tests):
 * 2.93 sqrt(d / n). Source: Liu et al. 2002, Statistics in Medicine 21:231.
 */
export function smallestTostMargin(variance: number): number {
  return tostFactor * Math.sqrt(variance)
}
