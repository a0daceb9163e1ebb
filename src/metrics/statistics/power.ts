// What a paired comparison of a given size can detect. It is printed under tables, so that nobody takes a missing
// difference for proof of equality.
import {binomialCdf, logGamma} from './beta.js'
import {normalQuantile, twoSidedZ} from './normal.js'
import {pairedBounds} from './paired-interval.js'

/** A planned comparison: the number of pairs, and the share that would differ if neither arm is better. */
export interface PairedDesign {
  /** Number of pairs, or the effective number of independent pairs. */
  readonly n: number
  /** Share of pairs that differ without a net effect. A true difference adds to it. */
  readonly discordance: number
  /** `mcnemar-exact` counts whole pairs; the others are studentised. */
  readonly exact: boolean
  /** Level of the two-sided test; default 0.05. */
  readonly alpha?: number
  /** Two-sided critical value at a confidence; default z. */
  readonly critical?: (confidence: number) => number
}

const power = 0.8
/** Above this number of discordant pairs the normal approximation gives the power to a tenth of a percentage point. */
const countedPairs = 2000
/**
 * The number of pairs that a studentised test of few pairs loses by estimating its variance (found by `npm run
 * calibrate`).
 */
const pairsForVariance = 4
/** Below this number of discordant pairs, the margin is computed from all outcomes. */
const weighedPairs = 60

/**
 * Smallest true difference that the two-sided test detects with 80 % power, if arms that do not differ disagree on a
 * share `discordance` of the pairs. Under the difference D, a pair is won with probability (discordance / 2) + D and
 * lost with probability discordance / 2. For exact McNemar it is computed from the binomial distributions; otherwise it
 * solves (critical + z(0.8)) sqrt(v) = D sqrt(n - 4) with v = discordance + D - D^2. Returns 1 if even a difference on
 * all pairs would not be detected.
 * Sources: Miettinen 1968, Biometrics 24:339 (power given the discordance); Connor 1987, Biometrics 43:207.
 */
export function detectableDifference(design: PairedDesign): number {
  const {n, discordance, exact, alpha = 0.05, critical = twoSidedZ} = design
  const room = 1 - discordance
  const reach = critical(1 - alpha) + normalQuantile(power)
  const found =
    exact && n * discordance < countedPairs
      ? (difference: number) => mcnemarPower(Math.round(n), discordance, difference, alpha) >= power
      : (difference: number) => {
          const variance = discordance + difference - difference ** 2
          return difference * Math.sqrt(Math.max(0, n - pairsForVariance)) >= reach * Math.sqrt(variance)
        }
  let [low, high] = [0, room]
  if (!found(room)) return 1
  for (let step = 0; step < 25; step++) {
    const middle = (low + high) / 2
    if (found(middle)) high = middle
    else low = middle
  }
  return high
}

/** Probability that exact McNemar rejects, over the number of discordant pairs and their split into wins and losses. */
export function mcnemarPower(n: number, discordance: number, difference: number, alpha = 0.05): number {
  const share = Math.min(1, discordance + difference)
  if (share <= 0) return 0
  const lost = discordance / 2 / share
  const spread = 8 * Math.sqrt(n * share * (1 - share)) + 8
  const from = Math.max(0, Math.floor(n * share - spread))
  const to = Math.min(n, Math.ceil(n * share + spread))
  let rejectedBelow = -1
  let sum = 0
  for (let discordant = from; discordant <= to; discordant++) {
    // The largest number of losses that still rejects grows by at most one with each pair.
    while (2 * binomialCdf(rejectedBelow + 1, discordant, 0.5) <= alpha) rejectedBelow++
    if (rejectedBelow < 0) continue
    const probability = Math.exp(
      logGamma(n + 1) -
        logGamma(discordant + 1) -
        logGamma(n - discordant + 1) +
        discordant * Math.log(share) +
        (discordant === n ? 0 : (n - discordant) * Math.log1p(-share)),
    )
    if (probability < 1e-12) continue
    const rejects = binomialCdf(rejectedBelow, discordant, lost) + binomialCdf(rejectedBelow, discordant, 1 - lost)
    sum += probability * rejects
  }
  return sum
}

/**
 * Smallest margin within which two arms without any true difference are shown equivalent with 80 % power, by two
 * one-sided tests at `alpha`: the bounds of `pairedBounds` lie within this margin in 80 % of samples. With few
 * discordant pairs it is computed from all outcomes; otherwise from the bounds at which wins and losses are z(0.9)
 * standard errors apart. Source: Schuirmann 1987, J. Pharmacokinetics and Biopharmaceutics 15:657; Liu et al. 2002,
 * Statistics in Medicine 21:231.
 */
export function detectableMargin(design: PairedDesign): number {
  const {n, discordance, alpha = 0.05, critical = twoSidedZ} = design
  const z = critical(1 - 2 * alpha)
  const expected = n * discordance
  if (expected > weighedPairs) {
    const lead = Math.min(expected, normalQuantile((1 + power) / 2) * Math.sqrt(expected))
    return -pairedBounds((expected - lead) / 2, (expected + lead) / 2, n, z).low
  }
  const outcomes: {margin: number; probability: number}[] = []
  const most = Math.ceil(expected / 2 + 6 * Math.sqrt(expected / 2) + 1)
  const each = discordance / 2
  for (let fewer = 0; fewer <= most; fewer++) {
    for (let more = fewer; more <= most && fewer + more <= n; more++) {
      const probability = trinomial(n, fewer, more, each) * (more === fewer ? 1 : 2)
      if (probability > 1e-6) outcomes.push({margin: -pairedBounds(fewer, more, n, z).low, probability})
    }
  }
  outcomes.sort((a, b) => a.margin - b.margin)
  let sum = 0
  for (const {margin, probability} of outcomes) {
    sum += probability
    // The bounds have to lie within the margin, not on it.
    if (sum >= power) return Math.min(1, margin * (1 + 1e-9))
  }
  return 1
}

/** P(wins, losses) among n pairs, each won with probability `each` and lost with the same probability. */
function trinomial(n: number, wins: number, losses: number, each: number): number {
  if (each === 0) return wins + losses === 0 ? 1 : 0
  return Math.exp(
    logGamma(n + 1) -
      logGamma(wins + 1) -
      logGamma(losses + 1) -
      logGamma(n - wins - losses + 1) +
      (wins + losses) * Math.log(each) +
      (n - wins - losses) * Math.log1p(-2 * each),
  )
}
