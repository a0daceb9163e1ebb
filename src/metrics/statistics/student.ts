// Student's t distribution. It replaces the normal distribution if a variance is estimated from few clusters.
import {incompleteBeta} from './beta.js'
import {assertFraction} from './interval.js'
import {normalQuantile} from './normal.js'

/** Beyond this many degrees of freedom t and z differ by less than 1e-5. */
const nearlyNormal = 250_000

/** P(T <= t) with `df` degrees of freedom (any real number above 0). */
export function studentCdf(t: number, df: number): number {
  const tail = incompleteBeta(df / (df + t * t), df / 2, 0.5) / 2
  return t > 0 ? 1 - tail : tail
}

/**
 * The t with P(T <= t) = p, by bisection of the distribution function from the normal quantile outwards.
 * Source: DLMF 8.17, via Abramowitz and Stegun 1964, 26.7.1.
 * Throws RangeError unless 0 < p < 1 and df > 0.
 */
export function studentQuantile(p: number, df: number): number {
  assertFraction('p', p)
  if (!(df > 0)) throw new RangeError(`degrees of freedom must be positive, got ${df}`)
  if (df > nearlyNormal || p === 0.5) return normalQuantile(p)
  if (p < 0.5) return -studentQuantile(1 - p, df)
  let low = normalQuantile(p)
  let high = 2 * low + 1
  while (studentCdf(high, df) < p) {
    low = high
    high *= 2
  }
  for (let step = 0; step < 60 && high - low > 1e-12 * high; step++) {
    const middle = (low + high) / 2
    if (studentCdf(middle, df) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}
