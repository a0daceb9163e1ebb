// Splits a row of separated values into cells. Quoting as pandas writes it: a cell in double quotes may hold
// separators, line feeds and doubled quotes; a quote inside an unquoted cell is an ordinary character. Separators are
// searched for in bytes, which is fast on cells of megabytes (bench/tsv.ts compares).
import {limits} from '../../core/limits.js'

const [lineFeed, carriageReturn, quote] = [10, 13, 34]

/** A cell's content between `start` and `end` (without its quotes), in bytes of the buffer. */
export interface Cell {
  readonly start: number
  readonly end: number
  readonly quoted: boolean
}

export interface SplitRow {
  /** At most limits.tableColumns of them. */
  readonly cells: readonly Cell[]
  /** Number of cells that there are. */
  readonly count: number
  /** Start of the next row. */
  readonly next: number
  /** False when the bytes end within quotes. */
  readonly closed: boolean
}

/**
 * The cells of the row that starts at `from`; undefined when the row continues beyond the buffer. With `final`, the end
 * of the buffer ends the row. `separator` is one byte.
 */
export function splitRow(buffer: Buffer, from: number, final: boolean, separator: number): SplitRow | undefined {
  const cells: Cell[] = []
  let count = 0
  const add = (cell: Cell) => {
    if (count++ < limits.tableColumns) cells.push(cell)
  }
  let nextLine = buffer.indexOf(lineFeed, from)
  if (nextLine === -1 && !final) return undefined
  for (let start = from; ; ) {
    const quoted = buffer[start] === quote
    let searched = start
    if (quoted) {
      const close = closingQuote(buffer, start + 1)
      if (close === -1) {
        if (!final) return undefined
        add({start: start + 1, end: buffer.length, quoted})
        return {cells, count, next: buffer.length, closed: false}
      }
      searched = close + 1
      if (nextLine !== -1 && nextLine < searched) nextLine = buffer.indexOf(lineFeed, searched)
    }
    const nextCell = buffer.indexOf(separator, searched)
    const stop = Math.min(...[nextCell, nextLine].filter(at => at !== -1))
    // A quote at the end of the buffer may be the first half of a doubled one, so a row ends there only if the file
    // does.
    if (stop === Infinity && !final) return undefined
    const end = Math.min(stop, buffer.length)
    const contentEnd = end === nextLine && end > searched && buffer[end - 1] === carriageReturn ? end - 1 : end
    // Text after a closing quote belongs to the cell, as in pandas.
    add(
      quoted
        ? {start: start + 1, end: contentEnd === searched ? searched - 1 : contentEnd, quoted}
        : {start, end: contentEnd, quoted},
    )
    if (stop === Infinity) return {cells, count, next: buffer.length, closed: true}
    if (stop === nextLine) return {cells, count, next: stop + 1, closed: true}
    start = stop + 1
  }
}

/** The quote that closes a cell (doubled ones are text), or -1. */
function closingQuote(buffer: Buffer, from: number): number {
  let at = buffer.indexOf(quote, from)
  while (at !== -1 && buffer[at + 1] === quote) at = buffer.indexOf(quote, at + 2)
  return at
}
