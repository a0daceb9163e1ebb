// Where a response says its answer, and what else could have been said there: the places at which other arms are read.
// Pure.
import type {AnswerPlace} from '../core/generation.js'
import {mentions} from '../core/mentions.js'
import {extractAnswer} from './extraction/index.js'

export interface Read {
  readonly text: string
  readonly options?: readonly string[] | null
  readonly letters?: readonly string[] | null
}

/**
 * The places of the answer that the extractor reads, in the order of the text. The last is where it was read; before it
 * come those that name its option in words: a model that has said its answer once may only copy it the second time.
 * Null for open questions, and where none of the letters is read or the extractor does not say where.
 * Throws `usage` for an unknown extractor.
 */
export function answerPlaces({text, options, letters}: Read, extractor: string): readonly AnswerPlace[] | null {
  if (!letters || letters.length === 0) return null
  const {answer, span} = extractAnswer(extractor, {text, options, letters})
  if (answer === null || span === null) return null
  const option = options?.[letters.indexOf(answer)]
  const named = option === undefined ? [] : mentions(text, option)
  const inWords = (at: number): AnswerPlace => ({before: text.slice(0, at), answers: asWritten(options!, text[at]!)})
  const earlier = named.filter(at => at < span[0]).map(inWords)
  const letter = letterIn(text.slice(...span), answer)
  if (letter !== null) return [...earlier, {before: text.slice(0, span[0] + letter), answers: letters}]
  const read = named.find(at => at >= span[0] && at < span[1])
  return read === undefined ? null : [...earlier, inWords(read)]
}

/** The place of a letter that stands alone; a lower-case one only where nothing else is said. */
function letterIn(said: string, letter: string): number | null {
  const upper = mentions(said, letter).find(at => said.startsWith(letter, at))
  if (upper !== undefined) return upper
  const only = said.search(/[\p{L}\p{N}]/u)
  return said.replace(/[^\p{L}\p{N}]/gu, '').toUpperCase() === letter ? only : null
}

/** The options with a capital where the text has one. */
function asWritten(options: readonly string[], first: string): readonly string[] {
  if (first === first.toLowerCase()) return options
  return options.map(option => option.charAt(0).toUpperCase() + option.slice(1))
}
