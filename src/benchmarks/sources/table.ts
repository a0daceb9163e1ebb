// A data file as a table: rows with named cells, whatever the format. It streams, finds rows again by their place in
// the file, and hands out long cells (pictures) as handles. What the columns mean is not its business.
import {existsSync, statSync} from 'node:fs'
import {basename, dirname} from 'node:path'
import {LanternError} from '../../core/errors.js'
import {isLfsPointer} from '../../core/json-object.js'
import {ByteWindow} from './byte-window.js'
import {relativePath} from './files.js'
import {jsonLinesFile, jsonListFile} from './json-file.js'
import {isLongCell} from './long-cell.js'
import {separatedFile} from './separated-file.js'
import type {FormatRows, References, TableRow, Wanted} from './table-rows.js'
import {textRows} from './text-rows.js'

export {isLongCell, type LongCell} from './long-cell.js'
export type {TableRow, Wanted} from './table-rows.js'

export type TableFormat = 'jsonl' | 'json' | 'csv' | 'tsv' | 'parquet'

export type CellKind = 'text' | 'number' | 'boolean' | 'list' | 'object' | 'bytes'

export interface TableColumn {
  readonly name: string
  /** The kinds seen in the first rows, sorted; none when all those cells are empty. */
  readonly kinds: readonly CellKind[]
}

export interface Table {
  readonly format: TableFormat
  /** The files, in the order of their rows; what the data hash covers. */
  readonly files: readonly string[]
  /** The columns that a header or schema names; undefined for jsonl and json, whose rows name their own. */
  readonly named: readonly string[] | undefined
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
  /** Default: by the file's name: `.jsonl`, `.ndjson`, `.json`, `.csv`, `.tsv`, `.parquet`. */
  readonly format?: TableFormat
  /** Names of files in messages are relative to this folder (default: the folder of the first file). */
  readonly root?: string
}

const extensions: Readonly<Record<string, TableFormat>> = {
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  json: 'json',
  csv: 'csv',
  tsv: 'tsv',
  parquet: 'parquet',
}

/** The format that a file's name says, or undefined. */
function formatOf(path: string): TableFormat | undefined {
  const extension = /\.([a-z]+)$/i.exec(basename(path))?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(extensions, extension) ? extensions[extension] : undefined
}

/** VLMEvalKit: a short `image` cell that equals the `index` of an earlier row stands for that row's picture. */
const vlmEvalKitReferences: References = {key: 'index', column: 'image'}

/**
 * Opens data files of one format as one table.
 * Throws `data-absent` for a file that is not there, `bad-file` for one that is not of its format at all (a Git LFS
 * pointer, no header, a separator that is not recognised), `usage` for a name that tells no format.
 */
export async function openTable(paths: string | readonly string[], options: TableOptions = {}): Promise<Table> {
  const files = [paths].flat()
  const format = options.format ?? sharedFormat(files)
  const root = options.root ?? dirname(files[0] ?? '.')
  const open = []
  for (const path of files) {
    const name = relativePath(root, path)
    await refusePointer(path, name)
    open.push({path, name})
  }
  if (format === 'parquet') {
    const {parquetRows} = await import('./parquet.js')
    return tableOf(format, files, await parquetRows(open))
  }
  const texts = []
  for (const {path, name} of open)
    texts.push({
      path,
      file:
        format === 'jsonl'
          ? jsonLinesFile(path, name)
          : format === 'json'
            ? jsonListFile(path, name)
            : await separatedFile(path, name, format),
    })
  return tableOf(format, files, textRows(texts, format === 'tsv' ? vlmEvalKitReferences : undefined))
}

function sharedFormat(files: readonly string[]): TableFormat {
  const formats = new Set(files.map(formatOf))
  const [format] = formats
  if (format !== undefined && formats.size === 1) return format
  throw new LanternError(
    'usage',
    formats.size > 1
      ? `${files.join(', ')} are files of several formats.`
      : `The name of ${files[0] ?? 'no file'} tells no format.`,
    `Data are ${Object.keys(extensions)
      .map(extension => `.${extension}`)
      .join(', ')} files, not compressed; several files of one benchmark have one format.`,
  )
}

/** Git LFS leaves a text of three lines where a file was not fetched. */
async function refusePointer(path: string, name: string): Promise<void> {
  // What a pipe holds can be read once only.
  if (existsSync(path) && !statSync(path).isFile()) return
  const window = await ByteWindow.open(path)
  const pointer = isLfsPointer(window.bytes)
  await window.close()
  if (pointer)
    throw new LanternError(
      'bad-file',
      `${name} is a Git LFS pointer: the file itself was not fetched.`,
      'Run `git lfs install && git lfs pull` in its folder.',
    )
}

/** How far columns are looked for: rows, and bytes of their long cells. */
const lookedAt = {rows: 1000, bytes: 64 * 2 ** 20}

function tableOf(format: TableFormat, files: readonly string[], {named, rows, read}: FormatRows): Table {
  let columns: Promise<readonly TableColumn[]> | undefined
  const look = async (): Promise<readonly TableColumn[]> => {
    const kinds = new Map<string, Set<CellKind>>((named ?? []).map(name => [name, new Set()]))
    let count = 0
    let bytes = 0
    for await (const row of rows()) {
      if (++count > lookedAt.rows || bytes > lookedAt.bytes) break
      if (row instanceof LanternError) continue
      for (const [name, value] of Object.entries(row.values)) {
        const kind = kindOf(value)
        if (isLongCell(value)) bytes += value.length ?? 0
        const seen = kinds.get(name) ?? new Set()
        if (kind !== undefined) seen.add(kind)
        kinds.set(name, seen)
      }
    }
    return [...kinds].map(([name, seen]) => ({name, kinds: [...seen].sort()}))
  }
  return {
    format,
    files,
    named,
    columns() {
      columns ??= look()
      return columns
    },
    rows,
    read,
  }
}

function kindOf(value: unknown): CellKind | undefined {
  if (value === null || value === undefined) return undefined
  if (isLongCell(value)) return value.kind
  if (typeof value === 'string') return 'text'
  if (typeof value === 'number' || typeof value === 'bigint') return 'number'
  if (typeof value === 'boolean') return 'boolean'
  if (value instanceof Uint8Array) return 'bytes'
  return Array.isArray(value) ? 'list' : 'object'
}
