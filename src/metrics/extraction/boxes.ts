// Boxed answers, for this project's own rule: the last `\boxed{...}`, `\fbox{...}` or `\framebox{...}` that holds an
// answer. A box with a formula, or a number that is not an option, is a step of the reasoning and is ignored.
import {announced, type KnownItem, readTarget, type Target} from './declarations.js'
import {undressed, wholeLetter, wholeText} from './whole.js'

const boxOpening = /\\(?:boxed|fbox|framebox)\s{0,3}\{/g
/** A response rarely has more boxes than this; if it has, only the last ones are read. */
const mostBoxes = 20
/** Longest content of a box that is read as an answer. */
const longestBox = 600

export function boxed(text: string, item: KnownItem): Target | undefined {
  const openings = Array.from(text.matchAll(boxOpening)).slice(-mostBoxes).reverse()
  for (const {index, 0: opening} of openings) {
    const start = index + opening.length
    const inner = undressed(braced(text.slice(start, start + longestBox)))
    const target = wholeLetter(inner, item) ?? wholeText(inner, item) ?? readInside(inner, item)
    if (target === undefined) continue
    // "The width is \\boxed{3}, so the answer is B": the number is a step if a letter is declared after it.
    const isNumber = /^[^\p{L}]*\p{N}[^\p{L}]*$/u.test(inner)
    if (isNumber && announced(text.slice(start), item, 'strong', 'letter') !== undefined) return undefined
    return {...target, start: start + target.start, end: start + target.end}
  }
  return undefined
}

/** Up to the brace that closes a box, or to the end of a truncated text. */
function braced(text: string): string {
  let depth = 1
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '\\') index++
    else if (text[index] === '{') depth++
    else if (text[index] === '}' && --depth === 0) return text.slice(0, index)
  }
  return text
}

/** "B) 49", "Answer: B", "A or B"; a letter in a formula (`A = \pi r^2`) does not count. */
function readInside(inner: string, item: KnownItem): Target | undefined {
  if (/[\\=^_+*<>|]/.test(inner)) return undefined
  const announcement = /^\s*(?:the\s+)?(?:final\s+|correct\s+)?answer\s*(?:is|:)?\s*/i.exec(inner)?.[0].length ?? 0
  const target = readTarget(inner, announcement, item)
  return target?.kind === 'foreign' ? undefined : target
}
