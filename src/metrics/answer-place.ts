// Where in a response its answer stands, and what else could have stood there: the place at which other arms are read.
// Pure.
import {extractAnswer} from './extraction/index.js'

export interface AnswerPlace {
  /** The response up to the answer. */
  readonly before: string
  /** What could follow, one text for each letter: the letter, or the option's text where the answer was written so. */
  readonly answers: readonly string[]
}

export interface Read {
  readonly text: string
  readonly options?: readonly string[] | null
  readonly letters?: readonly string[] | null
}

/**
 * The place of the answer that the extractor reads; null for open questions, and where it reads none of the letters or
 * does not say where. Throws `usage` for an unknown extractor.
 */
export function answerPlace({text, options, letters}: Read, extractor: string): AnswerPlace | null {
  if (!letters || letters.length === 0) return null
  const {answer, span} = extractAnswer(extractor, {text, options, letters})
  if (answer === null || span === null) return null
  const said = text.slice(...span)
  const letter = letterIn(said, answer)
  if (letter !== null) return {before: text.slice(0, span[0] + letter), answers: letters}
  const option = options?.[letters.indexOf(answer)]
  const place = option ? said.toLowerCase().indexOf(option.toLowerCase()) : -1
  return place < 0 ? null : {before: text.slice(0, span[0] + place), answers: options!}
}

/** The place of a letter that stands alone; a lower-case one only where nothing else is said. */
function letterIn(said: string, letter: string): number | null {
  const alone = new RegExp(`(?<![\\p{L}\\p{N}])${letter.replace(/[^\p{L}\p{N}]/gu, '\\$&')}(?![\\p{L}\\p{N}])`, 'u')
  const upper = said.search(alone)
  if (upper >= 0) return upper
  const only = said.search(/[\p{L}\p{N}]/u)
  return said.replace(/[^\p{L}\p{N}]/gu, '').toUpperCase() === letter ? only : null
}
