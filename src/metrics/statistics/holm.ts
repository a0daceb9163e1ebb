// Several tests at once.

/**
 * p values adjusted for their number (step-down), in the order given; reject those at most alpha.
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
