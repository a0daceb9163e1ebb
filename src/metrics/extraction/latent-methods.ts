// The extractors of further latent-reasoning methods: Laser (`laser`), ReaLVR (`realvr`) and LaViT (`lavit`).
import {type Extractor, type Item, type Reading, reading, type Span} from './extractor.js'
import {given} from './lantern.js'
import {type Slice, space, strip, tokens, wordEnd, wordStart} from './python.js'

const aloneAmongLetters = /(?<![a-zA-Z])[A-Da-d](?![a-zA-Z])/

/**
 * Of the last ten words of the answer, the last that holds a letter A to D with no letter beside it; else the first
 * letter or digit. Source: ybb6/laser: evaluation/bench_func.py, accuracy_reward @ 204163e.
 */
export const laser: Extractor = item => {
  const part = given(item.text)
  for (const word of tokens(part).slice(-10).reverse()) {
    const match = aloneAmongLetters.exec(word.text)
    if (match !== null) return upper(item, match[0], 'last-lone-letter', word.start + match.index)
  }
  const first = /[a-zA-Z0-9]/.exec(part.text)
  if (first === null) return reading(item, '', 'none')
  return upper(item, first[0], 'first-character', part.start + first.index)
}

const openTag = /<answer>/iu
const closeTag = /<\/answer>/iu
const openedAnswer = new RegExp(`<answer>[${space}]*([^<\\n\\r]+)`, 'diu')
const nakedLetter = new RegExp(`^\\(?[A-Da-d]\\)?[.${space}]*$`, 'u')
/** `answer: X`, where the colon may stand behind white space. */
const namedAnswer = new RegExp(`(?:answer|option|choice)(?:[${space}]*[:：])?[${space}]*\\(?([A-Da-d])\\)?`, 'diu')
const loneLetter = new RegExp(`${wordStart}[A-Da-d]${wordEnd}`, 'u')

/**
 * The text in the first `<answer>`: a phrase is matched with the options, anything else is read by `normalised`.
 * Without a tag, "answer: X", then a lone letter. The original takes the options from its prompt; here they are those
 * of the item, written as BLINK's prompt writes them.
 * Source: xixiaouab/ReaLVR-code: eval/evaluate.py, extract_answer @ cc314b7.
 */
export const realvr: Extractor = item => {
  const {text} = item
  const opened = openedAnswer.exec(text)
  if (opened !== null) {
    const candidate = strip({text: opened[1]!, start: opened.indices![1]![0]})
    const isPhrase = candidate.text.replace(/[^A-Za-z0-9]/g, '').length > 1
    if (item.options !== null && isPhrase && !nakedLetter.test(candidate.text)) {
      const phrase = answerText(text)
      const letter = optionOf(phrase.text, item)
      if (letter !== null)
        return reading(item, letter, 'option-text', [phrase.start, phrase.start + phrase.text.length])
    }
    return normalised(item, candidate)
  }
  const named = namedAnswer.exec(text)
  if (named !== null) return upper(item, named[1]!, 'named-answer', named.indices![1]![0])
  const lone = loneLetter.exec(text)
  if (lone !== null) return upper(item, lone[0], 'lone-letter', lone.index)
  return reading(item, '', 'none')
}

/** A letter in brackets, else a lone one, else the first character. Source: the same file, normalize_option. */
function normalised(item: Item, {text, start}: Slice): Reading {
  const bracketed = /\(([a-zA-Z])\)/.exec(text)
  if (bracketed !== null) return upper(item, bracketed[1]!, 'bracketed-letter', start + bracketed.index + 1)
  const lone = loneLetter.exec(text)
  if (lone !== null) return upper(item, lone[0], 'lone-letter', start + lone.index)
  const [first] = text
  return first === undefined ? reading(item, '', 'none') : upper(item, first, 'first-character', start)
}

/** What stands in the first `<answer>`, closed or not. Source: the same file, extract_answer_text. */
function answerText(text: string): Slice {
  const open = openTag.exec(text)!
  const start = open.index + open[0].length
  const close = closeTag.exec(text.slice(start))
  if (close !== null) return strip({text: text.slice(start, start + close.index), start})
  const opened = openedAnswer.exec(text)!
  return strip({text: opened[1]!, start: opened.indices![1]![0]})
}

const optionInPrompt = new RegExp(
  `(?:^|\\n|[${space}])\\(?([A-D])[.)][${space}]*([^\\n]*?)(?=[${space}]+\\(?[A-D][.)][${space}]|\\n|$)`,
  'gu',
)

