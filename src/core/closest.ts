// "Did you mean ...?": finds the known name nearest to a misspelt one. Used in messages only; never to act on a guess.

/**
 * The candidate with the smallest edit distance to `word`, ignoring case. Undefined when none is near, that is when
 * more than a third of the letters would have to change.
 */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < least && distance <= Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3))) {
      best = candidate
      least = distance
    }
  }
  return best
}

/** `Did you mean X? `, to begin a suggestion with; empty if no name is near. */
export function didYouMean(word: string, names: Iterable<string>): string {
  const near = closest(word, names)
  return near === undefined ? '' : `Did you mean ${near}? `
}

/**
 * Number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal string
 * alignment; Damerau 1964).
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({length: b.length + 1}, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? beforeLast[j - 2]! + 1
          : Number.POSITIVE_INFINITY
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, replaced, swapped))
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
