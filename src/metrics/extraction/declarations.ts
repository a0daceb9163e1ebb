// Declared answers, for our own rule: the phrases that announce one, and what may stand after them.
import type {Item} from './extractor.js'
import {leadingOption, type OptionWords, wholeOption} from './option-text.js'

/**
 * A letter, or that what stands there is several letters, a letter against another option's text, or a letter the item
 * has not.
 */
export type Target =
  | {readonly kind: 'letter'; readonly letter: string; readonly start: number; readonly end: number}
  | {readonly kind: 'ambiguous' | 'foreign'; readonly start: number; readonly end: number}

/** An item with its options read once. */
export interface KnownItem extends Item {
  readonly known: readonly OptionWords[]
}

const noun = '(?:answer|choice|option|selection|letter)'
const be =
  '(?:is|was|would\\s{1,9}be|should\\s{1,9}be|must\\s{1,9}be|has\\s{1,9}to\\s{1,9}be|will\\s{1,9}be|seems\\s{1,9}to\\s{1,9}be|appears\\s{1,9}to\\s{1,9}be|remains)'
const right = '(?:correct|right|best|closest|true|most\\s{1,9}[a-z]{2,20})'

/**
 * Phrases that announce the answer: strong ones beat weak ones, and among equals the last one counts. All ignore case.
 */
const cues: readonly (readonly [strength: 'strong' | 'weak', name: string, pattern: string])[] = [
  ['strong', 'answer-is', `\\b${noun}(?:\\s{1,9}[^\\s.!?:]{1,20}){0,6}?\\s{1,9}${be}\\b(?![^\\S\\n]{0,9}n[o']t)`],
  [
    'strong',
    'answer-colon',
    `\\b(?:${noun}|conclusion|final|verdict|prediction)["'”’)\\]]{0,2}\\s{0,9}(?:[:=→]|[-–—]{1,2}>?\\s)`,
  ],
  ['strong', 'answer-heading', `(?:^|\\n)[^\\S\\n]{0,9}(?:final|correct|my|the)?[^\\S\\n]{0,9}answer[^\\S\\n]{0,9}\\n`],
  ['strong', 'right-one-is', `\\b${right}\\s{1,9}(?:[a-z]{1,20}\\s{1,9}){0,4}?${be}\\b`],
  [
    'strong',
    'i-choose',
    `\\b(?:i|we)(?:\\s{1,9}(?:would|will|shall|must|can|have\\s{1,9}to)|['’](?:d|ll))?\\s{1,9}(?:choose|chose|select|pick|say|answer|guess|conclude|vote\\s{1,9}for|opt\\s{1,9}for|go\\s{1,9}(?:with|for))\\b`,
  ],
  [
    'strong',
    'chinese',
    '(?:答案|正确选项|正确答案)(?:应该|应当|应)?(?:是|为|選|选|[:：])|(?:应该|应当|因此|所以|我)?[选選](?![项項])(?:择|擇)?',
  ],
  ['strong', 'korean', '(?:정답은|정답:|답은|답:)'],
  ['strong', 'japanese', '(?:答えは|正解は|答え:|正解:)'],
  [
    'strong',
    'european',
    '\\b(?:respuesta|resposta|risposta|réponse|antwort|lösung|ответ)(?:\\s{1,9}(?:correcta|correta|corretta|correcte))?\\s{0,9}(?:es|é|è|est|ist|lautet|[:–—-])',
  ],
  ['weak', 'it-is', `\\b(?:it|that|this|which)(?:\\s{1,9}${be}|['’]s)\\b`],
  ['weak', 'would-be', '\\b(?:would|should|must)\\s{1,9}(?:likely\\s{1,9}|probably\\s{1,9})?be\\b'],
  [
    'weak',
    'so',
    '(?:^|[.!?,;\\n]\\s{0,9})(?:and\\s{1,9})?(?:so|thus|therefore|hence|consequently|overall|in\\s{1,9}conclusion)\\b,?',
  ],
]
const cuePatterns = cues.map(([strength, , pattern]) => ({strength, pattern: new RegExp(pattern, 'giu')}))

/** Before a phrase in its clause, these words take the announcement back. */
const retracted =
  /\b(?:if|whether|cannot|can['’]?t|couldn['’]?t|unable|unsure|unclear|doubt|why|suppose|assuming|unless|not|don['’]t|doesn['’]t|isn['’]t|wouldn['’]t|wrong|incorrect|false|least|worst|unlikely|other)\b/i
const clauseEnd = /[.!?,;:\n]|\bbut\b|\bhowever\b/gi

