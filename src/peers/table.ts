// Tables from other programs, as rows of named cells: CSV and TSV as pandas and spreadsheets write them, and `.xlsx`.
import {createReadStream} from 'node:fs'
import {extname} from 'node:path'
import {messageOf} from '../core/errors.js'
import {limits} from '../core/limits.js'
import {badFile} from './peer.js'
import {sheetRows} from './xlsx.js'

const separators = new Map([
  ['.csv', ','],
  ['.tsv', '\t'],
])

/** Whether the name is that of a table. */
export function isTable(path: string): boolean {
  return separators.has(extname(path)) || extname(path) === '.xlsx'
}

export interface TableRow {
  /** `FILE, row N,`; the header is row 1. */
  readonly where: string
  readonly columns: readonly string[]
  /** Undefined for an empty cell (pandas writes nothing for a missing value) and for a column that does not exist. */
  cell(column: string): string | undefined
}

/** Names of the columns; reads no further than the first row. Throws `bad-file`. */
export async function tableColumns(path: string): Promise<readonly string[]> {
  for await (const cells of records(path)) return [...cells.values()]
  return []
}

/** Every row after the header, as a stream. Throws `bad-file` naming file and row. */
export async function* tableRows(path: string): AsyncGenerator<TableRow> {
  let columns: Map<string, number> | undefined
  for await (const {number, values} of numbered(path)) {
    if (columns === undefined) {
      columns = new Map([...values].reverse().map(([index, name]) => [name, index]))
      continue
    }
    const places = columns
    yield {
      where: `${path}, row ${number},`,
      columns: [...places.keys()],
      cell: column => values.get(places.get(column) ?? -1),
    }
  }
}

async function* records(path: string): AsyncGenerator<ReadonlyMap<number, string>> {
  for await (const {values} of numbered(path)) yield values
}

async function* numbered(path: string): AsyncGenerator<{number: number; values: ReadonlyMap<number, string>}> {
  if (extname(path) === '.xlsx') {
    for await (const {number, cells} of sheetRows(path)) yield {number, values: cells}
    return
  }
  const {parse} = await import('csv-parse')
  const parser = parse({
    ...{bom: true, delimiter: separators.get(extname(path))!, max_record_size: limits.csvRowBytes},
    ...{relax_column_count: true, relax_quotes: true, skip_empty_lines: true},
  })
  const file = createReadStream(path)
  file.on('error', error => parser.destroy(error))
  file.pipe(parser)
  let number = 0
  let width = 0
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      number++
      if (number === 1) width = cells.length
      else if (cells.length !== width)
        throw badFile(`${path}, row ${number},`, `has ${cells.length} cells instead of ${width}`)
      if (width > limits.tableColumns) throw new Error(`it has more than ${limits.tableColumns} cells`)
      yield {number, values: new Map([...cells.entries()].filter(([, text]) => text !== ''))}
    }
  } catch (error) {
    if (number > 0 && messageOf(error).startsWith(path)) throw error
    throw badFile(`${path}, row ${number + 1},`, `cannot be read: ${messageOf(error)}`)
  } finally {
    file.destroy()
  }
}
