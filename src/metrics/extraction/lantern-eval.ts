// Our own rule (`lantern-eval`): reads what a careful person reads, and never guesses. design/extraction.md argues its
// choices.
// Order: the last closed answer tag, else the visible text; in it the first rule that speaks decides, and a rule that
// finds several letters, or a letter beside another option's text, decides for "no answer".
import {
  announced,
  clauseBefore,
  isArticle,
  type KnownItem,
  letterTarget,
  lone,
  nouns,
  readTarget,
  type Target,
} from './declarations.js'
import type {Extractor, Reading} from './extractor.js'
import {containingOption, mentions, readOptions, wholeOption, wordsOf} from './option-text.js'
import type {Slice} from './python.js'
import {answerTags, plainText, visibleText, withoutMarkup} from './visible-text.js'

export const lanternEval: Extractor = item => {
  const known: KnownItem = {...item, known: readOptions(item.options, item.letters)}
  const visible = visibleText(item.text)
  const outside = answerTags(visible)
  if (outside.closed !== undefined) return read(outside.closed, known, 'answer-tag')
  // A tag inside a thought counts only where nothing is said outside: a model that closed its answer before it closed
  // its thought.
  const inside = visible.trim() === '' ? answerTags(plainText(item.text)).closed : undefined
  if (inside !== undefined) return read(inside, known, 'answer-tag')
  if (outside.open !== undefined) return read(outside.open, known, 'open-answer-tag')
  return read({text: visible, start: 0}, known, '')
}

function none(rule: string): Reading {
  return {answer: null, raw: null, rule, span: null}
}

/** Reads one part of the response; `within` names the tag or box it comes from. */
function read(part: Slice, item: KnownItem, within: string): Reading {
  const text = withoutMarkup(part.text)
  const named = (rule: string) => (within === '' ? rule : `${within}/${rule}`)
  if (text.trim() === '') return none(named('empty'))
  for (const [name, rule] of rules) {
    const target = rule(text, item)
    if (target === undefined) continue
    if (target.kind !== 'letter') return none(named(`${name}:${target.kind}`))
    const span = [part.start + target.start, part.start + target.end] as const
    return {answer: target.letter, raw: target.letter, rule: named(name), span}
  }
  return none(named('none'))
}

type Rule = (text: string, item: KnownItem) => Target | undefined

/** In this order; each sees the whole part and says nothing, a letter, or why there is none. */
const rules: readonly (readonly [name: string, rule: Rule])[] = [
  ['letter', wholeLetter],
  ['option-text', wholeText],
  ['boxed', boxed],
  ['declared', (text, item) => announced(text, item, 'strong')],
  ['leading-letter', leadingLetter],
  ['leading-option', leadingText],
  ['implied', (text, item) => announced(text, item, 'weak')],
  ['concluded', concluded],
  ['bracketed', bracketed],
  ['mentioned', mentioned],
  ['part-of-option', partOfOption],
]

const at = (letter: string, start: number, end: number): Target => ({kind: 'letter', letter, start, end})

function wholeLetter(text: string, item: KnownItem): Target | undefined {
  const match = new RegExp(
    `^[^\\p{L}\\p{N}]*(?:${nouns}\\s{1,9}[^\\p{L}\\p{N}]*)?([A-Za-z])[^\\p{L}\\p{N}]*$`,
    'diu',
  ).exec(text)
  if (match === null) return undefined
  const [start, end] = match.indices![1]!
  const letter = match[1]!.toUpperCase()
  return item.letters.includes(letter) ? at(letter, start, end) : {kind: 'foreign', start, end}
}

function wholeText(text: string, item: KnownItem): Target | undefined {
  const trimmed = text.trim()
  const same = (item.options ?? []).flatMap((option, index) => (option.trim() === trimmed ? [item.letters[index]] : []))
  const letter = same.length === 1 ? same[0] : wholeOption(text, item.known)
  const start = text.indexOf(trimmed)
  return letter === undefined ? undefined : at(letter, start, start + trimmed.length)
}

/** The last `\boxed{...}`: what it holds is the answer or there is none. */
function boxed(text: string, item: KnownItem): Target | undefined {
  const open = text.lastIndexOf('\\boxed{')
  if (open === -1) return undefined
  const start = open + '\\boxed{'.length
  const end = text.indexOf('}', start)
  const inner = text.slice(start, end === -1 ? undefined : end)
  const target = wholeLetter(inner, item) ?? wholeText(inner, item)
  if (target !== undefined) return {...target, start: start + target.start, end: start + target.end}
  return (
    readTarget(text.slice(0, start + inner.length), start, item) ?? {
      kind: 'ambiguous',
      start,
      end: start + inner.length,
    }
  )
}

