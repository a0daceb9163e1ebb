// What a figure is: rows of data and a Vega-Lite specification that draws them. Both are written beside the picture, so
// that a reader can check it, restyle it or draw it anew.
import {printable} from '../../core/printable.js'

export type Datum = Readonly<Record<string, string | number | boolean | null>>

export interface Figure {
  /** File name without an ending: lower case, digits and `-`. Unique among the figures of a document. */
  readonly name: string
  readonly title: string
  /** What it shows in one or two sentences, for readers who do not see it. */
  readonly description: string
  readonly data: readonly Datum[]
  /** The Vega-Lite specification without its data, which it names `rows`, and without colours: a theme adds these. */
  readonly spec: Readonly<Record<string, unknown>>
}

/** The width of a figure in CSS pixels: the text of a page of A4 or letter paper. */
export const paperWidth = 624

/** Parts of a name joined and reduced to what every file system and every `id` takes. */
export function figureName(...parts: readonly string[]): string {
  const name = parts
    .join('-')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
  return name.slice(0, 80) || 'figure'
}

/** The figures with names that differ: a later one of the same name gets a number. */
export function withOwnNames(figures: readonly Figure[]): Figure[] {
  const taken = new Set<string>()
  return figures.map(figure => {
    let {name} = figure
    for (let k = 2; taken.has(name); k++) name = `${figure.name}-${k}`
    taken.add(name)
    return {...figure, name}
  })
}

/** Text from outside as one line of at most `length` characters. The middle is left out: both ends tell names apart. */
export function short(text: string, length: number): string {
  const letters = [...printable(text).replaceAll(/\s+/g, ' ')]
  if (letters.length <= length) return letters.join('')
  const head = Math.ceil((length - 1) / 2)
  return `${letters.slice(0, head).join('')}…${letters.slice(letters.length - (length - 1 - head)).join('')}`
}

/** A title as lines that fit into the width of a figure, broken between words. */
export function linesOf(title: string): string | string[] {
  const lines: string[] = []
  for (const word of title.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > titleLetters) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines.length === 1 ? title : lines
}

/** What a figure's width holds of a bold title. */
const titleLetters = 88

/** A label of two lines for an axis. Vega-Lite splits it by `twoLines`. */
export function twoLined(first: string, second: string): string {
  return `${first}\n${second}`
}

/** Splits labels made by `twoLined`, and centres them. */
export const twoLines = {labelExpr: "split(datum.label, '\\n')", labelOffset: -6} as const

/** An axis of shares in per cent. */
export const perCent = {format: '.0%', grid: true} as const
