// How several rows share one error rate.

export interface JudgedRow<T> {
  readonly judged: T
  /** The level at which the row was judged last. */
  readonly alpha: number
}

/**
 * Judges `count` rows together: each at alpha / R first; the claims that are made stand, and the rest is judged again
 * at alpha / (R - claims), until nothing changes. A row claims nothing more as its level rises than it would alone, so
 * the chance of any wrong claim stays below alpha.
 * Source: Holm 1979, Scandinavian Journal of Statistics 6:65, with verdicts in the place of tests.
 */
export function stepDown<T>(
  count: number,
  alpha: number,
  judgeAt: (row: number, alpha: number) => T,
  claims: (judged: T) => boolean,
): JudgedRow<T>[] {
  const rows: (JudgedRow<T> | undefined)[] = Array.from({length: count}, () => undefined)
  let claimed = 0
  for (;;) {
    const level = alpha / Math.max(1, count - claimed)
    let found = 0
    for (let row = 0; row < count; row++) {
      const before = rows[row]
      if (before !== undefined && claims(before.judged)) continue
      const judged = judgeAt(row, level)
      rows[row] = {judged, alpha: level}
      if (claims(judged)) found++
    }
    claimed += found
    if (found === 0 || claimed === count) return rows as JudgedRow<T>[]
  }
}
