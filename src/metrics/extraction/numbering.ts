// Answers by number, for this project's own rule: "Image 2" for "the second image", "the third option" for C, and the
// number at the end of a count. A number that could mean two options is not an answer.

import {uncertain} from './cues.js'
import {denied, type KnownItem, type Target} from './declarations.js'
import {mentions, numberOf, wordsOf} from './option-text.js'

const ordinals = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth']
const ordinal = `(?:${ordinals.join('|')}|\\d{1,2}(?:st|nd|rd|th))`
const cardinal = '(?:\\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)'
const ofTheItem = '(?:option|choice|alternative|answer\\s{1,9}choice)s?'
const ofTheTask = '(?:image|picture|photo|figure|frame|panel|view|one)s?'
const references = [
  {
    pattern: new RegExp(
      `\\b(?:${ofTheItem}|${ofTheTask})\\s{1,9}(?:no\\.?\\s{0,9}|number\\s{1,9}|#\\s{0,9})?(${cardinal})\\b(?![.,]\\d)`,
      'gi',
    ),
  },
  {
    pattern: new RegExp(
      `\\b((?:(?:${ordinal}|last)(?:,?\\s{1,9}(?:and|or)\\s{1,9}(?:the\\s{1,9})?)?){1,4})\\s{1,9}(?:${ofTheItem}|${ofTheTask})\\b`,
      'gi',
    ),
  },
] as const
const bareNumber = new RegExp(
  `^[^\\p{L}\\p{N}]{0,9}(?:no\\.?\\s{0,9}|number\\s{1,9}|#\\s{0,9})?(${cardinal}|${ordinal})[^\\p{L}\\p{N}]{0,9}$`,
  'iu',
)
const itemNoun = new RegExp(`^${ofTheItem}\\b|\\b${ofTheItem}$`, 'i')
const longestAnswer = 60

/** "Image 2", "the second image", "option 3", or a number alone if the options are numbered ("the fourth image"). */
export function numbered(text: string, item: KnownItem): Target | undefined {
  if (text.length > 600 || uncertain.test(text)) return undefined
  const places = item.known.map(({letter, words}) => ({letter, place: ordinalAmong(words)}))
  const counted = places.filter(({place}) => place !== undefined)
  const byPlace = (place: number) => counted.filter(one => one.place === place).map(({letter}) => letter)
  const alone = bareNumber.exec(text)
  if (alone !== null) return decide(byPlace(placeOf(alone[1]!)), text)
  const words = wordsOf(text)
  if (words.length > longestAnswer) return undefined
  const found = references.flatMap(({pattern}) =>
    Array.from(text.matchAll(pattern), ({index, 0: whole, 1: number}) => ({index, whole, number: number!})),
  )
  const stated = found.filter(({index, whole}) => !denied(text, index, index + whole.length))
  if (stated.length === 0) return undefined
  const letters = stated.flatMap(({whole, number}) =>
    Array.from(number.matchAll(new RegExp(`${ordinal}|${cardinal}|last`, 'gi')), ([one]) => {
      if (!itemNoun.test(whole)) return byPlace(placeOf(one))
      const place = /^last$/i.test(one) ? item.letters.length : placeOf(one)
      const letter = item.letters[place - 1]
      return letter === undefined ? byPlace(place) : [letter, ...byPlace(place)]
    }).flat(),
  )
  if (letters.length === 0) return undefined
  return decide([...letters, ...mentions(words, item.known).map(({letter}) => letter)], text)
}

function decide(letters: readonly string[], text: string): Target | undefined {
  const [first, ...others] = new Set(letters)
  if (first === undefined) return undefined
  const place = {start: text.length - text.trimStart().length, end: text.trimEnd().length}
  return others.length > 0 ? {kind: 'ambiguous', ...place} : {kind: 'letter', letter: first, ...place}
}

/** The position that an option names, if it names exactly one. */
function ordinalAmong(words: readonly string[]): number | undefined {
  const places = words.flatMap(word =>
    ordinals.includes(word) || /^\d+(?:st|nd|rd|th)$/.test(word) ? [placeOf(word)] : [],
  )
  return places.length === 1 ? places[0] : undefined
}

function placeOf(word: string): number {
  const lower = word.toLowerCase()
  const index = ordinals.indexOf(lower)
  return index === -1 ? Number(numberOf(lower).replace(/\D+$/, '')) : index + 1
}

const sum =
  /=\s{0,9}(\d+)|\b(?:so|thus|therefore|hence|makes|making|gives|giving|totals?|total\s+of|total\s+is|total:)\s{1,9}(?:there\s+(?:are|is)\s+)?(\w+)|\b(\w+)(?:\s+\p{L}+){0,3}\s+(?:in\s+total|in\s+all|altogether|overall)\b/giu

/** "2 + 1 = 3", "so 3 in total": the number at the end of a count, if the options are numbers. */
export function total(text: string, item: KnownItem): Target | undefined {
  if (text.length > 600 || uncertain.test(text)) return undefined
  const numbers = item.known.filter(({words}) => words.length === 1 && /^-?\d+$/.test(words[0]!))
  if (numbers.length === 0 || numbers.length !== (item.options ?? []).length) return undefined
  const last = Array.from(text.matchAll(sum), match => ({
    end: match.index + match[0].length,
    value: numberOf((match[1] ?? match[2] ?? match[3])!.toLowerCase()),
  }))
    .filter(({value}) => /^\d+$/.test(value))
    .at(-1)
  const option = numbers.find(({words}) => words[0] === last?.value)
  if (last === undefined || option === undefined) return undefined
  // A later number may correct the sum.
  const later = wordsOf(text.slice(last.end)).some(({word}) => /^\d+$/.test(word))
  return later ? undefined : {kind: 'letter', letter: option.letter, start: 0, end: last.end}
}
