// Files of separated values (csv, tsv) with a header line, record by record.
import {isUtf8} from 'node:buffer'
import {LanternError} from '../../core/errors.js'
import {limits} from '../../core/limits.js'
import {ByteWindow} from './byte-window.js'
import {type LongCell, longTextBytes} from './long-cell.js'
import {type Cell, type SplitRow, splitRow} from './split-row.js'
import {pickColumns, type TextFile, type TextRecord, type WantedColumns} from './text-file.js'
import {textAt, unwritten, type Written} from './written-text.js'

const separators = {',': 'commas', ';': 'semicolons', '\t': 'tabs'} as const
type Separator = keyof typeof separators

/**
 * Opens a file with a header line. The separator of a csv file is recognised by its first two rows.
 * Throws `bad-file` for a file that has no header, is not UTF-8 text, or whose separator is not clear.
 */
export async function separatedFile(path: string, name: string, format: 'csv' | 'tsv'): Promise<TextFile> {
  const {separator, columns} = await headerOf(path, name, format)
  const where: TextFile['where'] = ({number, line}) =>
    line === number ? `${name}:${line}` : `${name}:${line} (row ${number})`
  return {
    header: columns,
    where,
    scan: window => scanRows(window, separator),
    parse: (record, wanted) => parseRow(record, {path, where: where(record), columns, separator, wanted}),
  }
}

/** Every row after the header that is not empty. Rows count as a spreadsheet counts them: the header is the first. */
async function* scanRows(window: ByteWindow, separator: number): AsyncGenerator<TextRecord> {
  let line = 1
  for (let number = 1; ; number++) {
    const row = await nextRow(window, separator)
    if (row === undefined) return
    const bytes = window.bytes.subarray(0, row.next)
    if (number > 1 && !isEmpty(row)) yield {bytes, offset: window.offset, number, line, complete: row.closed}
    line += lineFeedsOf(bytes, row)
    window.drop(row.next)
  }
}

async function nextRow(window: ByteWindow, separator: number): Promise<SplitRow | undefined> {
  let row = splitRow(window.bytes, 0, false, separator)
  while (row === undefined && (await window.more())) row = splitRow(window.bytes, 0, false, separator)
  return row ?? (window.bytes.length === 0 ? undefined : splitRow(window.bytes, 0, true, separator))
}

/** Spreadsheets leave rows of separators behind. */
function isEmpty({cells, count}: SplitRow): boolean {
  return count <= limits.tableColumns && cells.every(({start, end}) => start === end)
}

function lineFeedsOf(bytes: Buffer, {cells}: SplitRow): number {
  let count = 1
  for (const {start, end, quoted} of cells)
    if (quoted) for (let at = bytes.indexOf(10, start); at !== -1 && at < end; at = bytes.indexOf(10, at + 1)) count++
  return count
}

interface ParseOptions {
  readonly path: string
  readonly where: string
  readonly columns: readonly string[]
  readonly separator: number
  readonly wanted: WantedColumns
}

function parseRow(
  {bytes, offset}: TextRecord,
  {path, where, columns, separator, wanted}: ParseOptions,
): Readonly<Record<string, unknown>> | LanternError {
  const bad = (what: string, advice: string) => new LanternError('bad-file', `${where} ${what}.`, advice)
  const {cells, count, closed} = splitRow(bytes, 0, true, separator)!
  if (!closed) return bad('is incomplete: a quoted cell does not end', 'Fetch the file again.')
  if (count !== columns.length)
    return bad(
      `has ${count} cells instead of ${columns.length}`,
      `Put cells that hold ${separators[String.fromCharCode(separator) as Separator]} or line feeds in double quotes.`,
    )
  const taken: [string, unknown][] = []
  for (const [index, cell] of cells.entries()) {
    const column = columns[index]!
    if (column === '' || (wanted.columns !== undefined && !wanted.columns.has(column))) continue
    const value = cellValue(bytes, cell, {path, offset, whole: wanted.whole.has(column)})
    if (typeof value === 'string' && value.includes('\ufffd') && !isUtf8(bytes.subarray(cell.start, cell.end)))
      return bad(`is not UTF-8 text (column "${column}")`, 'Save the file as UTF-8.')
    taken.push([column, value])
  }
  return pickColumns(taken, wanted)
}

interface CellPlace {
  readonly path: string
  readonly offset: number
  readonly whole: boolean
}

function cellValue(bytes: Buffer, {start, end, quoted}: Cell, {path, offset, whole}: CellPlace): unknown {
  if (start === end) return null
  const written: Written = quoted ? 'doubled-quotes' : 'plain'
  if (whole || end - start <= longTextBytes) return unwritten(bytes.subarray(start, end), written).toString('utf8')
  return listIn(bytes, {start, end, quoted}, {path, offset}) ?? textAt(bytes, {path, offset, start, end, written})
}

