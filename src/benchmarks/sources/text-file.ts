// What the text formats of a table have in common: a file is a series of records, found by scanning and parsed one by
// one, so a record can be parsed again from its place alone.
import type {LanternError} from '../../core/errors.js'
import type {ByteWindow} from './byte-window.js'

/** A record as it stands in its file. `bytes` holds until the scan goes on. */
export interface TextRecord {
  readonly bytes: Buffer
  readonly offset: number
  /** From 1: its line (jsonl), its row in a spreadsheet (csv, tsv), its place in the list (json). */
  readonly number: number
  /** The line where it begins, from 1; equal to `number` where the format has no lines. */
  readonly line: number
  /** Whether the file goes on after it, or ends it properly. */
  readonly complete: boolean
}

/** The columns to take; `columns` undefined means all. */
export interface WantedColumns {
  readonly columns: ReadonlySet<string> | undefined
  readonly whole: ReadonlySet<string>
}

export interface TextFile {
  /** Names of the columns where the file has a header. */
  readonly header: readonly string[] | undefined
  /** Every record, good or broken. An error is the last item: nothing can be found after it. */
  scan(window: ByteWindow): AsyncGenerator<TextRecord | LanternError>
  /** The cells of a record, or what is wrong with it. */
  parse(record: TextRecord, wanted: WantedColumns): Readonly<Record<string, unknown>> | LanternError
  /** The record in messages. */
  where(record: Pick<TextRecord, 'number' | 'line'>): string
}

/** The value, as far as its column is wanted. Own properties only: a column may be called `__proto__`. */
export function pickColumns(
  cells: Iterable<readonly [string, unknown]>,
  {columns}: WantedColumns,
): Readonly<Record<string, unknown>> {
  const taken: (readonly [string, unknown])[] = []
  for (const cell of cells) if (columns === undefined || columns.has(cell[0])) taken.push(cell)
  return Object.fromEntries(taken)
}
