// Where a text says a word, or several: as a whole, in any case.

/** The places in `text` at which `words` stand, not as a part of a longer word or number. */
export function mentions(text: string, words: string): number[] {
  if (words.trim() === '') return []
  const literal = words.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  return Array.from(
    text.matchAll(new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, 'giu')),
    ({index}) => index,
  )
}
