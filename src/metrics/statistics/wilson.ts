// Wilson's score interval of a proportion.
import {defaultConfidence, type Interval} from './interval.js'
import {twoSidedZ} from './normal.js'

/**
 * Wilson's score interval for `successes` out of `n` independent trials; neither has to be whole (effective sample
 * sizes).
 * Source: Wilson 1927, JASA 22:209; recommended for small n by Newcombe 1998, Statistics in Medicine 17:857 (method 3).
 * Throws RangeError unless 0 <= successes <= n and n > 0.
 */
export function wilsonInterval(successes: number, n: number, confidence = defaultConfidence): Interval {
  return wilsonBounds(successes, n, twoSidedZ(confidence))
}

/** The same for a given critical value, such as a t quantile. */
export function wilsonBounds(successes: number, n: number, critical: number): Interval {
  if (!(n > 0 && successes >= 0 && successes <= n)) throw new RangeError(`${successes} of ${n} is not a proportion`)
  const z2 = critical ** 2
  const centre = successes + z2 / 2
  const reach = Math.sqrt(z2 * ((successes * (n - successes)) / n + z2 / 4))
  // At 0 and n successes the bound is exactly 0 or 1; rounding could put it slightly outside.
  return {
    low: successes === 0 ? 0 : Math.max(0, (centre - reach) / (n + z2)),
    high: successes === n ? 1 : Math.min(1, (centre + reach) / (n + z2)),
  }
}
