// A part of a response that consists only of its answer, for this project's own rule: a letter in any form, or an
// option's text.

import type {KnownItem} from './declarations.js'
import {nouns, optionNamed, type Target} from './declarations.js'
import {wholeOption} from './option-text.js'

const letterAlone = new RegExp(
  `^[^\\p{L}\\p{N}]*(?:${nouns}\\s{1,9}[^\\p{L}\\p{N}]*)?([A-Za-z])(?![+#♯♭])[^\\p{L}\\p{N}]*$`,
  'diu',
)

/** Blanks LaTeX commands that only format text. A text that still contains a backslash is a formula. */
export function undressed(text: string): string {
  return text.replace(
    /\\(?:text(?:bf|it|rm|sf|tt)?|math(?:bf|rm|sf|it|tt|bb|cal)|mbox|bf|rm|bold|boldsymbol|displaystyle|operatorname|left|right|quad|qquad)(?![a-z])|\\[ ,;:!()[\]]|[{}$~]/g,
    match => ' '.repeat(match.length),
  )
}

export function wholeLetter(text: string, item: KnownItem): Target | undefined {
  const match = letterAlone.exec(undressed(text))
  if (match === null) return undefined
  const [start, end] = match.indices![1]!
  const written = match[1]!
  const letter = written.toUpperCase()
  // "K" where an option reads "K" and no letter of the item is K: wholeText reads it.
  if (optionNamed(written, item) !== undefined) return undefined
  return item.letters.includes(letter) ? {kind: 'letter', letter, start, end} : {kind: 'foreign', start, end}
}

export function wholeText(text: string, item: KnownItem): Target | undefined {
  const trimmed = text.trim()
  const same = (item.options ?? []).flatMap((option, index) => (option.trim() === trimmed ? [item.letters[index]] : []))
  const letter = same.length === 1 ? same[0] : wholeOption(undressed(text), item.known)
  const start = text.indexOf(trimmed)
  return letter === undefined ? undefined : {kind: 'letter', letter, start, end: start + trimmed.length}
}
