// Adjusts p values for multiple tests.

/**
 * Adjusts p values for the number of tests (step-down) and returns them in the given order. Reject those that are at
 * most alpha.
 * Source: Holm 1979, Scandinavian Journal of Statistics 6:65.
 */
export function holm(pValues: readonly number[]): number[] {
  const ascending = pValues.map((p, index) => ({p, index})).sort((a, b) => a.p - b.p)
  const adjusted = new Array<number>(pValues.length)
  let largest = 0
  for (const [rank, {p, index}] of ascending.entries()) {
    largest = Math.max(largest, Math.min(1, p * (pValues.length - rank)))
    adjusted[index] = largest
  }
  return adjusted
}