const leading = new RegExp(`^[\\s"'“‘]{0,40}(?:${nouns}\\s{1,9})?[(\\[{"'“]{0,9}([A-Za-z])${lone}`, 'diu')
const lineLetter = /^[^\S\n]{0,20}["'([]{0,3}([A-Z])(?:[).:\]]|$)/gmu

/**
 * A letter with a bracket, a full stop, a colon, a comma, a dash or a line end after it at the very beginning: `B)
 * dog`, `(B) the left one`.
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
  // Lines that begin with several letters are a list of the options, not a choice among them.
  const listed = new Set(Array.from(text.matchAll(lineLetter), line => line[1]!))
  if (listed.size > 1) return undefined
  if (denied(text, start, end)) return undefined
  return letterTarget(text.slice(start, start + 600), start, item)
}

const polar = new Set(['yes', 'no', 'true', 'false'])

/** An option text before the first mark of punctuation: "No, the car is not beneath the cat." */
function leadingText(text: string, item: KnownItem): Target | undefined {
  const start = text.length - text.trimStart().length
  const [clause = ''] = text.slice(start, start + 400).split(/[,.](?!\p{N})|[;:!\n–—]/u, 1)
  const letter = wholeOption(clause, item.known)
  if (letter === undefined) return undefined
  const isPolar = polar.has(wordsOf(clause)[0]?.word ?? '')
  const others = isPolar ? [] : mentions(wordsOf(text), item.known).filter(mention => mention.letter !== letter)
  return others.length > 0 ? undefined : at(letter, start, start + clause.trimEnd().length)
}

/** "... the one that matches REF is Point C.": the last words of the text, after a form of "to be". */
function concluded(text: string, item: KnownItem): Target | undefined {
  const trimmed = text.trimEnd()
  const from = Math.max(0, trimmed.length - 200)
  const last = Array.from(trimmed.slice(from).matchAll(/\b(?:is|are|be|was)\s/gi)).at(-1)
  if (last === undefined) return undefined
  const begin = from + last.index
  if (
    uncertain.test(sentenceAround(trimmed, begin)) ||
    /\b(?:wrong|incorrect|least|not)\b/i.test(clauseBefore(trimmed, begin))
  )
    return undefined
  const target = readTarget(trimmed, begin + last[0].length, item)
  return target?.kind === 'letter' && /^[)\]"'”’.!\s}]*$/.test(trimmed.slice(target.end)) ? target : undefined
}

const inBrackets = new RegExp(`\\((?:${nouns}\\s{1,9})?([A-Z])\\)`, 'dgi')

/**
 * The only letter in brackets, `(B)` or `(option B)`, of the part or of its last paragraph. One that the item has not
 * counts as another.
 */
function bracketed(text: string, item: KnownItem): Target | undefined {
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

const uncertain =
  /\b(?:cannot|can['’]?t|can\s+not|unable|unclear|unsure|not\s+(?:sure|possible|enough|clear)|impossible|don['’]?t\s+know|sorry|insufficient|neither|none|no\s+way|difficult|hard\s+to)\b/i
const freeLetter = new RegExp(`(?<![\\p{sc=Latin}\\p{N}_'’.])([A-Z])${lone}`, 'gu')
/** "Box A more accurately ...": after such a word an `A` is no article. */
const named = new RegExp(`\\b${nouns}\\s{1,9}$`, 'i')
/** Longer responses discuss; what they mention is no answer. */
const longestPlainAnswer = 60

/** The only letter or option text that a short response mentions without denying it. */
function mentioned(text: string, item: KnownItem): Target | undefined {
  const words = wordsOf(text)
  if (words.length > longestPlainAnswer || uncertain.test(text)) return undefined
  // Yes and no stand in too many sentences ("there is no doubt") to count where they do not lead.
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
      (named.test(text.slice(Math.max(0, span[0] - 20), span[0])) || !isArticle(text.slice(span[0], span[0] + 40))),
  )
  const open = [...whole, ...letters].filter(({span}) => !denied(text, span[0], span[1]))
  const [first] = open
  if (first === undefined) return undefined
  if (open.some(({letter}) => letter !== first.letter))
    return {kind: 'ambiguous', start: first.span[0], end: first.span[1]}
  return at(first.letter, first.span[0], first.span[1])
}

/** "black" for "The color of the dog is black." */
function partOfOption(text: string, item: KnownItem): Target | undefined {
  const letter = containingOption(text, item.known)
  const start = text.length - text.trimStart().length
  return letter === undefined ? undefined : at(letter, start, text.trimEnd().length)
}

const deniedBefore =
  /\b(?:not|never|neither|nor|no|without|than|instead\s+of|rather\s+than|unlike|except|compared\s+(?:to|with)|(?:is|are|was|does|do|did|would|could)n['’]t)\s+(?:[\p{L}'’]+\s+){0,2}["'“(]?$/iu
const deniedAfter =
  /^["'”)\]]{0,2}\s*(?:(?:is|are|was|looks|seems|can\s+be|would\s+be)\s+)?(?:clearly\s+)?(?:not\b|wrong|incorrect|false|ruled\s+out|eliminated|excluded|unlikely|(?:is|are|was|does|do)n['’]t)/i

/** True if the clause around a place denies what stands there: "not A", "closer than B", "C is wrong". */
function denied(text: string, start: number, end: number): boolean {
  return deniedBefore.test(clauseBefore(text, start)) || deniedAfter.test(text.slice(end, end + 60))
}

function sentenceAround(text: string, offset: number): string {
  return text
    .slice(Math.max(0, offset - 120), offset + 60)
    .split(/[.!?\n]\s/)
    .at(-1)!
}
