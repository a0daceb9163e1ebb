// The right answer of a row: which option a cell names, or which texts an open question accepts. Pure. Nothing is
// guessed: a cell that fits two options, or none, is an error.
import {quantityIn} from '../../core/quantity.js'
import {letterOf} from '../../core/sample.js'
import {literalIn} from '../sources/list-literal.js'
import {isEmpty, isRecord, type Options, plainText, WrongCell} from './options.js'

/**
 * The letter of the option that a cell names: by its letter (`B`, `(b)`, `B.`), the data's own label, its text (case
 * and outer space free), letter and text together, or an index where `base` is the number of the first option. Null
 * where the answer is hidden (null, blank). Throws WrongCell.
 */
export function goldLetter(cell: unknown, {texts, labels}: Options, base: number | undefined): string | null {
  const value = only(cell)
  if (isEmpty(value)) return null
  const text = plainText(value)?.trim()
  if (text === undefined) throw new WrongCell('is no text')
  const whole = /^-?\d+(?:\.0+)?$/.test(text) ? Number(text) : undefined
  if (whole !== undefined && base !== undefined) {
    if (whole >= base && whole < base + texts.length) return letterOf(whole - base)
    throw new WrongCell(`is ${text}, which is no index of ${texts.length} options (answerIndex: ${base})`)
  }
  const found = new Map<string, string>()
  const add = (index: number, how: string) => {
    const letter = letterOf(index)
    if (index >= 0 && index < texts.length && !found.has(letter)) found.set(letter, how)
  }
  const letter = /^(?:\(([A-Za-z])\)|([A-Za-z])[.):]?)$/.exec(text)
  if (letter !== null) add(indexOf((letter[1] ?? letter[2])!), 'the letter')
  add(labels?.findIndex(label => folded(label) === folded(text)) ?? -1, 'the label of option')
  for (const [index, option] of texts.entries()) if (folded(option) === folded(text)) add(index, 'the text of option')
  const both = /^(?:\(([A-Za-z])\)|([A-Za-z])[.):])\s*(.+)$/s.exec(text)
  if (both !== null) {
    const index = indexOf((both[1] ?? both[2])!)
    if (folded(texts[index] ?? '') === folded(both[3]!)) add(index, 'letter and text of option')
  }
  if (found.size === 1) return found.keys().next().value!
  const shown = JSON.stringify(text.slice(0, 60))
  if (found.size > 1) {
    const readings = Array.from(found, ([one, how]) => `${how} ${one}`).join(' and ')
    throw new WrongCell(
      `is ${shown}, which is ${readings}`,
      'Write the letter of the option where texts are letters too.',
    )
  }
  throw new WrongCell(
    `is ${shown}, which is neither a letter nor the text of one of its ${texts.length} options`,
    whole === undefined
      ? undefined
      : 'If it is an index, say "answerIndex: 0" or "answerIndex: 1" in a definition; `lantern-eval bench init` writes one.',
  )
}

const indexOf = (letter: string) => letter.toUpperCase().charCodeAt(0) - 65

/** Equal texts are the same option: case and outer space say nothing. */
function folded(text: string): string {
  return text.normalize('NFC').trim().toLowerCase()
}

function only(cell: unknown): unknown {
  const list = typeof cell === 'string' && /^\s*[[(]/.test(cell) ? (literalIn(cell) ?? cell) : cell
  if (!Array.isArray(list)) return list
  if (list.length > 1) throw new WrongCell(`names ${list.length} options; one is right`)
  return list[0]
}

/**
 * The texts that an open question accepts; null where the answer is hidden. A list (in JSON or Python's way too)
 * accepts each of its texts; of VQA's `{"answer": ...}` the answer. Throws WrongCell, also for a text without
 * exactly one number where `numeric`.
 */
export function goldTexts(cell: unknown, numeric: boolean): string | readonly string[] | null {
  const literal = typeof cell === 'string' && /^\s*\[/.test(cell) ? literalIn(cell) : undefined
  const isTexts = Array.isArray(literal) && literal.every(item => typeof item === 'string')
  const value = isTexts ? literal : cell
  if (isEmpty(value)) return null
  const texts = (Array.isArray(value) ? value.filter(item => !isEmpty(item)) : [value]).map(acceptedText)
  const wrong = numeric ? texts.find(text => quantityIn(text) === null) : undefined
  if (wrong !== undefined) throw new WrongCell(`is ${JSON.stringify(wrong.slice(0, 60))}, which is not one number`)
  const distinct = [...new Set(texts)]
  return distinct.length === 1 ? distinct[0]! : distinct
}

function acceptedText(value: unknown): string {
  const text = plainText(isRecord(value) ? (value['answer'] ?? value['text']) : value)
  if (text === undefined) throw new WrongCell('is no text')
  return text
}
