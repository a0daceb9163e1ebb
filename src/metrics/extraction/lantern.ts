// The extractors of two latent-reasoning papers: LanteRn (`lantern_opts`, `lantern_noopts`) and LVR (`lvr`).
import {type Extractor, type Item, reading} from './extractor.js'
import {round, type Slice, space, strip, wordEnd, wordStart} from './python.js'

/** Text after the last `<answer>` (all of it if there is none), up to the next `</answer`, stripped. */
export function given(text: string): Slice {
  const tag = text.lastIndexOf('<answer>')
  const start = tag === -1 ? 0 : tag + '<answer>'.length
  const end = text.indexOf('</answer', start)
  return strip({text: text.slice(start, end === -1 ? undefined : end), start})
}

/** The first letter that stands alone, whatever its case; the `I` of "I think" is one. */
const aloneLetter = new RegExp(
  `(?:Answer:[${space}]*)?(?:\\(|${wordStart}(?=[A-Za-z]))([A-Za-z])(?:\\)|${wordEnd})`,
  'du',
)

/** Source: GuilhermeViveiros/LanteRn: src/utils.py, extract_mc_answer. */
function lantern(item: Item, options: readonly string[] | null) {
  const part = given(item.text)
  const match = aloneLetter.exec(part.text)
  if (match !== null) {
    const [start, end] = match.indices![1]!
    return reading(item, match[1]!, 'first-letter', [part.start + start, part.start + end])
  }
  const ratios = (options ?? []).map(option => fuzzRatio(part.text.toLowerCase(), option.toLowerCase()))
  const best = ratios.indexOf(Math.max(...ratios))
  if (best !== -1 && ratios[best]! > 90)
    return reading(item, item.letters[best] ?? null, 'similar-option', [part.start, part.start + part.text.length])
  return reading(item, null, 'none')
}

export const lanternOpts: Extractor = item => lantern(item, item.options)
export const lanternNoopts: Extractor = item => lantern(item, null)

/**
 * fuzzywuzzy's ratio over python-Levenshtein: 100 times twice the longest common subsequence, divided by the summed
 * lengths, rounded.
 * If the lengths alone keep the ratio at 90 or below, returns 0: only ratios above 90 count here, and the computation
 * is quadratic.
 */
function fuzzRatio(one: string, other: string): number {
  if (one === other) return 100
  if (2 * Math.min(one.length, other.length) < 0.8 * Math.max(one.length, other.length)) return 0
  const a = [...one]
  const b = [...other]
  const total = a.length + b.length
  if (round(100 * ((2 * Math.min(a.length, b.length)) / total)) <= 90) return 0
  return round(100 * ((2 * longestCommonSubsequence(a, b)) / total))
}

function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  let above = new Uint32Array(b.length + 1)
  for (const character of a) {
    const row = new Uint32Array(b.length + 1)
    for (let j = 1; j <= b.length; j++)
      row[j] = character === b[j - 1] ? above[j - 1]! + 1 : Math.max(above[j]!, row[j - 1]!)
    above = row
  }
  return above[b.length]!
}

/**
 * The first character of the response, whatever it is. Source: VincentLeebang/lvr: evaluation/evaluation.py,
 * accuracy_reward.
 */
export const lvr: Extractor = item => {
  const part = given(item.text)
  const [first = ''] = part.text
  return reading(item, first, 'first-character', first === '' ? null : [part.start, part.start + first.length])
}
