// The exact test of two arms on the same samples, for right-or-wrong scores.

/**
 * Two-sided p of the exact McNemar test: the probability that a fair coin over all discordant pairs is at least as
 * lopsided.
 * `wins` and `losses` are the discordant pairs (new right and base wrong; base right and new wrong); ties carry no
 * information.
 * Source: McNemar 1947, Psychometrika 12:153; the exact binomial form as in Agresti, Categorical Data Analysis, section
 * 11.1.
 */
export function mcnemarExact(wins: number, losses: number): number {
  const n = wins + losses
  const fewer = Math.min(wins, losses)
  if (fewer * 2 === n) return 1
  // log P(X = fewer) for X ~ Binomial(n, 1/2). The tail below follows from ratios of neighbouring terms, so that
  // nothing overflows.
  let logTerm = -n * Math.LN2
  for (let k = 1; k <= fewer; k++) logTerm += Math.log((n - k + 1) / k)
  let ratio = 1
  let tail = 1
  for (let k = fewer; k > 0 && ratio > 1e-18; k--) {
    ratio *= k / (n - k + 1)
    tail += ratio
  }
  return Math.min(1, 2 * tail * Math.exp(logTerm))
}
