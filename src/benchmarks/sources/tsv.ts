// Tab-separated files with pictures in their cells, row by row in bounded memory. Quoting as pandas writes it: a cell
// in double quotes may hold tabs, line feeds and doubled quotes; a quote inside an unquoted cell is an ordinary
// character.
// Faster than a general CSV parser on cells of megabytes, because separators are searched for in bytes (bench/tsv.ts
// compares).
import {createReadStream} from 'node:fs'
import {open} from 'node:fs/promises'
import {LanternError, messageOf} from '../../core/errors.js'

const [tab, lineFeed, carriageReturn, quote] = [9, 10, 13, 34]

/** The longest row that is read; a longer one means a quote that was never closed. */
const rowLimit = 256 * 2 ** 20

/** A cell's content between `start` and `end` (without its quotes), in bytes of the row's buffer. */
interface Cell {
  readonly start: number
  readonly end: number
  readonly quoted: boolean
}

/** A record. Keep the values read from it, not the row itself: it holds a chunk of the file. */
export interface TsvRow {
  /** Number of the record, from 0 for the one after the header. */
  readonly index: number
  /** The cell of a column as text, or undefined when the row has no such cell. */
  text(column: string): string | undefined
  /** The bytes of a cell (doubled quotes not undone) and their place in the file. */
  raw(column: string): {readonly bytes: Buffer; readonly offset: number} | undefined
}

/**
 * Every record of a TSV file with a header line, as a stream. A record with more or fewer cells than the header, or one
 * that the file truncates within quotes, is an error in its place. `name` is the name of the file in messages.
 */
export async function* tsvRows(
  path: string,
  name: string,
  chunkSize = 4 * 2 ** 20,
): AsyncGenerator<TsvRow | LanternError> {
  let header: Map<string, number> | undefined
  let index = 0
  for await (const {bytes, cells, offset, closed} of rawRows(path, chunkSize)) {
    if (!header) {
      header = new Map(cells.map((cell, column) => [cellText(bytes, cell), column]))
      continue
    }
    if (cells.length === 1 && cells[0]!.start === cells[0]!.end) continue
    const columns = header
    const at = (column: string): Cell | undefined => {
      const number = columns.get(column)
      return number === undefined ? undefined : cells[number]
    }
    const where = `${name}, row ${index}`
    if (!closed)
      yield new LanternError(
        'bad-file',
        `${where}, is incomplete: a quoted cell does not end.`,
        'Fetch the file again.',
      )
    else if (cells.length !== columns.size) {
      yield new LanternError(
        'bad-file',
        `${where}, has ${cells.length} cells instead of ${columns.size}.`,
        'Fetch the file again.',
      )
    } else {
      yield {
        index,
        text(column) {
          const cell = at(column)
          return cell && cellText(bytes, cell)
        },
        raw(column) {
          const cell = at(column)
          return cell && {bytes: bytes.subarray(cell.start, cell.end), offset: offset + cell.start}
        },
      }
    }
    index++
  }
}

/** The names of the columns, from the first row only. */
export async function tsvColumns(path: string): Promise<string[]> {
  for await (const {bytes, cells} of rawRows(path, 1 << 16)) return cells.map(cell => cellText(bytes, cell))
  return []
}

/** Bytes `[offset, offset + length)` of a file. Throws `bad-file` when it has become shorter. */
export async function readRange(path: string, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  const handle = await open(path).catch(error => {
    throw new LanternError(
      'bad-file',
      `${path} cannot be read: ${messageOf(error)}.`,
      'Check the file and its permissions.',
    )
  })
  try {
    for (let done = 0; done < length; ) {
      const {bytesRead} = await handle.read(bytes, done, length - done, offset + done)
      if (bytesRead === 0)
        throw new LanternError('bad-file', `${path} became shorter while it was read.`, 'Fetch the file again.')
      done += bytesRead
    }
  } finally {
    await handle.close()
  }
  return bytes
}

interface RawRow {
  readonly bytes: Buffer
  readonly offset: number
  readonly cells: readonly Cell[]
  /** False when the file ended inside quotes. */
  readonly closed: boolean
}

async function* rawRows(path: string, chunkSize: number): AsyncGenerator<RawRow> {
  let buffer: Buffer = Buffer.alloc(0)
  let offset = 0
  try {
    for await (const chunk of createReadStream(path, {highWaterMark: chunkSize}) as AsyncIterable<Buffer>) {
      buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk])
      if (offset === 0 && buffer.length > 2 && buffer.readUIntBE(0, 3) === 0xefbbbf) {
        buffer = buffer.subarray(3)
        offset = 3
      }
      let from = 0
      for (let row = splitRow(buffer, from, false); row; row = splitRow(buffer, from, false)) {
        yield {bytes: buffer, offset, cells: row.cells, closed: true}
        from = row.next
      }
      buffer = buffer.subarray(from)
      offset += from
      if (buffer.length > rowLimit) {
        yield {bytes: buffer, offset, cells: [], closed: false}
        return
      }
    }
  } catch (error) {
    throw new LanternError(
      'bad-file',
      `${path} cannot be read: ${messageOf(error)}.`,
      'Check the file and its permissions.',
    )
  }
  if (buffer.length === 0) return
  const last = splitRow(buffer, 0, true)!
  yield {bytes: buffer, offset, cells: last.cells, closed: last.closed}
}

/**
 * The cells of the row that starts at `from`, and the start of the next row; undefined when the row continues beyond
 * the buffer.
 * With `final`, the end of the buffer ends the row.
 */
export function splitRow(
  buffer: Buffer,
  from: number,
  final: boolean,
): {readonly cells: readonly Cell[]; readonly next: number; readonly closed: boolean} | undefined {
  const cells: Cell[] = []
  let nextLine = buffer.indexOf(lineFeed, from)
  if (nextLine === -1 && !final) return undefined
  for (let start = from; ; ) {
    const quoted = buffer[start] === quote
    let searched = start
    if (quoted) {
      const close = closingQuote(buffer, start + 1)
      if (close === -1)
        return final
          ? {cells: [...cells, {start: start + 1, end: buffer.length, quoted}], next: buffer.length, closed: false}
          : undefined
      searched = close + 1
      if (nextLine !== -1 && nextLine < searched) nextLine = buffer.indexOf(lineFeed, searched)
    }
    const nextTab = buffer.indexOf(tab, searched)
    const stop = Math.min(...[nextTab, nextLine].filter(at => at !== -1))
    // A quote at the end of the buffer may be the first half of a doubled one, so a row ends there only if the file
    // does.
    if (stop === Infinity && !final) return undefined
    const end = Math.min(stop, buffer.length)
    const contentEnd = end === nextLine && end > searched && buffer[end - 1] === carriageReturn ? end - 1 : end
    // Text after a closing quote belongs to the cell, as in pandas.
    cells.push(
      quoted
        ? {start: start + 1, end: contentEnd === searched ? searched - 1 : contentEnd, quoted}
        : {start, end: contentEnd, quoted},
    )
    if (stop === Infinity) return {cells, next: buffer.length, closed: true}
    if (stop === nextLine) return {cells, next: stop + 1, closed: true}
    start = stop + 1
  }
}

/** The quote that closes a cell (doubled ones are text), or -1. */
function closingQuote(buffer: Buffer, from: number): number {
  let at = buffer.indexOf(quote, from)
  while (at !== -1 && buffer[at + 1] === quote) at = buffer.indexOf(quote, at + 2)
  return at
}

function cellText(bytes: Buffer, {start, end, quoted}: Cell): string {
  const text = bytes.toString('utf8', start, end)
  return quoted ? text.replaceAll('""', '"') : text
}
