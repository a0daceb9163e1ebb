// The interval of a proportion that inverts the exact binomial test with mid-p (half of the point probability).
import {incompleteBeta} from './beta.js'
import {defaultConfidence, type Interval} from './interval.js'

/**
 * The mid-p form of Clopper and Pearson's interval for `successes` out of `n`. Neither has to be whole, because
 * binomial tails are beta probabilities. Only half of the probability of the observed count belongs to the tail, which
 * makes the interval much less conservative than the exact one.
 * Source: Clopper and Pearson 1934, Biometrika 26:404; mid-p: Lancaster 1961, JASA 56:223; Berry and Armitage 1995, The
 * Statistician 44:417.
 * Throws RangeError unless 0 <= successes <= n and n > 0.
 */
export function midPInterval(successes: number, n: number, confidence = defaultConfidence): Interval {
  if (!(n > 0 && successes >= 0 && successes <= n)) throw new RangeError(`${successes} of ${n} is not a proportion`)
  const tail = (1 - confidence) / 2
  return {low: lowerBound(successes, n, tail), high: 1 - lowerBound(n - successes, n, tail)}
}

/**
 * The bounds where the exact test has only one tail. Near 0 and 1 even the most extreme count on the other side (all
 * wrong, all right) is more probable than 1 - confidence, so all of 1 - confidence is spent on the tail of the observed
 * count. The interval must not extend beyond these bounds. They are 0 and 1 where both tails exist.
 * Source: Blaker 2000, Canadian Journal of Statistics 28:783, whose exact interval has these bounds there.
 */
export function oneTailedReach(successes: number, n: number, confidence: number): Interval {
  const low = (x: number) => {
    const likely = 1 - (1 - confidence) ** (1 / n)
    if (x === 0 || incompleteBeta(likely, x, n - x + 1) < 1 - confidence) return 0
    return root(p => incompleteBeta(p, x, n - x + 1) - (1 - confidence), 0, likely)
  }
  return {low: low(successes), high: 1 - low(n - successes)}
}

/** The p at which P(X > x) + P(X = x) / 2 is `tail`. */
function lowerBound(x: number, n: number, tail: number): number {
  if (x === 0) return 0
  return root(
    p => {
      // P(X >= x) = I_p(x, n - x + 1) and P(X >= x + 1) = I_p(x + 1, n - x); at n successes the second is 0.
      const atLeast = incompleteBeta(p, x, n - x + 1)
      const above = n - x > 0 ? incompleteBeta(p, x + 1, n - x) : 0
      return (atLeast + above) / 2 - tail
    },
    0,
    x / n,
  )
}

/**
 * Finds the root of an increasing function in a bracket by the Illinois method (secant steps that keep the bracket).
 * Every third step is a bisection.
 */
function root(excess: (p: number) => number, from: number, to: number): number {
  let [low, high] = [from, to]
  let [below, above] = [excess(low), excess(high)]
  for (let step = 0; step < 60 && high - low > 1e-13; step++) {
    const p = step % 3 === 2 ? (low + high) / 2 : low + ((high - low) * -below) / (above - below)
    const value = excess(p)
    if (value === 0) return p
    if (value < 0) {
      ;[low, below] = [p, value]
      if (step % 3 === 0) above /= 2
    } else {
      ;[high, above] = [p, value]
      if (step % 3 === 0) below /= 2
    }
  }
  return (low + high) / 2
}
