// This project's own rule (`lantern-eval`): reads what a careful person would read, and never guesses.
// design/extraction.md explains its choices.
// Order: the last closed answer tag, else the visible text. The first rule that finds something decides. A rule that
// finds several letters, or a letter beside another option's text, decides for "no answer".
import {boxed} from './boxes.js'
import {answeredNo, asking, correction, nameAfter, nameBefore, opposites, supposed, uncertain} from './cues.js'
import {
  announced,
  clauseBefore,
  denied,
  deniedByText,
  isArticle,
  type KnownItem,
  letterTarget,
  lone,
  nouns,
  readTarget,
  type Target,
} from './declarations.js'
import type {Extractor, Reading} from './extractor.js'
import {lastLine} from './last-line.js'
import {nextQuestion} from './marks.js'
import {numbered, total} from './numbering.js'
import {containingOption, mentions, readOptions, wholeOption, wordsOf} from './option-text.js'
import type {Slice} from './python.js'
import {answerValues} from './structured.js'
import {answerTags, plainText, visibleText, withoutMarkup} from './visible-text.js'
import {wholeLetter, wholeText} from './whole.js'

export const lanternEval: Extractor = item => {
  const known: KnownItem = {...item, known: readOptions(item.options, item.letters)}
  const visible = visibleText(item.text)
  const outside = answerTags(visible)
  if (outside.closed !== undefined) return read(outside.closed, known, 'answer-tag')
  // A tag inside a thought counts only if no text follows the thought: then the model closed its answer before its
  // thought.
  const inside = visible.trim() === '' ? answerTags(plainText(item.text)).closed : undefined
  if (inside !== undefined) return read(inside, known, 'answer-tag')
  if (outside.open !== undefined) return read(outside.open, known, 'open-answer-tag')
  return answeredBeforeQuestion(visible, known) ?? read({text: visible, start: 0}, known, '')
}

/** Rules that read an explicit statement of the answer; other rules find it among the words. */
const stating = new Set(['letter', 'option-text', 'last-line', 'boxed', 'declared', 'leading-letter', 'leading-option'])

/** The part of a response before it invents a next question: an answer to an invented question does not count. */
function answeredBeforeQuestion(text: string, item: KnownItem): Reading | undefined {
  const question = Array.from(text.matchAll(nextQuestion)).find(({index}) => text.slice(0, index).trim() !== '')
  if (question === undefined) return undefined
  const reading = read({text: text.slice(0, question.index), start: 0}, item, '')
  return reading.answer !== null && stating.has(reading.rule) ? reading : undefined
}

function none(rule: string): Reading {
  return {answer: null, raw: null, rule, span: null}
}

/**
 * Real answers are shorter. The limit keeps every rule below a fraction of a second on any text. If a part is longer,
 * only its end is read, because the last statement counts.
 */
const longestPart = 30_000

/** Reads one part of the response; `within` names the tag or box it comes from. */
function read(whole: Slice, item: KnownItem, within: string): Reading {
  const cut = Math.max(0, whole.text.length - longestPart)
  const part = {text: whole.text.slice(cut), start: whole.start + cut}
  const text = withoutMarkup(part.text)
  const named = (rule: string) => (within === '' ? rule : `${within}/${rule}`)
  if (text.trim() === '') return none(named('empty'))
  const values = answerValues(text)
  if (values !== undefined) return agreed(values, item, part.start, named('json'))
  for (const [name, rule] of rules) {
    const target = rule(text, item)
    if (target === undefined) continue
    if (target.kind !== 'letter') return none(named(`${name}:${target.kind}`))
    const span = [part.start + target.start, part.start + target.end] as const
    return {answer: target.letter, raw: target.letter, rule: named(name), span}
  }
  return none(named('none'))
}

/** The one answer that all values give; `offset` is where they start in the response. */
function agreed(values: readonly Slice[], item: KnownItem, offset: number, within: string): Reading {
  const readings = values.map(({text, start}) => read({text, start: offset + start}, item, within))
  const [first] = readings
  return first !== undefined && readings.every(({answer}) => answer === first.answer) ? first : none(`${within}/none`)
}

