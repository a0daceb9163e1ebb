// Python's string semantics where JavaScript's differ, so that the compatibility extractors read exactly what their
// originals read. It covers only what those extractors use (design/benchmarks.md 5).

/**
 * The characters of `str.isspace` and a Unicode `\s`: without the BOM, which JavaScript adds, but with the separators
 * U+001C to U+001F and U+0085.
 */
export const space = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'

/**
 * A word boundary before and after a word. Python's `\b` supports every script, JavaScript's only ASCII. Needs the flag
 * `u`.
 */
export const wordStart = '(?<![\\p{L}\\p{N}_])'
export const wordEnd = '(?![\\p{L}\\p{N}_])'

const spaces = new RegExp(`[${space}]`)
const token = new RegExp(`[^${space}]+`, 'g')

/** A part of a text with its offset: extractors cut texts up and still report spans of the whole. */
export interface Slice {
  readonly text: string
  readonly start: number
}

/** `text.strip()`. */
export function strip({text, start}: Slice): Slice {
  return stripWhere({text, start}, character => spaces.test(character))
}

/** `text.strip(characters)` for each of the characters in turn. */
export function stripEach(slice: Slice, characters: string): Slice {
  return [...characters].reduce((rest, one) => stripWhere(rest, character => character === one), slice)
}

function stripWhere({text, start}: Slice, drop: (character: string) => boolean): Slice {
  let from = 0
  let to = text.length
  while (from < to && drop(text[from]!)) from++
  while (to > from && drop(text[to - 1]!)) to--
  return {text: text.slice(from, to), start: start + from}
}

/** `text.split()`: runs of anything but white space. */
export function tokens({text, start}: Slice): Slice[] {
  return Array.from(text.matchAll(token), match => ({text: match[0], start: start + match.index}))
}

/** `len(text)`: code points. */
export function length(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

/** `round(x)`: halves go to the even neighbour. */
export function round(x: number): number {
  const floor = Math.floor(x)
  if (x - floor !== 0.5) return Math.round(x)
  return floor % 2 === 0 ? floor : floor + 1
}
