// The interval of a paired difference of two proportions.
import {defaultConfidence, type Interval} from './interval.js'
import {twoSidedZ} from './normal.js'

/**
 * Tango's score interval for (wins - losses) / n, the difference of two proportions on the same n samples. It keeps its
 * coverage on small samples, stays within [-1, 1] and has width even without any discordant pair. Its one-sided form is
 * the non-inferiority test of the gate. Counts do not have to be whole (effective sample sizes).
 * Source: Tango 1998, "Equivalence test and confidence interval for the difference in proportions for the paired-sample
 * design", Statistics in Medicine 17:891. Throws RangeError unless n > 0 and 0 <= wins + losses <= n.
 */
export function tangoInterval(wins: number, losses: number, n: number, confidence = defaultConfidence): Interval {
  return tangoBounds(wins, losses, n, twoSidedZ(confidence))
}

/** The same for a given critical value, such as a t quantile. */
export function tangoBounds(wins: number, losses: number, n: number, critical: number): Interval {
  if (!(n > 0 && wins >= 0 && losses >= 0 && wins + losses <= n)) {
    throw new RangeError(`${wins} wins and ${losses} losses are not possible counts for ${n}`)
  }
  const upper = (more: number, fewer: number) => upperBound(more, fewer, n, critical)
  return {low: -upper(losses, wins), high: upper(wins, losses)}
}

/** The largest difference that the score test does not reject: the root of score(difference) = -z, by bisection. */
function upperBound(wins: number, losses: number, n: number, z: number): number {
  if (wins === n) return 1
  let inside = (wins - losses) / n
  let outside = 1
  // The score falls from 0 at the estimate to minus infinity at 1; 60 halvings exhaust the double.
  for (let step = 0; step < 60; step++) {
    const middle = (inside + outside) / 2
    if (tangoStatistic(middle, wins, losses, n) > -z) inside = middle
    else outside = middle
  }
  return inside
}

/**
 * Tango's statistic: the standardised distance of the data from `difference`, with the losing share at its constrained
 * maximum likelihood. Positive where the data lie above `difference`, which lies strictly between -1 and 1.
 */
export function tangoStatistic(difference: number, wins: number, losses: number, n: number): number {
  const linear = (2 * n - wins + losses) * difference - wins - losses
  const constant = -losses * difference * (1 - difference)
  const losing = (Math.sqrt(linear * linear - 8 * n * constant) - linear) / (4 * n)
  return (wins - losses - n * difference) / Math.sqrt(n * (2 * losing + difference * (1 - difference)))
}