type Rule = (text: string, item: KnownItem) => Target | undefined

/**
 * The rules in the order in which they are tried. Each sees the whole part and returns nothing, a letter, or the reason
 * why there is no answer.
 */
const rules: readonly (readonly [name: string, rule: Rule])[] = [
  ['letter', wholeLetter],
  ['option-text', wholeText],
  ['last-line', lastLine],
  ['boxed', boxed],
  ['corrected', corrected],
  ['declared', (text, item) => announced(text, item, 'strong')],
  ['leading-letter', leadingLetter],
  ['leading-option', leadingText],
  ['implied', (text, item) => announced(text, item, 'weak')],
  ['concluded', concluded],
  ['bracketed', bracketed],
  ['numbered', numbered],
  ['total', total],
  ['mentioned', mentioned],
  ['part-of-option', partOfOption],
]

const at = (letter: string, start: number, end: number): Target => ({kind: 'letter', letter, start, end})

const freeLetter = new RegExp(`(?<![\\p{sc=Latin}\\p{N}_'’.])([A-Z])${lone}`, 'gu')

/** How far an answer that is taken back may be from the word that does so. */
const longestCorrection = 80

/** "A... actually, C.": an answer that is corrected at once, if no other is declared after it. */
function corrected(text: string, item: KnownItem): Target | undefined {
  const last = Array.from(text.matchAll(correction)).at(-1)
  if (last === undefined) return undefined
  const before = text.slice(Math.max(0, last.index - longestCorrection), last.index)
  // "A and, actually, B" adds one.
  if (/\b(?:and|or)\W*$/i.test(before)) return undefined
  if (!Array.from(before.matchAll(freeLetter)).some(([, letter]) => item.letters.includes(letter!))) return undefined
  const to = last.index + last[0].length
  // "A. Actually not A": taken back, and nothing put in its place.
  if (/^not\s{1,9}["'(]?[A-Z](?![\p{L}\p{N}'’])/u.test(text.slice(to)))
    return announced(text.slice(to), item, 'strong') === undefined ? {kind: 'ambiguous', start: to, end: to} : undefined
  const target = readTarget(text, to, item, false)
  if (target?.kind !== 'letter' || denied(text, target.start, target.end)) return undefined
  const after = text.slice(target.end)
  return /^[)\]"'”’}]{0,4}(?:[.!]|\s*$)/.test(after) && announced(after, item, 'strong') === undefined
    ? target
    : undefined
}

/** "A. B. C. D.": nothing but letters, several of them. */
const onlyLetters = /^[^\p{L}\p{N}]*[A-Z](?:[^\p{L}\p{N}]+[A-Z])+[^\p{L}\p{N}]*$/u

const leading = new RegExp(`^[\\s"'“‘]{0,40}(?:${nouns}\\s{1,9})?[(\\[{"'“]{0,9}([A-Za-z])${lone}`, 'diu')
const lineLetter = /^[^\S\n]{0,20}["'([]{0,3}([A-Z])(?:[).:\]]|$)/gmu

/**
 * A letter at the very beginning, followed by a bracket, full stop, colon, comma, dash or line end: `B) dog`, `(B) the
 * left one`.
 */
function leadingLetter(text: string, item: KnownItem): Target | undefined {
  const match = leading.exec(text)
  if (match === null) return undefined
  const [start, end] = match.indices![1]!
  const after = text.slice(end, end + 400)
  const bracket = /[([{]$/.test(text.slice(0, start)) && /^[)\]}]/.test(after)
  const delimiter = /^["'”’]{0,2}(?:[)\]}.:]+(?=\s|$|["'”’])|\)|\s*\n|,\s|\s+[-–—]\s)/.test(after)
  if (!bracket && !delimiter) return undefined
  if (match[1] !== match[1]!.toUpperCase() && !/^[)\].:]/.test(after)) return undefined
  if (onlyLetters.test(text) && new Set(text.match(/[A-Z]/g)).size > 1) return undefined
  // "A. Hmm, actually B fits better": taken back, whatever it becomes.
  if (Array.from(after.matchAll(correction)).some(({index}) => otherLetterAfter(after.slice(index), match[1]!, item)))
    return undefined
  // Lines that begin with several letters list the options; they are not a choice.
  const listed = new Set(Array.from(text.matchAll(lineLetter), line => line[1]!))
  const named = new Set(
    Array.from(text.slice(0, 400).matchAll(/\b(?:option|choice)\s+([A-Z])\s?[:)]/gi), one => one[1]!),
  )
  if (listed.size > 1 || named.size > 1) return undefined
  if (denied(text, start, end) || deniedByText(text, match[1]!.toUpperCase(), end, item)) return undefined
  return letterTarget(text.slice(start, start + 600), start, item)
}