/** What may stand between a phrase and its letter. */
const lead = /^(?:[\s"'“”‘’({[<$:=>–—→-]|\\(?:text|textbf|mathrm|mathbf|boxed)\{){0,40}/
const filler =
  /^(?:(?:most\s{1,9})?(?:likely|probably|clearly|definitely|therefore|thus|simply|indeed|actually|obviously|certainly|surely|that|for)[,:]?\s{1,9}){0,3}/i
const denial = /^(?:not|neither|none|nothing|no\s+longer|unclear|unknown)\b/i
export const nouns =
  '(?:options?|choices?|letters?|answers?|points?|box|boxes|figures?|images?|pictures?|regions?|circles?|statements?|candidates?|items?|labels?)'
const nounBefore = new RegExp(`^(?:the\\s{1,9})?(?:correct\\s{1,9})?${nouns}\\s{1,9}["'“”‘’({[]{0,3}`, 'i')
/**
 * A letter of its own: no letter of the Latin script, digit or apostrophe beside it; scripts without spaces may adjoin.
 */
export const lone = "(?![\\p{sc=Latin}\\p{N}_]|['’]\\p{L}|\\.\\p{sc=Latin})"
const letterHere = new RegExp(`^([A-Za-z])${lone}`, 'u')

/** Words that follow a letter as a name (`A is closer`, `I because`), never the article or the pronoun. */
const verbs = new Set(
  `is are was were has have had does because since as and or but than then so which that in on at of to for with from by
   looks seems appears shows matches corresponds contains depicts displays represents fits completes while whereas instead`.split(
    /\s+/,
  ),
)

/** True if a letter at the beginning of the text is the article `a` or the pronoun `I`. */
export function isArticle(text: string): boolean {
  const word = /^[AaIi][^\S\n]{1,9}(\p{L}[\p{L}'’]*)/u.exec(text)?.[1]
  return word !== undefined && (/^i/i.test(text) || !verbs.has(word.toLowerCase()))
}

/** Another letter joined to one before it: `A or B`, `A/B`, `(A) and (B)`, `A, B`. */
const joined = new RegExp(
  `^["'”’)\\]}.]{0,3}\\s{0,9}(?:(?:or|and|&|/|vs\\.?|versus|nor)\\s{0,9}(?:${nouns}\\s{1,9})?["'“(\\[{]{0,2}([A-Za-z])${lone}|,\\s{0,9}["'“(\\[{]{0,2}([A-Z])(?=["'”)\\]}]{0,2}(?:[,.;\\n]|\\s{1,9}(?:or|and)\\b|\\s*$)))`,
  'u',
)

/** What stands at an offset, where a letter or (with `texts`) an option text is expected. */
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

/** The letter at the beginning of `here`, held against what follows it. */
export function letterTarget(here: string, start: number, item: KnownItem): Target | undefined {
  const written = here[0]!
  const after = here.slice(1)
  const letter = written.toUpperCase()
  if (isArticle(here)) return undefined
  const place = {start, end: start + 1}
  if (!item.letters.includes(letter)) return written === letter ? {kind: 'foreign', ...place} : undefined
  const match = joined.exec(after)
  const second = match?.[1] ?? match?.[2]
  const secondAt = match === null ? 0 : match[0].lastIndexOf(second!)
  if (
    second !== undefined &&
    (second !== second.toLowerCase() || written === written.toLowerCase() || /[([{]/.test(after[secondAt - 1] ?? ''))
  )
    if (
      second.toUpperCase() !== letter &&
      item.letters.includes(second.toUpperCase()) &&
      !isArticle(after.slice(secondAt))
    )
      return {kind: 'ambiguous', ...place}
  return {kind: agrees(after, letter, item) ? 'letter' : 'ambiguous', letter, ...place}
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

/** Of the announcements of a text only so many of the last are looked at, lest a text of nothing else takes minutes. */
const mostAnnouncements = 100

/**
 * What the last announcement of the given strength announces: a strong one a letter or an option text, a weak one a
 * letter. One that is taken back ("if the answer is A"), or that is followed by neither a letter nor an option text,
 * does not count.
 */
export function announced(text: string, item: KnownItem, strength: 'strong' | 'weak'): Target | undefined {
  const found = cuePatterns
    .filter(cue => cue.strength === strength)
    .flatMap(({pattern}) =>
      Array.from(text.matchAll(pattern), match => ({at: match.index, to: match.index + match[0].length})),
    )
    .concat(
      strength === 'strong' ? Array.from(text.matchAll(verdict), match => ({at: match.index, to: match.index})) : [],
    )
    .sort((a, b) => b.at - a.at || b.to - a.to)
  for (const {at, to} of found.slice(0, mostAnnouncements)) {
    const target = retracted.test(clauseBefore(text, at))
      ? undefined
      : readTarget(text, to, item, strength === 'strong')
    if (target !== undefined && (strength === 'strong' || target.kind !== 'foreign')) return target
  }
  return undefined
}

/** The clause that a phrase stands in, up to the phrase. */
export function clauseBefore(text: string, at: number): string {
  return text
    .slice(Math.max(0, at - 80), at)
    .split(clauseEnd)
    .at(-1)!
}
