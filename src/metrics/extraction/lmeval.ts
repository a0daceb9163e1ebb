// lm-eval's extractor for MMMU (`lmeval_mmmu`), which many papers use. Source:
// EleutherAI/lm-evaluation-harness: lm_eval/tasks/mmmu/utils.py.
import {type Extractor, markers, reading} from './extractor.js'
import {stripEach, tokens} from './python.js'

export const lmevalMmmu: Extractor = item => {
  const bare = stripEach({text: item.text, start: 0}, ",.!?;:'")
  const padded = ` ${bare.text} `
  const lower = padded.toLowerCase()
  const candidates = (rule: string, form: (letter: string, index: number) => string | undefined, text = padded) => ({
    rule,
    found: item.letters.flatMap((letter, index) => {
      const wanted = form(letter, index)
      const position = wanted === undefined ? -1 : text.lastIndexOf(wanted)
      return position === -1 ? [] : [{letter, position, at: position + wanted!.indexOf(letter), length: wanted!.length}]
    }),
  })
  const inBrackets = candidates('bracketed-letter', letter => `(${letter})`)
  const between = candidates('lone-letter', letter => ` ${letter} `)
  const enoughWords = tokens({text: padded, start: 0}).length > 5
  const option = candidates(
    'option-text',
    (_, index) => (enoughWords ? item.options?.[index]?.toLowerCase() : undefined),
    lower,
  )
  for (const {rule, found} of [inBrackets, between, option]) {
    const [first, ...others] = found
    if (first === undefined) continue
    const last = others.reduce((best, next) => (next.position > best.position ? next : best), first)
    const offset = bare.start - 1
    if (rule !== 'option-text') return reading(item, last.letter, rule, [offset + last.at, offset + last.at + 1])
    // An option's own spaces may match the padding, which the response does not have.
    const within = (place: number) => Math.min(Math.max(0, offset + place), item.text.length)
    const span = [within(last.position), within(last.position + last.length)] as const
    return reading(item, last.letter, rule, lower.length === padded.length ? span : null)
  }
  return {answer: null, raw: markers.random, rule: 'random', span: null}
}
