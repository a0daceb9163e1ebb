// Rows of a table, and how its formats hand them out.
import type {LanternError} from '../../core/errors.js'
import type {Row} from './row.js'

/**
 * A row. `where` names file and row in messages: `items.jsonl:12`, `items.csv:17 (row 3)` where a cell has line feeds,
 * `items.json#3`, `x.parquet#3`.
 * `values` holds the wanted cells by column: strings, numbers, booleans, null, lists and objects as JSON or parquet has
 * them; cells of csv and tsv are strings, null where empty. Texts above the limit, wherever they stand, are LongCells;
 * so are bytes. A csv or tsv cell above the limit that is a list literal (`["...", "..."]`, `['...', '...']`) is a
 * list of LongCells. An `image` cell of a tsv file that names an earlier row by its `index` is that row's cell, as in
 * VLMEvalKit's files. The functions of row.ts read it (`text`, `texts`, `letterIn`).
 */
export interface TableRow extends Row {
  /** Number over all files of the table, broken rows included, from 0: what `read` takes. */
  readonly index: number
  /** Number within its file, from 1, as an editor (jsonl: the line) or a spreadsheet (csv, tsv) shows it. */
  readonly number: number
  /** The file, as it was given to `openTable`. */
  readonly path: string
}

export interface Wanted {
  /** Columns to read (default: all). Those that the file lacks are left out. */
  readonly columns?: readonly string[]
  /** Columns whose texts are strings however long they are: questions, options, answers. */
  readonly whole?: readonly string[]
}

/**
 * A cell of `column` with at most 64 characters that equals the `key` of an earlier row stands for that row's cell, if
 * that is longer.
 */
export interface References {
  readonly key: string
  readonly column: string
}

/** What a format gives: its columns where a header or schema names them, and its rows. */
export interface FormatRows {
  readonly named: readonly string[] | undefined
  /** See `Table`. */
  rows(wanted?: Wanted): AsyncGenerator<TableRow | LanternError>
  /** See `Table`. */
  read(indexes: Iterable<number>, wanted?: Wanted): AsyncGenerator<TableRow | LanternError>
}