function otherLetterAfter(text: string, letter: string, item: KnownItem): boolean {
  return Array.from(text.matchAll(freeLetter)).some(
    ([, other]) => other !== letter.toUpperCase() && item.letters.includes(other!) && other !== 'I',
  )
}

/** "Yes it is." */
const polarLead = /^(?:yes|no|true|false)(?=\s+(?:it|there|they|this|that|he|she)\s+(?:is|are|was|were|does|do)\b)/i
const polar = new Set(['yes', 'no', 'true', 'false'])

/** An option text before the first punctuation mark: "No, the car is not beneath the cat." */
function leadingText(text: string, item: KnownItem): Target | undefined {
  const start = text.length - text.trimStart().length
  const [clause = ''] = text.slice(start, start + 400).split(/[,.](?!\p{N})|[;:!\n–—]/u, 1)
  const said = polarLead.exec(clause)?.[0] ?? clause
  const letter = wholeOption(said, item.known)
  if (letter === undefined) return undefined
  const isPolar = polar.has(wordsOf(clause)[0]?.word ?? '')
  const others = isPolar ? [] : mentions(wordsOf(text), item.known).filter(mention => mention.letter !== letter)
  return others.length > 0 ? undefined : at(letter, start, start + said.trimEnd().length)
}

/** "... the one that matches REF is Point C.": the last words of the text, after a form of "to be" or "so". */
function concluded(text: string, item: KnownItem): Target | undefined {
  const trimmed = text.trimEnd()
  const from = Math.max(0, trimmed.length - 200)
  const last = Array.from(trimmed.slice(from).matchAll(/\b(?:is|are|be|was|so|thus|hence|therefore),?\s/gi)).at(-1)
  // A text whose lines explain each letter does not end with a choice.
  const lines = new Set(
    Array.from(trimmed.matchAll(/^[^\S\n]{0,20}\(?([A-Z])\)?\s(?:is|shows|has)\b/gm), line => line[1]),
  )
  if (last === undefined || lines.size > 1) return undefined
  const begin = from + last.index
  if (
    uncertain.test(sentenceAround(trimmed, begin)) ||
    /\b(?:wrong|incorrect|least|not|(?:might|could|may)(?:\s+also)?\s*$)/i.test(clauseBefore(trimmed, begin))
  )
    return undefined
  const target = readTarget(trimmed, begin + last[0].length, item)
  return target?.kind === 'letter' && /^[)\]"'”’.!\s}]*$/.test(trimmed.slice(target.end)) ? target : undefined
}

/** "leather (C)": a text and a letter that make up the whole part. */
const textAndLetter = /^([^()\n]{1,300})\([^\S\n]{0,3}([A-Z])[^\S\n]{0,3}\)[^\p{L}\p{N}]{0,9}$/u

const inBrackets = new RegExp(`\\((?:${nouns}\\s{1,9})?([A-Z])\\)`, 'dgi')

/**
 * The only letter in brackets, `(B)` or `(option B)`, in the part or in its last paragraph. A letter that the item does
 * not have also counts as a letter.
 */
