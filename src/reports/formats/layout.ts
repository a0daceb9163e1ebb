// Text for a terminal of a given width: wrapping, and tables without rules.
import Table from 'cli-table3'

/**
 * Wraps words, each line behind `indent`. A no-break space keeps words together; a word longer than the line is cut.
 */
export function wrap(text: string, width: number, indent = ''): string[] {
  const room = Math.max(10, width - indent.length)
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/[ \n\t]+/).flatMap(word => pieces(word, room))) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line)
      line = ''
    }
    line += (line === '' ? '' : ' ') + word
  }
  if (line !== '') lines.push(line)
  return lines.map(one => indent + one.replaceAll('\u00a0', ' '))
}

/** Wraps text behind a label; later lines are indented by its width. */
export function labelled(label: string, text: string, width: number): string[] {
  return wrap(text, width, ' '.repeat(label.length)).map((line, index) =>
    index === 0 ? label + line.slice(label.length) : line,
  )
}

/** Lays out facts in a row. Lines break after the dots between facts rather than inside a short fact. */
export function dotted(facts: readonly string[]): string {
  return facts.map(fact => (fact.length < 40 ? fact.replaceAll(' ', '\u00a0') : fact)).join('\u00a0· ')
}

/** Cuts a word into pieces that fit. A path is cut after a slash unless that would leave a short piece. */
function pieces(word: string, room: number): string[] {
  if (word.length <= room) return word === '' ? [] : [word]
  const slash = word.lastIndexOf('/', room - 1) + 1
  const cut = slash > room / 3 ? slash : room
  return [word.slice(0, cut), ...pieces(word.slice(cut), room)]
}

export interface Column {
  readonly head: string
  readonly align: 'left' | 'right'
}

/** A cell is lines of text; `style` is applied after the widths are known. */
export interface Cell {
  readonly lines: readonly string[]
  readonly style?: (text: string) => string
}

/** A line above or below a row of cells, over all columns except the first. */
export interface SpanningLine {
  readonly text: string
  readonly style: (text: string) => string
}

export type TableRow = readonly Cell[] | SpanningLine

const isSpanning = (row: TableRow): row is SpanningLine => 'text' in row

const gap = '  '

/** The width of a table with these columns, gaps included. */
export function widthOf(columns: readonly Column[], rows: readonly TableRow[]): number[] {
  return columns.map(({head}, c) =>
    Math.max(head.length, ...rows.flatMap(row => (isSpanning(row) ? [] : row[c]!.lines.map(line => line.length)))),
  )
}

/**
 * A table with only white space between columns. Spanning lines are wrapped to the width of the table or of the
 * terminal.
 */
export function plainTable(
  columns: readonly Column[],
  rows: readonly TableRow[],
  width: number,
  dim: (text: string) => string,
): string {
  const widths = widthOf(columns, rows)
  const none = ''
  const table = new Table({
    chars: {
      top: none,
      'top-mid': none,
      'top-left': none,
      'top-right': none,
      bottom: none,
      'bottom-mid': none,
      'bottom-left': none,
      'bottom-right': none,
      left: none,
      'left-mid': none,
      mid: none,
      'mid-mid': none,
      right: none,
      'right-mid': none,
      middle: gap,
    },
    style: {'padding-left': 0, 'padding-right': 0, head: [], border: []},
    colWidths: widths,
    colAligns: columns.map(({align}) => align),
    head: columns.map(({head}) => dim(head)),
  })
  const span = width - widths[0]! - gap.length
  const indent = ' '.repeat(widths[0]! + gap.length)
  const spanned = new Map<number, string[]>()
  let line = 1
  for (const row of rows) {
    if (isSpanning(row))
      spanned.set(line, [...(spanned.get(line) ?? []), ...wrap(row.text, span).map(one => row.style(indent + one))])
    else {
      const height = Math.max(...row.map(cell => cell.lines.length))
      table.push(row.map(({lines, style = (text: string) => text}) => lines.map(text => style(text)).join('\n')))
      line += height
    }
  }
  // Spanning lines are inserted afterwards, because a spanning cell would widen the columns it spans.
  return table
    .toString()
    .split('\n')
    .flatMap((text, index) => [...(spanned.get(index) ?? []), text.trimEnd()])
    .concat(spanned.get(line) ?? [])
    .join('\n')
}
