// Option texts in a response, for this project's own rule. They are compared as words, so case, punctuation and a
// leading article do not matter.
import type {Span} from './extractor.js'

export interface Word {
  readonly word: string
  readonly span: Span
}

/** An option as words. Options with the same words cannot be told apart, so their text means no letter. */
export interface OptionWords {
  readonly letter: string
  readonly words: readonly string[]
  /** The words that distinguish it from all other options: `black` of "The color of the dog is black." */
  readonly core: readonly string[]
}

export interface Mention {
  readonly letter: string
  readonly span: Span
}

// Letters and digits with what joins them (3.5, it's); a sign before a number; scripts without spaces character by
// character.
const wordPattern =
  /(?<![\p{L}\p{N}])[-+−](?=\p{N})\p{N}+(?:[.,]\p{N}+)*|[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]|\p{N}+(?:[.,]\p{N}+)+|[\p{L}\p{N}\p{M}]+(?:['’]\p{L}+)*/gu
const numerals = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
]
const articles = new Set(['a', 'an', 'the'])
/** "One" is a number after these words and a pronoun elsewhere ("the one that matches"). */
const beforeNumber = new Set(['is', 'are', 'only', 'just', 'exactly', 'see', 'count'])

/** A number word as digits, `3.0` as `3`, any other word as it is. */
export function numberOf(word: string): string {
  const value = numerals.indexOf(word)
  return value === -1 ? word.replace(/^([-+]?\p{N}+)\.0{1,2}$/u, '$1') : String(value)
}

/** The words of a text in lower case, number words as digits. */
export function wordsOf(text: string): Word[] {
  const found = Array.from(text.matchAll(wordPattern), match => ({
    word: match[0].toLowerCase().replaceAll('’', "'").replaceAll('−', '-'),
    span: [match.index, match.index + match[0].length] as const,
  }))
  return found.map(({word, span}, index) => {
    const pronoun =
      word === 'one' &&
      found.length > 1 &&
      (!beforeNumber.has(found[index - 1]?.word ?? '') || found[index + 1]?.word === 'of')
    return {word: pronoun ? word : numberOf(word), span}
  })
}

/** An upper-case `A` that begins an option is a name ("A is closer"), not an article. */
function withoutArticle(words: readonly string[], text: string): readonly string[] {
  return words.length > 1 && articles.has(words[0]!) && !/^\P{L}*A\s/u.test(text) ? words.slice(1) : words
}

/**
 * 1 if a response begins with an article, else 0: `A dog` begins with an article; `(A) dog`, `A. dog` and `A Dog` with
 * a letter.
 */
function articleCount(text: string, words: readonly Word[]): number {
  const [first, second] = words
  if (first === undefined || second === undefined || !articles.has(first.word)) return 0
  const apart = /^\s+$/.test(text.slice(first.span[1], second.span[0]))
  const name = text[first.span[0]] === 'A' && !/\p{Ll}/u.test(text[second.span[0]]!)
  return apart && !name ? 1 : 0
}

/**
 * The options as words, letter by letter. An option without words, or with the words of another option, cannot be
 * identified by its text and is left out.
 */
export function readOptions(options: readonly string[] | null, letters: readonly string[]): OptionWords[] {
  const all = (options ?? []).slice(0, letters.length).map(text =>
    withoutArticle(
      wordsOf(text).map(({word}) => word),
      text,
    ),
  )
  return all.flatMap((words, index) => {
    const others = all.filter((_, other) => other !== index)
    if (words.length === 0 || others.some(other => equal(other, words))) return []
    return [{letter: letters[index]!, words, core: coreOf(words, others)}]
  })
}

/** An option without the words that all options share at the beginning and at the end. */
function coreOf(words: readonly string[], others: readonly (readonly string[])[]): readonly string[] {
  const shared = (at: (words: readonly string[], index: number) => string | undefined) => {
    let count = 0
    while (count < words.length && others.every(other => count < other.length && at(other, count) === at(words, count)))
      count++
    return count
  }
  const front = shared((list, index) => list[index])
  const back = shared((list, index) => list.at(-1 - index))
  return others.length === 0 || front + back >= words.length ? [] : words.slice(front, words.length - back)
}

const equal = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((word, index) => word === b[index])

const isLetter = (words: readonly string[]) => words.length === 1 && /^\p{L}$/u.test(words[0]!)

/** The option that is the whole text, with or without an article. */
export function wholeOption(text: string, options: readonly OptionWords[]): string | undefined {
  const found = wordsOf(text)
  const words = found.map(({word}) => word)
  const bare = words.slice(articleCount(text, found))
  return (options.find(option => equal(option.words, words)) ?? options.find(option => equal(option.words, bare)))
    ?.letter
}

/**
 * The longest option text at the beginning of a text, possibly after an article. Options of one letter are left to the
 * rules for letters.
 */
export function leadingOption(text: string, options: readonly OptionWords[]): Mention | undefined {
  const words = wordsOf(text)
  const found = [...new Set([0, articleCount(text, words)])]
    .flatMap(start => matches(words, start, options))
    .sort((a, b) => b.words.length - a.words.length)
    .at(0)
  return found && {letter: found.letter, span: [words[0]!.span[0], words[found.end - 1]!.span[1]]}
}

function matches(words: readonly Word[], start: number, options: readonly OptionWords[]) {
  return options
    .filter(
      option => !isLetter(option.words) && option.words.every((word, index) => words[start + index]?.word === word),
    )
    .map(({letter, words}) => ({letter, words, end: start + words.length}))
}

/** Every place where an option's text, or its core, occurs in the words, except inside the text of a longer option. */
export function mentions(
  words: readonly Word[],
  options: readonly OptionWords[],
  part: 'words' | 'core' = 'words',
): Mention[] {
  const sought = options.map(option => ({...option, words: option[part]})).filter(option => option.words.length > 0)
  const found: Mention[] = []
  let covered = 0
  for (let index = 0; index < words.length; index++) {
    const [longest] = matches(words, index, sought).sort((a, b) => b.end - a.end)
    if (longest === undefined || longest.end <= covered) continue
    covered = longest.end
    found.push({letter: longest.letter, span: [words[index]!.span[0], words[longest.end - 1]!.span[1]]})
  }
  return found
}

/** The only option whose text contains the given words in sequence: `black` for "The color of the dog is black." */
export function containingOption(text: string, options: readonly OptionWords[]): string | undefined {
  const all = wordsOf(text)
  const words = all.slice(articleCount(text, all)).map(({word}) => word)
  if (words.length === 0 || isLetter(words)) return undefined
  const holding = options.filter(option =>
    option.words.some((_, start) => words.every((word, index) => option.words[start + index] === word)),
  )
  return holding.length === 1 ? holding[0]!.letter : undefined
}
