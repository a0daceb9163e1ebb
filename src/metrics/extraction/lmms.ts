// lmms-eval's extractors for its BLINK and V* tasks (`lmms_blink`, `lmms_vstar`), and the removal of thoughts before
// each of them.
import {type Extractor, reading} from './extractor.js'
import {space, strip} from './python.js'

const reasoningTags = [
  ['<think>', '</think>'],
  ['<analysis>', '</analysis>'],
] as const

/** A text from which parts were cut, with the original offset of each of its characters. */
export interface Cut {
  readonly text: string
  /** Maps an offset in this text to the UTF-16 offset in the original text. */
  origin(offset: number): number
}

/** Source: EvolvingLMMs-Lab/lmms-eval: lmms_eval/api/reasoning.py, strip_reasoning_tags with the default tags. */
export function stripReasoningTags(whole: string): Cut {
  /** Offsets in the current text before which `removed` characters are missing, in the order of the cuts. */
  const cuts: {at: number; removed: number}[] = []
  let text = whole
  const cut = (from: number, to: number) => {
    if (to > from) cuts.push({at: from, removed: to - from})
    text = text.slice(0, from) + text.slice(to)
  }
  for (const [open, close] of reasoningTags) {
    // No start tag can begin before `from`: a cut can only create a new tag across the seam.
    for (let from = 0; ; ) {
      const start = text.indexOf(open, from)
      const end = start === -1 ? -1 : text.indexOf(close, start)
      if (end === -1) break
      cut(start, end + close.length)
      from = Math.max(0, start - open.length)
    }
    const last = text.includes(open) ? -1 : text.lastIndexOf(close)
    if (last !== -1) cut(0, last + close.length)
  }
  const stripped = strip({text, start: 0})
  return {
    text: stripped.text,
    origin: offset =>
      cuts.reduceRight(
        (position, {at, removed}) => (position >= at ? position + removed : position),
        offset + stripped.start,
      ),
  }
}

const firstLetter = new RegExp(`^[(${space}]*([A-Z])`, 'diu')

/**
 * The first letter of the response, even if it begins a word. Source: EvolvingLMMs-Lab/lmms-eval:
 * lmms_eval/tasks/blink/utils.py.
 */
export const lmmsBlink: Extractor = item => {
  const cut = stripReasoningTags(item.text)
  const match = firstLetter.exec(cut.text)
  if (match === null) return reading(item, '', 'none')
  const start = cut.origin(match.indices![1]![0])
  return reading(item, match[1]!.toUpperCase(), 'first-letter', [start, start + 1])
}

/**
 * Patterns for the upper-cased text, tried in this order. The letters are A to D whatever letters the item has, and the
 * first two patterns have no word boundary.
 */
const vstarPatterns = [
  ['leading-letter', `^([A-D])[${space}]*[.)\\]]*`],
  ['answer-phrase', `(?:THE[${space}]+)?(?:ANSWER|CHOICE|OPTION)(?:[${space}]+IS)?[${space}:]+([A-D])`],
  ['bracketed-letter', '\\(([A-D])\\)'],
  ['closed-letter', `([A-D])[${space}]*(?:\\.|\\)|])`],
  ['lone-letter', `(?:^|[${space}])([A-D])(?:[${space}]|$)`],
].map(([rule, pattern]) => ({rule: rule!, pattern: new RegExp(pattern!, 'd')}))

/** Source: EvolvingLMMs-Lab/lmms-eval: lmms_eval/tasks/vstar_bench/utils.py, extract_answer_letter. */
export const lmmsVstar: Extractor = item => {
  const cut = stripReasoningTags(item.text)
  const text = cut.text.toUpperCase()
  // Upper-casing may lengthen a text (ß); then offsets no longer match.
  const place = (start: number) =>
    text.length === cut.text.length ? ([cut.origin(start), cut.origin(start) + 1] as const) : null
  for (const {rule, pattern} of vstarPatterns) {
    const match = pattern.exec(text)
    if (match !== null) return reading(item, match[1]!, rule, place(match.indices![1]![0]))
  }
  const only = /^[^A-D]*([A-D])[^A-D]*$/d.exec(text)
  if (only !== null) return reading(item, only[1]!, 'only-letter', place(only.indices![1]![0]))
  return reading(item, null, 'none')
}
