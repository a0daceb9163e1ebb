// When two open answers say the same in other writing. The steps are those that the official scripts of VQA and SQuAD
// share, and what a careful person would also overlook; design/extraction.md lists each with its reason. Pure.
import {smallNumbers} from '../core/quantity.js'
import {withoutMarkup} from './extraction/visible-text.js'

const numerals: ReadonlyMap<string, string> = new Map([
  ...smallNumbers.map((word, value) => [word, String(value)] as [string, string]),
  ['none', '0'],
  ...'first second third fourth fifth sixth seventh eighth ninth tenth'
    .split(' ')
    .map((word, index) => [word, `${index + 1}${['st', 'nd', 'rd'][index] ?? 'th'}`] as [string, string]),
])

const articles: ReadonlySet<string> = new Set(['a', 'an', 'the'])

/** Units by what they are written as behind a number; the first of each line stands for all. */
const unitWritings = [
  'mm millimeter millimeters millimetre millimetres',
  'cm centimeter centimeters centimetre centimetres',
  'm meter meters metre metres',
  'km kilometer kilometers kilometre kilometres',
  'in inch inches',
  'ft foot feet',
  'mi mile miles',
  'mg milligram milligrams',
  'g gram grams',
  'kg kilogram kilograms kilo kilos',
  'lb lbs pound pounds',
  'oz ounce ounces',
  'ml milliliter milliliters millilitre millilitres',
  'l liter liters litre litres',
  'kb mb gb tb',
  'am',
  'pm',
  'mph',
  'hr hrs hour hours',
  'min mins minute minutes',
  'sec secs second seconds',
  'percent',
  'dollar dollars usd',
  'euro euros eur',
].map(line => line.split(' '))

/** Sizes of files are units, though no two of them are one. */
export const units: ReadonlyMap<string, string> = new Map(
  unitWritings.flatMap(names => names.map(name => [name, names[0] === 'kb' ? name : names[0]!] as const)),
)

const currencies: Readonly<Record<string, string>> = {$: 'dollar', '€': 'euro', '£': 'sterling', '¥': 'yen'}

/** A sharp behind a letter, which is part of a name (C#) and no heading of Markdown. */
const sharp = /(?<!\p{L})(\p{L})[#♯](?![\p{L}\p{N}#])/gu

/** Signs that change what an answer says, where they stand. */
const kept = /[-+$€£¥♯<>≤≥±√∞]/

/** A number and its unit written as one word: `5kg`. */
const joinedUnit = new RegExp(
  `(?<![\\p{L}\\p{N}])(\\p{N}+(?:[.,:]\\p{N}+)*)(${[...units.keys()].join('|')})(?!\\p{L})`,
  'gu',
)

/**
 * An answer without what does not change its meaning: equal texts say the same. Empty where nothing is left of it.
 * After GT-Vision-Lab/VQA: PythonEvaluationTools/vqaEvaluation/vqaEval.py and the evaluation script of SQuAD 1.1, in
 * their spirit and not to their letter.
 */
export function normalisedAnswer(text: string): string {
  const words = withoutAccents(withoutMarkup(text.normalize('NFKC').replace(sharp, '$1♯')).toLowerCase())
    .replace(/['’ʼ]/g, '')
    // Less than 5 is not 5; elsewhere these two are arrows and brackets.
    .replace(/(?<=^|\s)([<>])=(?=\s?\p{N})/gu, (_, sign: string) => (sign === '<' ? '≤' : '≥'))
    .replace(/(?<!^|\s)[<>]|[<>](?!\s?\p{N})/gu, ' ')
    // Initials: U.S.A., p.m.
    .replace(/(?<![\p{L}\p{N}])(?:\p{L}\.){2,}/gu, initials => initials.replaceAll('.', ''))
    .replace(/(?<=\p{N}),(?=\p{N}{3}(?!\p{N}))/gu, '')
    .replace(/[\p{Pd}−]/gu, '-')
    // A hyphen joins; only before a number that nothing stands in front of is it a minus.
    .replace(/(?<=[\p{L}\p{N}]\s?)-|-(?!\p{N})/gu, ' ')
    .replace(
      /([$€£¥])\s?(\p{N}+(?:[.,]\p{N}+)*)/gu,
      (_, sign: string, amount: string) => `${amount} ${currencies[sign]} `,
    )
    .replace(/(?<=\p{N})\s?([$€£¥])/gu, (_, sign: string) => ` ${currencies[sign]} `)
    .replace(/%|\bper cent\b/g, ' percent ')
    .replace(/°/g, ' degrees ')
    .replace(/(?<=\s)&(?=\s)/g, 'and')
    .replace(/(?<!\p{N})[^\p{L}\p{N}\p{M}]|[^\p{L}\p{N}\p{M}](?!\p{N})/gu, sign => (kept.test(sign) ? sign : ' '))
    .replace(/(?<=[<>≤≥±√])\s+(?=\p{N})/gu, '')
    .replace(joinedUnit, '$1 $2')
    .split(/\s+/)
    .filter(word => word !== '')
  return (
    words
      // An article stands before a word; the A of "vitamin A" does not.
      .filter((word, index) => !articles.has(word) || index === words.length - 1)
      .map((word, index, all) => {
        if (index > 0 && /^[-+]?\p{N}/u.test(numerals.get(all[index - 1]!) ?? all[index - 1]!)) {
          const unit = units.get(word)
          if (unit !== undefined) return unit
        }
        return numerals.get(word) ?? word
      })
      .join(' ')
      // "e-mail", "e mail" and "email" are one word; numbers keep their distance.
      .replace(/(?<=\p{L}) (?=\p{L})/gu, '')
  )
}

/** Latin letters without their accents; marks of other scripts are letters in their own right. */
function withoutAccents(text: string): string {
  return text
    .normalize('NFD')
    .replace(/(\p{Script=Latin})[\u0300-\u036F]+/gu, '$1')
    .normalize('NFC')
}
