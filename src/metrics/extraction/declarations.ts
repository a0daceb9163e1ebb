// Declared answers, for this project's own rule: the text after the phrases (cues.ts) that announce an answer.
import {cues, denial, deniedAfter, deniedBefore, nameAfter, refuted, retracted} from './cues.js'
import type {Item} from './extractor.js'
import {leadingOption, type OptionWords, wholeOption} from './option-text.js'

/**
 * Either one letter, or a conflict: several letters, a letter beside another option's text, or a letter that the item
 * does not have.
 */
export type Target =
  | {readonly kind: 'letter'; readonly letter: string; readonly start: number; readonly end: number}
  | {readonly kind: 'ambiguous' | 'foreign'; readonly start: number; readonly end: number}

/** An item with its options already parsed. */
export interface KnownItem extends Item {
  readonly known: readonly OptionWords[]
}

const clauseEnd = /[.!?,;:\n。、]|(?<!\b(?:any\w{0,5}|every\w{0,5}|all)\s(?:\w{1,12}\s)?)\bbut\b|\bhowever\b|而是/gi

/** What may stand between a phrase and its letter. */
const lead = /^(?:[\s"'“”‘’({[<$:=>–—→-]|\\(?:text|textbf|mathrm|mathbf|boxed)\{){0,40}/
const filler =
  /^(?:(?:most\s{1,9})?(?:likely|probably|clearly|definitely|therefore|thus|simply|indeed|actually|obviously|certainly|surely|that|for|la|le|el|die|der|das|de|het|opción|opcion|opção|opzione|alternativa|letra|lettre|lettera|buchstabe|вариант|буква|litera)[,:]?\s{1,9}){0,3}/i
export const nouns =
  '(?:options?|choices?|letters?|answers?|points?|box|boxes|figures?|images?|pictures?|regions?|circles?|statements?|candidates?|items?|labels?)'
const nounBefore = new RegExp(`^(?:the\\s{1,9})?(?:correct\\s{1,9})?${nouns}\\s{1,9}["'“”‘’({[]{0,3}`, 'i')
/**
 * A letter on its own: no Latin letter, digit or apostrophe beside it, except for the Turkish "is" (C'dir). Scripts
 * without spaces may adjoin.
 */
export const lone = "(?![\\p{sc=Latin}\\p{N}_]|['’](?!d[iıuü]r(?!\\p{L}))\\p{L}|\\.\\p{sc=Latin})"
const letterHere = new RegExp(`^([A-Za-z])${lone}`, 'u')

/** Words that follow a letter used as a name (`A is closer`, `I because`), never the article or the pronoun. */
const verbs = new Set(
  `is are was were has have had does because since as and or but than then so which that in on at of to for with from by
   if when unless looks seems appears shows matches corresponds contains depicts displays represents fits completes while whereas instead
   o ou oder und y et e mais`.split(/\s+/),
)

/** Whether a letter at the beginning of the text is the article `a` or the pronoun `I`. */
export function isArticle(text: string): boolean {
  const word = /^[AaIi][^\S\n]{1,9}([A-Za-z][\p{L}'’]*)/u.exec(text)?.[1]
  return word !== undefined && (/^i/i.test(text) || !verbs.has(word.toLowerCase()))
}

/** "Or" and "and" in other languages. */
const otherOr = 'oder|und|ou|et|o|y|e|или|и|lub|veya|ve|atau|hoặc|eller|或者?|还是|還是|和|与|及|、|か|または|또는'

/** Another letter joined to one before it: `A or B`, `A/B`, `(A) and (B)`, `A, B`. */
const joined = new RegExp(
  `^["'”’)\\]}.]{0,3}\\s{0,9}(?:(?:or|and|&|/|vs\\.?|versus|nor|${otherOr})\\s{0,9}(?:${nouns}\\s{1,9})?["'“(\\[{]{0,2}([A-Za-z])${lone}|,\\s{0,9}["'“(\\[{]{0,2}([A-Z])(?=["'”)\\]}]{0,2}(?:[,.;\\n]|\\s{1,9}(?:or|and)\\b|\\s*$)))`,
  'u',
)

/** What is at an offset where a letter or (with `texts`) an option text is expected. */
export function readTarget(text: string, at: number, item: KnownItem, texts = true): Target | undefined {
  const window = text.slice(at, at + 600)
  let skipped = lead.exec(window)![0].length
  skipped += filler.exec(window.slice(skipped))![0].length
  const here = window.slice(skipped)
  if (denial.test(here)) return undefined
  const start = at + skipped
  const letter = letterHere.exec(here)
  if (letter === null || /^.[^\S\n]+\S/u.test(here)) {
    const option = texts ? leadingOption(here, item.known) : undefined
    if (option !== undefined && option.span[0] === 0) return optionTarget(here, start, option, item)
  }
  if (letter !== null) return letterTarget(here, start, item)
  const named = nounBefore.exec(here)?.[0].length
  return named === undefined || !letterHere.test(here.slice(named))
    ? undefined
    : letterTarget(here.slice(named), start + named, item)
}

function optionTarget(
  here: string,
  start: number,
  option: {letter: string; span: readonly [number, number]},
  item: KnownItem,
): Target {
  const end = option.span[1]
  const or = /^["'”’)\].,]{0,3}\s{0,9}(?:or|and|\/)\s{1,9}/.exec(here.slice(end))
  const other = or === null ? undefined : leadingOption(here.slice(end + or[0].length), item.known)
  const kind = other !== undefined && other.span[0] === 0 && other.letter !== option.letter ? 'ambiguous' : 'letter'
  return {kind, letter: option.letter, start, end: start + end}
}

/** The letter at the beginning of `here`, checked against what follows it. */
export function letterTarget(here: string, start: number, item: KnownItem): Target | undefined {
  const written = here[0]!
  const after = here.slice(1)
  const letter = written.toUpperCase()
  if (isArticle(here)) return undefined
  const place = {start, end: start + 1}
  const own = nameAfter.test(after) ? undefined : optionNamed(written, item)
  if (!item.letters.includes(letter) && own === undefined)
    return written === letter ? {kind: 'foreign', ...place} : undefined
  const match = joined.exec(after)
  const second = match?.[1] ?? match?.[2]
  const secondAt = match === null ? 0 : match[0].lastIndexOf(second!)
  if (
    second !== undefined &&
    (second !== second.toLowerCase() || written === written.toLowerCase() || /[([{]/.test(after[secondAt - 1] ?? ''))
  )
    if (
      second.toUpperCase() !== letter &&
      (item.letters.includes(second.toUpperCase()) || optionNamed(second, item) !== undefined) &&
      !isArticle(after.slice(secondAt))
    )
      return {kind: 'ambiguous', ...place}
  if (own !== undefined) return {kind: 'letter', letter: own, ...place}
  return {kind: agrees(after, letter, item) ? 'letter' : 'ambiguous', letter, ...place}
}

/** "K" where exactly one option reads "K" and no letter of the item is K: the letter of that option. */
export function optionNamed(written: string, item: KnownItem): string | undefined {
  if (item.letters.includes(written.toUpperCase())) return undefined
  const [first, ...others] = (item.options ?? []).flatMap((option, index) =>
    option.trim() === written ? [item.letters[index]] : [],
  )
  return others.length === 0 ? first : undefined
}

/** False if the words right after a letter are exactly the text of another option: "(A) Point C". */
function agrees(after: string, letter: string, item: KnownItem): boolean {
  const text = after.replace(/^[\s)\].:,;"'”’}>–—-]{1,20}/, '')
  return [/[.!?;\n<)}]/, /[.!?;\n<)},]/].every(end => {
    const other = wholeOption(text.split(end, 1)[0]!, item.known)
    return other === undefined || other === letter
  })
}

/** "C is the correct answer." */
const verdict =
  /(?<![\p{sc=Latin}\p{N}_'’])([A-Z])[)\]"'”]{0,2}\s{1,9}is\s{1,9}(?:clearly\s{1,9}|therefore\s{1,9}|definitely\s{1,9})?(?:the\s{1,9})?(?:correct|right|best|answer|most\s{1,9}likely)\b/gu

/** Only this many of the last announcements of a text are read, which bounds the time on a text full of them. */
const mostAnnouncements = 100

/**
 * Reads the last announcement of the given strength. A strong one may announce a letter or an option text, a weak one
 * only a letter. An announcement does not count if it is retracted ("if the answer is A") or if neither a letter nor an
 * option text follows. With `what: 'letter'` only letters are read.
 */
export function announced(
  text: string,
  item: KnownItem,
  strength: 'strong' | 'weak',
  what: 'any' | 'letter' = 'any',
): Target | undefined {
  const found = cues
    .filter(cue => cue.strength === strength)
    .flatMap(({pattern, unless}) =>
      Array.from(text.matchAll(pattern), ({index, 0: match}) => ({
        at: index,
        to: index + match.length,
        takenBack: unless?.test(match) ?? false,
      })),
    )
    .concat(
      strength === 'strong'
        ? Array.from(text.matchAll(verdict), ({index}) => ({at: index, to: index, takenBack: false}))
        : [],
    )
    .sort((a, b) => b.at - a.at || b.to - a.to)
  for (const {at, to, takenBack} of found.slice(0, mostAnnouncements)) {
    if (takenBack || retracted.test(clauseBefore(text, at))) continue
    const target = readTarget(text, to, item, strength === 'strong' && what === 'any')
    if (target === undefined || refuted.test(text.slice(target.end, target.end + 60))) continue
    if (strength === 'strong' || target.kind !== 'foreign') return target
  }
  return undefined
}

/** The clause before a phrase, up to the phrase. */
export function clauseBefore(text: string, at: number): string {
  return text
    .slice(Math.max(0, at - 80), at)
    .split(clauseEnd)
    .at(-1)!
}

/** Whether the clause around a place denies it: "not A", "closer than B", "C is wrong". */
export function denied(text: string, start: number, end: number): boolean {
  return deniedBefore.test(clauseBefore(text, start)) || deniedAfter.test(text.slice(end, end + 60))
}

/** Whether a letter is followed by its own option text and that is denied: "A: rubber is wrong". */
export function deniedByText(text: string, letter: string, end: number, item: KnownItem): boolean {
  const rest = text.slice(end, end + 300)
  const gap = /^["'”)\]]{0,2}[:.)]{0,2}\s+/.exec(rest)?.[0].length
  if (gap === undefined) return false
  const option = leadingOption(rest.slice(gap), item.known)
  return option?.letter === letter && deniedAfter.test(rest.slice(gap + option.span[1], gap + option.span[1] + 60))
}