function bracketed(text: string, item: KnownItem): Target | undefined {
  const [, option, letter] = textAndLetter.exec(text.trimEnd().split('\n').at(-1)!) ?? []
  if (option !== undefined && ![undefined, letter].includes(wholeOption(option, item.known)))
    return {kind: 'ambiguous', start: 0, end: 0}
  const all = Array.from(text.matchAll(inBrackets), match => ({letter: match[1]!, start: match.indices![1]![0]}))
  const stated = all.filter(({letter, start}) => letter === letter.toUpperCase() && !denied(text, start - 1, start + 2))
  const paragraph = text.trimEnd().lastIndexOf('\n\n')
  for (const from of [0, paragraph]) {
    const [first, ...others] = stated.filter(({start}) => from !== -1 && start >= from)
    if (first === undefined || !item.letters.includes(first.letter)) continue
    if (others.every(({letter}) => letter === first.letter))
      return letterTarget(text.slice(first.start, first.start + 600), first.start, item)
  }
  return stated.some(({letter}) => item.letters.includes(letter)) ? {kind: 'ambiguous', start: 0, end: 0} : undefined
}

/** "Box A more accurately ...": after such a word `A` is not an article. */
const named = new RegExp(`\\b${nouns}\\s{1,9}$`, 'i')
/** Longer responses discuss the options, so a mention in them is not an answer. */
const longestPlainAnswer = 60

/** The only letter or option text that a short response mentions without denying it. */
function mentioned(text: string, item: KnownItem): Target | undefined {
  const words = wordsOf(text)
  if (words.length > longestPlainAnswer || uncertain.test(text) || opposed(text, item.options ?? [])) return undefined
  // Yes and no occur in too many sentences ("there is no doubt") to count unless they come first.
  const options = item.known.filter(option => !polar.has(option.words.join(' ')))
  const texts = mentions(words, options)
  const whole = texts.length > 0 ? texts : mentions(words, options, 'core')
  const covered = (offset: number) => texts.some(({span}) => offset >= span[0] && offset < span[1])
  const letters = Array.from(text.matchAll(freeLetter), match => ({
    letter: match[1]!,
    span: [match.index, match.index + 1] as const,
  })).filter(
    ({letter, span}) =>
      item.letters.includes(letter) &&
      !covered(span[0]) &&
      !/^\s{0,3}(?:[\^_]|=\s{0,3}[\\\d])/.test(text.slice(span[1], span[1] + 10)) &&
      !nameAfter.test(text.slice(span[1], span[1] + 3)) &&
      !nameBefore.test(text.slice(Math.max(0, span[0] - 20), span[0])) &&
      (named.test(text.slice(Math.max(0, span[0] - 20), span[0])) || !isArticle(text.slice(span[0], span[0] + 40))),
  )
  const open = [...whole, ...letters].filter(
    ({letter, span}) =>
      !denied(text, span[0], span[1]) &&
      !deniedByText(text, letter, span[1], item) &&
      !supposed.test(clauseBefore(text, span[0])) &&
      !asked(text, span[0]),
  )
  const [first] = open
  if (first === undefined) return undefined
  if (open.some(({letter}) => letter !== first.letter))
    return {kind: 'ambiguous', start: first.span[0], end: first.span[1]}
  return at(first.letter, first.span[0], first.span[1])
}

/** "B is lighter" of "A is darker", "B is darker". */
function opposed(text: string, options: readonly string[]): boolean {
  return opposites.some(
    ([theirs, opposite]) => opposite.test(text) && !theirs.test(text) && options.some(option => theirs.test(option)),
  )
}

/** "black" for "The color of the dog is black." */
function partOfOption(text: string, item: KnownItem): Target | undefined {
  const letter = containingOption(text, item.known)
  const start = text.length - text.trimStart().length
  return letter === undefined ? undefined : at(letter, start, text.trimEnd().length)
}

/** Whether the sentence around a place is a question: it begins as one, or is answered with no. */
function asked(text: string, offset: number): boolean {
  const after = text.slice(offset, offset + 200)
  const end = after.search(/[.!?？。\n]/)
  if (end === -1 || !/[?？]/.test(after[end]!)) return false
  const before = text.slice(Math.max(0, offset - 200), offset).split(/[.!?？。\n]/)
  return answeredNo.test(after.slice(end)) || asking.test(before.at(-1)! + after.slice(0, end))
}

function sentenceAround(text: string, offset: number): string {
  return text
    .slice(Math.max(0, offset - 120), offset + 60)
    .split(/[.!?\n]\s/)
    .at(-1)!
}
