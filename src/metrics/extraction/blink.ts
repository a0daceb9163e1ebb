// How BLINK itself reads answers: saved predictions (`verbatim`) and raw responses (`blink_official`).
import {type Extractor, markers, type Reading} from './extractor.js'
import {type Slice, tokens} from './python.js'

/**
 * The whole text must be `(X)`: predictions are compared with the gold answer as strings, so `(C) Point C` is wrong.
 * Source: zeyofu/BLINK_Benchmark: eval/evaluate.py.
 */
export const verbatim: Extractor = ({text, letters}) => {
  const answer = letters.find(letter => text === `(${letter})`) ?? null
  return {answer, raw: text, rule: 'whole-text', span: answer === null ? null : [0, text.length]}
}

/**
 * A bare or bracketed letter A to E as the whole response, else the only bracketed letter of the item among the words
 * of the last paragraph or of the whole text; everything else goes to a judge. Source: zeyofu/BLINK_Benchmark:
 * eval/test_benchmark.py, analyze_answer.
 */
export const blinkOfficial: Extractor = ({text, letters}) => {
  const whole = /^(?:([A-E])|\(([A-E])\))$/.exec(text)
  const read = (letter: string, rule: string, start: number, end: number): Reading => ({
    answer: letters.includes(letter) ? letter : null,
    raw: `(${letter})`,
    rule,
    span: [start, end],
  })
  if (whole !== null) return read(whole[1] ?? whole[2]!, 'whole-response', 0, text.length)
  const bracketed = letters.map(letter => `(${letter})`)
  const distinct = (slice: Slice) => {
    const first = new Map<string, Slice>()
    for (const word of tokens(slice))
      if (bracketed.includes(word.text) && !first.has(word.text)) first.set(word.text, word)
    return [...first.values()]
  }
  const paragraph = text.lastIndexOf('\n\n')
  const from = paragraph === -1 ? 0 : paragraph + 2
  for (const [rule, words] of [
    ['last-paragraph', distinct({text: text.slice(from), start: from})],
    ['whole-text', distinct({text, start: 0})],
  ] as const) {
    const [only, ...others] = words
    if (only !== undefined && others.length === 0)
      return read(only.text.slice(1, -1), rule, only.start, only.start + only.text.length)
  }
  return {answer: null, raw: markers.judge, rule: 'judge', span: null}
}
