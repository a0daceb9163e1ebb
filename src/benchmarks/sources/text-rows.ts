// The rows of text files: streamed, and found again by the place that each had.
import {LanternError} from '../../core/errors.js'
import {ByteWindow, RangeReader} from './byte-window.js'
import type {FormatRows, References, TableRow, Wanted} from './table-rows.js'
import type {TextFile, TextRecord, WantedColumns} from './text-file.js'

export interface OpenText {
  readonly path: string
  readonly file: TextFile
}

/** The rows of files of one format, in their order. */
export function textRows(files: readonly OpenText[], references: References | undefined): FormatRows {
  const places = new Places()
  const known = references && new KnownCells(references)

  const rowOf = ({path, file}: OpenText, record: TextRecord, index: number, wanted: WantedColumns) => {
    const all = file.parse(record, known ? known.alsoNeeded(wanted) : wanted)
    const values = known && !(all instanceof LanternError) ? known.resolve(all, index, wanted) : all
    return values instanceof LanternError
      ? values
      : {where: file.where(record), index, number: record.number, path, values}
  }

  async function* rows(wanted: Wanted = {}): AsyncGenerator<TableRow | LanternError> {
    const columns = wantedOf(wanted)
    let index = 0
    for (const [number, open] of files.entries()) {
      const window = await ByteWindow.open(open.path)
      try {
        for await (const record of open.file.scan(window)) {
          if (record instanceof LanternError) yield record
          else {
            places.add(index, number, record)
            yield rowOf(open, record, index, columns)
            index++
          }
        }
      } finally {
        await window.close()
      }
    }
    places.complete = true
  }

  async function* read(indexes: Iterable<number>, wanted: Wanted = {}): AsyncGenerator<TableRow | LanternError> {
    const sorted = [...new Set(indexes)].sort((a, b) => a - b)
    const last = sorted.at(-1) ?? -1
    if (last >= places.count && !places.complete)
      for await (const row of rows({columns: []})) if (!(row instanceof LanternError) && row.index >= last) break
    const columns = wantedOf(wanted)
    let reader: RangeReader | undefined
    let opened: OpenText | undefined
    try {
      for (const index of sorted) {
        const place = places.at(index)
        if (place === undefined) continue
        const open = files[place.file]!
        if (reader === undefined || open !== opened) {
          await reader?.close()
          reader = undefined
          reader = await RangeReader.open(open.path)
          opened = open
        }
        const bytes = await reader.read(place.offset, place.length)
        yield rowOf(open, {...place, bytes, complete: true}, index, columns)
      }
    } finally {
      await reader?.close()
    }
  }

  const named = files[0]?.file.header === undefined ? undefined : [...new Set(files.flatMap(({file}) => file.header!))]
  return {named: named?.filter(column => column !== ''), rows, read}
}

function wantedOf({columns, whole = []}: Wanted): WantedColumns {
  return {columns: columns && new Set(columns), whole: new Set(whole)}
}

interface Place {
  readonly file: number
  readonly offset: number
  readonly length: number
  readonly number: number
  readonly line: number
}

const placeNumbers = 5

/** Where records lie: 40 bytes each, since a file may have millions. */
class Places {
  #numbers = new Float64Array(placeNumbers * 1024)
  count = 0
  /** Whether every record is known. */
  complete = false

  add(index: number, file: number, {offset, bytes, number, line}: TextRecord): void {
    if (index !== this.count) return
    const at = placeNumbers * this.count
    if (at === this.#numbers.length) {
      const larger = new Float64Array(2 * at)
      larger.set(this.#numbers)
      this.#numbers = larger
    }
    this.#numbers.set([file, offset, bytes.length, number, line], at)
    this.count++
  }

  at(index: number): Place | undefined {
    if (index < 0 || index >= this.count) return undefined
    const [file, offset, length, number, line] = this.#numbers.subarray(placeNumbers * index) as unknown as number[]
    return {file: file!, offset: offset!, length: length!, number: number!, line: line!}
  }
}

/** A cell of at most this many characters is not a picture but the key of the row that has it. */
export const referenceLength = 64

/** The cells of rows by their keys, for the rows that refer to them. */
class KnownCells {
  readonly #references: References
  readonly #cells = new Map<string, unknown>()
  #next = 0

  constructor(references: References) {
    this.#references = references
  }

  alsoNeeded({columns, whole}: WantedColumns): WantedColumns {
    const {key, column} = this.#references
    return {columns: columns && new Set([...columns, key, column]), whole}
  }

  resolve(
    values: Readonly<Record<string, unknown>>,
    index: number,
    {columns}: WantedColumns,
  ): Readonly<Record<string, unknown>> {
    const {key, column} = this.#references
    const [name, cell] = [values[key], values[column]]
    const resolved = {...values}
    if (isReference(cell)) resolved[column] = this.#cells.get(cell) ?? cell
    else if (index >= this.#next && typeof name === 'string' && cell !== undefined && cell !== null)
      this.#cells.set(name, cell)
    if (index >= this.#next) this.#next = index + 1
    for (const one of [key, column]) if (columns?.has(one) === false) delete resolved[one]
    return resolved
  }
}

function isReference(value: unknown): value is string {
  return typeof value === 'string' && value.length <= referenceLength
}
