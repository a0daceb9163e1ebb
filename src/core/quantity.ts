// The number that a text states, with what stands beside it. Pure. A text with two different numbers states none:
// nothing is guessed.

/** Numbers in words, in order from zero. */
export const smallNumbers =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen'.split(' ')

const scales: Readonly<Record<string, number>> = {thousand: 1e3, million: 1e6, billion: 1e9, trillion: 1e12}

export interface Quantity {
  readonly value: number
  /** A sign of money, else the word or sign after the number, in lower case; empty without. */
  readonly unit: string
}

const money = /^[$€£¥]$/

/** A number as one word: signs, thousands separated by commas, a fraction, an exponent, a unit. */
const numeral =
  /^([-+]?)([$€£¥]?)([-+]?)((?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:(?<=\d)e[-+]?\d+)?)(%|°[cf]?|[$€£¥]|\p{L}*)$/u

/**
 * The only number of a text: `1,234`, `1e3`, `12 %`, `-3`, `$5`, `5kg`, `about 2 million people`, `three`. Null where
 * there is none, where numbers differ, and where a word with digits is none that we read (`5-10`, `3/4`, `1,5`).
 */
export function quantityIn(text: string): Quantity | null {
  const words = text
    .normalize('NFKC')
    .replace(/[\u2212\u2012\u2013\uFE63\uFF0D]/g, '-')
    .toLowerCase()
    .replace(/[{}()[\]"'“”‘’*=\\<>|]/g, ' ')
    .split(/\s+/)
    .map(word => word.replace(/^[.,;:!?]+(?!\d)|[.,;:!?]+$/g, ''))
    .filter(word => word !== '')
  const found: Quantity[] = []
  for (const [index, word] of words.entries()) {
    if (!/\d/.test(word)) continue
    // B2, H2O: a name.
    if (/^\p{L}/u.test(word)) continue
    const match = numeral.exec(word)
    const before = words[index - 1] ?? ''
    if (match === null || !/\d/.test(match[4]!) || before === '-') return null
    const [, sign, coin, inner, digits, suffix] = match as unknown as string[]
    const next = words[index + 1] ?? ''
    const scaled = suffix === '' && Object.hasOwn(scales, next)
    const beside = scaled ? (words[index + 2] ?? '') : next
    const unit =
      coin ||
      (money.test(before) ? before : '') ||
      suffix ||
      (/^(?:%|°[cf]?|[$€£¥]|\p{L}+)$/u.test(beside) ? beside : '')
    const value = Number(`${sign}${inner}${digits!.replaceAll(',', '')}`) * (scaled ? scales[next]! : 1)
    if (!Number.isFinite(value)) return null
    found.push({value, unit})
  }
  if (found.length === 0)
    for (const word of words) if (smallNumbers.includes(word)) found.push({value: smallNumbers.indexOf(word), unit: ''})
  return found.length > 0 && found.every(({value}) => value === found[0]!.value) ? found[0]! : null
}