const [space, singleQuote, doubleQuote, comma, openList, closeList, backslash] = [...' \'",[]\\'].map(sign =>
  sign.charCodeAt(0),
) as [number, number, number, number, number, number, number]

/** A longer list is taken for damage: an item takes more memory than its few bytes. */
const mostPictures = 10_000

/**
 * The items of a long cell that is a list literal, of JSON or of Python: `["...", "..."]`, `['...', '...']`; undefined
 * for any other cell. VLMEvalKit writes several pictures so.
 */
function listIn(
  bytes: Buffer,
  {start, end, quoted}: Cell,
  {path, offset}: Pick<CellPlace, 'path' | 'offset'>,
): (string | LongCell)[] | undefined {
  if (bytes[start] !== openList || bytes[end - 1] !== closeList) return undefined
  const items: (string | LongCell)[] = []
  const last = end - 1
  let at = start + 1
  const skipSpace = () => {
    while (at < last && bytes[at]! <= space) at++
  }
  for (skipSpace(); at < last; skipSpace()) {
    if (items.length === mostPictures) return undefined
    const mark = bytes[at]
    let from = at
    let to: number
    if (mark === singleQuote || mark === doubleQuote) {
      // Within a quoted cell a double quote is written twice.
      const width = quoted && mark === doubleQuote ? 2 : 1
      from = at + width
      to = bytes.indexOf(mark, from)
      while (to !== -1 && to < last && bytes[to - 1] === backslash) to = bytes.indexOf(mark, to + width)
      if (to === -1 || to >= last) return undefined
      at = to + width
      skipSpace()
      if (at < last && bytes[at] !== comma) return undefined
    } else {
      to = bytes.indexOf(comma, at)
      if (to === -1 || to > last) to = last
      at = to
      while (to > from && bytes[to - 1]! <= space) to--
    }
    if (from < to) items.push(textAt(bytes, {path, offset, start: from, end: to, written: 'json'}))
    at++
  }
  return items
}

interface Header {
  readonly separator: number
  readonly columns: readonly string[]
}

/** Enough of a file to see its header and the cells of one more row, unless those are pictures. */
async function headerOf(path: string, name: string, format: 'csv' | 'tsv'): Promise<Header> {
  const bad = (what: string, advice: string) => new LanternError('bad-file', `${name} ${what}.`, advice)
  const window = await ByteWindow.open(path)
  try {
    const start = window.bytes
    if (start.length === 0) throw bad('is empty', 'Give a file with a header line and rows.')
    if (['fffe', 'feff'].includes(start.toString('hex', 0, 2)) || start.subarray(0, start.indexOf(10) + 1).includes(0))
      throw bad('is not UTF-8 text', 'Save the file as UTF-8.')
    if (!start.includes(10) && start.includes(13))
      throw bad('ends its lines with carriage returns alone', 'Save it with line feeds.')
    const signs: readonly Separator[] = format === 'tsv' ? ['\t'] : [',', ';', '\t']
    const candidates: {sign: Separator; header: readonly string[]; second: number}[] = []
    for (const sign of signs) {
      const rows =
        splitRow(window.bytes, 0, window.ended, sign.charCodeAt(0)) ?? (await nextRow(window, sign.charCodeAt(0)))
      const second = rows && splitRow(window.bytes, rows.next, window.ended, sign.charCodeAt(0))
      candidates.push({sign, header: namesOf(window.bytes, rows?.cells ?? []), second: second?.count ?? 0})
    }
    const several = candidates.filter(({header}) => header.length > 1)
    if (several.length === 0)
      throw bad(
        `has one column, ${JSON.stringify(candidates[0]!.header[0]?.slice(0, 80) ?? '')}`,
        `Separate the cells with ${signs.map(sign => separators[sign]).join(', ')}.`,
      )
    const fitting = several.filter(({header, second}) => header.length === second)
    const [best, other] = (fitting.length > 0 ? fitting : several).sort((a, b) => b.header.length - a.header.length)
    if (other !== undefined && other.header.length === best!.header.length)
      throw bad(
        `may be separated by ${separators[best!.sign]} or by ${separators[other.sign]}`,
        'Put cells that hold the other sign in double quotes.',
      )
    const {sign, header} = best!
    const twice = header.find((column, index) => column !== '' && header.indexOf(column) !== index)
    if (twice !== undefined) throw bad(`has the column "${twice}" twice`, 'Name each column once.')
    if (header.length > limits.tableColumns)
      throw bad(`has more than ${limits.tableColumns} columns`, 'Remove those that are not needed.')
    return {separator: sign.charCodeAt(0), columns: header}
  } finally {
    await window.close()
  }
}

function namesOf(bytes: Buffer, cells: readonly Cell[]): string[] {
  const bare = (cell: Cell): string => {
    const text = bytes.toString('utf8', cell.start, cell.end)
    return cell.quoted ? text.replaceAll('""', '"') : text
  }
  return cells.map(bare).map(column => column.trim())
}
