// The options of a cell, however a data set writes them: columns, lists, JSON, Python, dicts, lettered lines. Pure.
import {letterOf} from '../../core/sample.js'
import {literalIn} from '../sources/list-literal.js'

export interface Options {
  readonly texts: readonly string[]
  /** What the data call them where that is not A, B, ...: `1`, `2`. */
  readonly labels?: readonly string[]
}

/** Why a cell cannot be used, as the end of the sentence `items.jsonl:3: "options" ...`. */
export class WrongCell extends Error {
  constructor(
    what: string,
    readonly advice?: string,
  ) {
    super(what)
  }
}

/** A value as text: numbers and booleans as JSON writes them; undefined for null, lists and objects. */
export function plainText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? String(value)
    : undefined
}

/** Whether a cell holds nothing: null, blank text, an empty list or object. */
export function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true
  if (typeof value === 'string') return value.trim() === ''
  return Array.isArray(value) ? value.every(isEmpty) : isRecord(value) && Object.keys(value).length === 0
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}

/**
 * The options of one column for each; null where all are empty. Trailing empty cells are no options. Throws WrongCell
 * for a gap.
 */
export function optionsInColumns(cells: readonly {readonly column: string; readonly value: unknown}[]): Options | null {
  const filled = cells.map(({value}) => !isEmpty(value))
  const count = filled.lastIndexOf(true) + 1
  if (count === 0) return null
  const gap = filled.indexOf(false)
  if (gap !== -1 && gap < count)
    throw new WrongCell(`is empty, although "${cells[count - 1]!.column}" is not`, `Fill in "${cells[gap]!.column}".`)
  const there = cells.slice(0, count)
  const texts = unmarked(there.map(({value}) => textOf(value)))
  // `option2`: some answers name the column.
  const labels = there.map(({column}) => column)
  return labels.every(label => /^[A-Za-z]$/.test(label)) ? {texts} : {texts, labels}
}

/**
 * The options of a cell: a list, a list of {label, text}, {label: [...], text: [...]}, a dict by letter, each also as
 * JSON or as Python prints it, or lettered lines; null where it is empty. Throws WrongCell for anything else.
 */
export function optionsIn(value: unknown): Options | null {
  if (isEmpty(value)) return null
  if (Array.isArray(value)) return fromList(value)
  if (isRecord(value)) return fromRecord(value)
  if (typeof value !== 'string') throw new WrongCell('is neither a list nor text')
  const literal = literalIn(value)
  if (literal !== undefined) return optionsIn(literal)
  const lettered = letteredIn(value)
  if (lettered === null || lettered.before !== '')
    throw new WrongCell(
      'is neither a list, nor JSON, nor lettered lines',
      'Write a list like ["red", "blue"], or lines like "A. red".',
    )
  return lettered.options
}

function fromList(list: readonly unknown[]): Options | null {
  let count = list.length
  while (count > 0 && isEmpty(list[count - 1])) count--
  const items = list.slice(0, count)
  if (items.length === 0) return null
  if (!items.every(isRecord)) return {texts: unmarked(items.map(textOf))}
  const part = (names: readonly string[]) => {
    const name = names.find(one => items.every(item => plainText(item[one]) !== undefined))
    return name === undefined ? undefined : items.map(item => plainText(item[name])!)
  }
  const labels = part(['label', 'letter', 'key', 'id', 'option_id'])
  const texts = part(['text', 'value', 'content', 'option', 'answer', 'choice'])
  // [{"A": "red"}, {"B": "blue"}]
  if (texts === undefined && items.every(item => Object.keys(item).length === 1))
    return fromRecord(Object.assign({}, ...items))
  if (texts === undefined) throw new WrongCell('holds objects without a text')
  return labelled(labels, texts)
}

function fromRecord(record: Readonly<Record<string, unknown>>): Options {
  const lists = Object.entries(record).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]))
  if (lists.length > 0) {
    const list = (names: readonly string[]) => lists.find(([name]) => names.includes(name.toLowerCase()))?.[1]
    const texts = list(['text', 'texts', 'value', 'choices', 'options'])
    if (texts === undefined) throw new WrongCell('holds lists without a list "text"')
    return labelled(list(['label', 'labels', 'key', 'id'])?.map(textOf), texts.map(textOf))
  }
  const entries = Object.entries(record).filter(([, value]) => !isEmpty(value))
  const keys = entries.map(([key]) => key.trim().replace(/^\(?(\w+)[).:]?$/, '$1'))
  const lettered = keys.every(key => /^[A-Za-z]$/.test(key))
  if (!lettered && !keys.every(key => /^\d+$/.test(key)))
    throw new WrongCell(`has the keys ${keys.slice(0, 4).join(', ')}, which are neither letters nor numbers`)
  const order = lettered
    ? (a: string, b: string) => (a.toUpperCase() < b.toUpperCase() ? -1 : 1)
    : (a: string, b: string) => Number(a) - Number(b)
  const sorted = keys.map((key, index) => ({key, text: textOf(entries[index]![1])})).sort((a, b) => order(a.key, b.key))
  return labelled(
    sorted.map(({key}) => key),
    sorted.map(({text}) => text),
  )
}