/** The only option whose text is, holds or is held by the phrase. Source: the same file, match_option_content. */
function optionOf(phrase: string, {options, letters}: Item): string | null {
  const folded = (text: string) => strip({text, start: 0}).text.toLowerCase().replace(/\.+$/, '')
  const content = folded(phrase)
  if (content === '') return null
  const prompt = options!.map((option, index) => `(${letters[index]}) ${option}`).join('\n')
  const listed = new Map(Array.from(prompt.matchAll(optionInPrompt), ([, letter, option]) => [letter!, option!]))
  const hits = [...listed].filter(([, option]) => {
    const own = folded(option)
    return own.includes(content) || content.includes(own)
  })
  return hits.length === 1 ? hits[0]![0] : null
}

/** Phrases before a letter, tried in this order; the last place of the first phrase that is found counts. */
const conclusions = [
  `answer(?:[${space}]*:)?[${space}]*([A-H])${wordEnd}`,
  `choice(?:[${space}]*:)?[${space}]*([A-H])${wordEnd}`,
  `conclusion(?:[${space}]*:)?[${space}]*([A-H])${wordEnd}`,
  `final[${space}]+answer(?:[${space}]*:)?[${space}]*([A-H])${wordEnd}`,
  null,
  `the[${space}]+correct[${space}]+answer[${space}]+is[${space}]+([A-H])${wordEnd}`,
  `([A-H])[${space}]+is[${space}]+the[${space}]+correct[${space}]+answer`,
].map(pattern => (pattern === null ? null : new RegExp(pattern, 'dgiu')))
const isLetter = new RegExp(`${wordStart}is[${space}]+([A-H])${wordEnd}`, 'diu')

/**
 * The last letter A to H in brackets; else the letter after the last phrase like "answer:"; else the last lone letter
 * that is not a small `a`. The original compares small letters.
 * Source: Svardfox/LaViT: evaluation/utils/answer_checker.py, extract_answer_letter @ 26bf182.
 */
export const lavit: Extractor = item => {
  const part = strip({text: item.text.replace(/<\|im_end\|>\n?$/, end => (end.endsWith('\n') ? '\n' : '')), start: 0})
  const at = (letter: string, rule: string, offset: number): Reading => {
    const start = part.start + offset
    const answer = letter.toUpperCase()
    const known = item.letters.includes(answer)
    return {answer: known ? answer : null, raw: letter.toLowerCase(), rule, span: [start, start + 1]}
  }
  const bracketed = [...part.text.matchAll(/\(([A-Ha-h])\)/g)].at(-1)
  if (bracketed) return at(bracketed[1]!, 'last-bracketed-letter', bracketed.index + 1)
  for (const pattern of conclusions) {
    const last = pattern === null ? lastTherefore(part.text) : lastOf(part.text, pattern)
    if (last !== null) return at(part.text[last]!, 'conclusion', last)
  }
  const lone = [...part.text.matchAll(new RegExp(`${wordStart}[A-Ha-h]${wordEnd}`, 'gu'))]
  const last = lone.filter(([letter]) => letter !== 'a').at(-1) ?? lone.at(-1)
  if (last) return at(last[0], 'last-lone-letter', last.index)
  const any = [...part.text].length < 10 ? /[A-H]/i.exec(part.text) : null
  if (any !== null) return at(any[0], 'first-letter', any.index)
  return reading(item, null, 'none')
}

/** Where the letter of the last match stands. */
function lastOf(text: string, pattern: RegExp): number | null {
  const last = [...text.matchAll(pattern)].at(-1)
  return last === undefined ? null : last.indices![1]![0]
}

/**
 * `therefore ... is X`, across lines. Written as a search from each "therefore" on: where one finds no letter, no later
 * one does.
 */
function lastTherefore(text: string): number | null {
  let found: number | null = null
  for (let from = 0; ; ) {
    const therefore = /therefore/iu.exec(text.slice(from))
    if (therefore === null) return found
    const rest = from + therefore.index + therefore[0].length
    // The character before `rest` decides whether a word begins there.
    const match = isLetter.exec(text.slice(rest - 1))
    if (match === null) return found
    found = rest - 1 + match.indices![1]![0]
    from = found + 1
  }
}

/** A letter read in either case, returned as a capital. */
function upper(item: Item, letter: string, rule: string, start: number): Reading {
  const span: Span = [start, start + letter.length]
  return reading(item, letter.toUpperCase(), rule, span)
}
