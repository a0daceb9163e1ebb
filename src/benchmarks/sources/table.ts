// A data file as a table: rows with named cells, whatever the format. It streams, finds rows again by their place in the
// file, and hands out long cells (pictures) as handles. What the columns mean is not its business.
import type {LanternError} from '../../core/errors.js'
import type {Row} from './row.js'

export type TableFormat = 'jsonl' | 'json' | 'csv' | 'tsv' | 'parquet'

/**
 * A cell, or a text within one, that is too long to be handed out as a string, or bytes. It holds a place in the file,
 * not the content, so it can be kept.
 */
export interface LongCell {
  readonly kind: 'text' | 'bytes'
  /** Bytes that it takes in the file; null where only decoding tells (parquet). */
  readonly length: number | null
  /** The first characters of a text (at most 64, ASCII): tells base64, data URIs and paths apart. Empty for bytes. */
  readonly start: string
  /** The content, a text as UTF-8 with quotes and escapes undone. Throws LanternError `bad-file`. */
  bytes(): Promise<Uint8Array>
  /** At least the first `length` bytes of the content, if it has as many. */
  head(length: number): Promise<Uint8Array>
}

/** Whether a value found in a row is a LongCell. */
export function isLongCell(value: unknown): value is LongCell {
  return typeof value === 'object' && value !== null && 'kind' in value && 'start' in value && 'head' in value
}

/**
 * A row. `where` names file and row in messages: `items.jsonl:12`, `items.csv:17 (row 3)` where a cell has line feeds,
 * `items.json#3`, `x.parquet#3`.
 * `values` holds the wanted cells by column: strings, numbers, booleans, null, lists and objects as JSON or parquet has
 * them; cells of csv and tsv are strings, null where empty. Texts above the limit, wherever they stand, are LongCells;
 * so are bytes. A csv or tsv cell above the limit that is a list literal (`["...", "..."]`, `['...', '...']`) is a
 * list of LongCells. The functions of row.ts read it (`text`, `texts`, `letterIn`).
 */
export interface TableRow extends Row {
  /** Number over all files of the table, from 0: what `read` takes. */
  readonly index: number
  /** Number within its file, from 1, as an editor (jsonl: the line) or a spreadsheet (csv, tsv) shows it. */
  readonly number: number
  /** The file, as it was given to `openTable`. */
  readonly path: string
}

export type CellKind = 'text' | 'number' | 'boolean' | 'list' | 'object' | 'bytes'

export interface TableColumn {
  readonly name: string
  /** The kinds seen in the first rows, sorted; none when all those cells are empty. */
  readonly kinds: readonly CellKind[]
}

export interface Wanted {
  /** Columns to read (default: all). Those that the file lacks are left out. */
  readonly columns?: readonly string[]
  /** Columns whose texts are strings however long they are: questions, options, answers. */
  readonly whole?: readonly string[]
}

export interface Table {
  readonly format: TableFormat
  /** The files, in the order of their rows; what the data hash covers. */
  readonly files: readonly string[]
  /** The columns in the order in which they are met: of the schema or header, else of the first 1,000 rows. */
  columns(): Promise<readonly TableColumn[]>
  /**
   * Every row, as a stream. A broken row (or row group, or file) is an error in its place, named in the error; reading
   * goes on where it can. The places of the rows are remembered for `read`.
   */
  rows(wanted?: Wanted): AsyncGenerator<TableRow | LanternError>
  /**
   * The rows with these indexes, in rising order, each from its place in the file; only a table that was never read
   * that far is scanned up to the last of them. Indexes that are not there are left out.
   */
  read(indexes: Iterable<number>, wanted?: Wanted): AsyncGenerator<TableRow | LanternError>
}

export interface TableOptions {
  /** Default: by the file's name, see `tableFormatOf`. */
  readonly format?: TableFormat
  /** Names of files in messages are relative to this folder (default: the folder of the first file). */
  readonly root?: string
  /**
   * VLMEvalKit: a cell of at most 64 characters in one of these columns (default `image`) that equals the `key` of an
   * earlier row stands for that row's cell. Formats csv and tsv only.
   */
  readonly references?: {readonly key: string; readonly columns?: readonly string[]}
}

/** The format that a file's name says (`.jsonl`, `.ndjson`, `.json`, `.csv`, `.tsv`, `.parquet`), or undefined. */
export function tableFormatOf(path: string): TableFormat | undefined {
  const extension = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase()
  const formats: Readonly<Record<string, TableFormat>> = {
    jsonl: 'jsonl',
    ndjson: 'jsonl',
    json: 'json',
    csv: 'csv',
    tsv: 'tsv',
    parquet: 'parquet',
  }
  return formats[extension ?? '']
}

/**
 * Opens data files of one format as one table.
 * Throws `data-absent` for a file that is not there, `bad-file` for one that is not of its format at all (a Git LFS
 * pointer, no header, a separator that is not recognised), `usage` for a name that tells no format.
 */
export async function openTable(paths: string | readonly string[], options: TableOptions = {}): Promise<Table> {
  throw new Error(`not written yet: ${[paths].flat().join(', ')} ${options.format ?? ''}`)
}