/** Labels A, B, ... are those of the house already; a gap in them would move the options after it. */
function labelled(labels: readonly string[] | undefined, texts: readonly string[]): Options {
  if (labels === undefined) return {texts: unmarked(texts)}
  if (labels.length !== texts.length) throw new WrongCell(`has ${labels.length} labels for ${texts.length} options`)
  const bare = labels.map(label => label.trim().replace(/^\(?(\w+)[).:]?$/, '$1'))
  if (bare.every((label, index) => label.toUpperCase() === letterOf(index))) return {texts}
  if (bare.every(label => /^[A-Za-z]$/.test(label)))
    throw new WrongCell(`has the letters ${bare.join(', ')}, which are not A, B, ... in order`)
  if (new Set(bare).size < bare.length) throw new WrongCell('has a label twice')
  return {texts, labels: bare}
}

function textOf(value: unknown): string {
  const text = plainText(value)
  if (text === undefined)
    throw new WrongCell(isEmpty(value) ? 'holds an empty option' : 'holds an option that is not text')
  return text
}

/** Options that all begin with their own letter, `(A) red` or `A. red`, without it. */
function unmarked(texts: readonly string[]): readonly string[] {
  const parts = texts.map(text => markOf(text))
  const own = parts.every((part, index) => part !== null && part.label === letterOf(index) && part.text !== '')
  return own && texts.length > 1 ? parts.map(part => part!.text) : texts
}

interface Marked {
  /** As written: `A`, `a`, `1`. */
  readonly label: string
  readonly text: string
}

/** `(A) red`, `A. red`, `A) red`, `A: red`, and the same with `a` or a number. */
function markOf(line: string): Marked | null {
  const match = /^\s*(?:\(([A-Za-z]|\d{1,2})\)|([A-Za-z]|\d{1,2})[.):])(?:\s+([\s\S]*)|\s*)$/.exec(line)
  return match === null ? null : {label: (match[1] ?? match[2])!, text: (match[3] ?? '').trim()}
}

export interface Lettered {
  /** The text before the first option. */
  readonly before: string
  readonly options: Options
}

/** The labels that may begin a list, and what follows each. */
const series: Readonly<Record<string, (index: number) => string>> = {
  A: letterOf,
  a: index => letterOf(index).toLowerCase(),
  1: index => String(index + 1),
}

/** What data sets ask after the options. */
const instruction = /^\s*(?:please\b|answer\b|select\b|choose\b|respond\b|reply\b|end\b|output\b|only\b).*$/i

/** A text without the lines at its end that say how to answer: the mode says it. */
export function withoutInstruction(text: string): string {
  const lines = text.trimEnd().split(/\r?\n/)
  while (lines.length > 1 && (instruction.test(lines.at(-1)!) || lines.at(-1)!.trim() === '')) lines.pop()
  return lines.join('\n')
}

/**
 * The lettered options at the end of a text: lines `A. red`, or `(A) red (B) blue` in one line; null without at least
 * two. A line without the next letter continues the option before it.
 */
export function letteredIn(text: string): Lettered | null {
  return letteredLines(text) ?? letteredInLine(text)
}

function letteredLines(text: string): Lettered | null {
  const lines = text.split(/\r?\n/)
  for (const [first, line] of lines.entries()) {
    const label = series[markOf(line)?.label ?? '']
    if (label === undefined) continue
    const options: string[][] = []
    for (const one of lines.slice(first)) {
      const mark = markOf(one)
      if (mark !== null && mark.label === label(options.length)) options.push([mark.text])
      else options.at(-1)!.push(one)
    }
    if (options.length < 2) continue
    const texts = options.map(parts => parts.join('\n').trim())
    return {before: lines.slice(0, first).join('\n').trim(), options: named(label, texts)}
  }
  return null
}

/** Round brackets only: `A.` within a line may end a sentence. */
function letteredInLine(text: string): Lettered | null {
  for (const label of Object.values(series)) {
    const starts: {readonly mark: number; readonly text: number}[] = []
    for (;;) {
      const mark = `(${label(starts.length)})`
      const at = text.indexOf(mark, starts.at(-1)?.text ?? 0)
      if (at === -1 || (at > 0 && /[\p{L}\p{N}]/u.test(text[at - 1]!))) break
      starts.push({mark: at, text: at + mark.length})
    }
    if (starts.length < 2) continue
    const texts = starts.map(({text: from}, index) =>
      text
        .slice(from, starts[index + 1]?.mark)
        .trim()
        .replace(/[,;]$/, ''),
    )
    return {before: text.slice(0, starts[0]!.mark).trim(), options: named(label, texts)}
  }
  return null
}

function named(label: (index: number) => string, texts: readonly string[]): Options {
  return label === series['1'] ? {texts, labels: texts.map((_, index) => label(index))} : {texts}
}
