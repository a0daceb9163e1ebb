// The rows of parquet files, read by row group and column, so memory depends on the size of a row group and not of the
// file. Bytes are decoded when they are asked for.
import {stat} from 'node:fs/promises'
import {LanternError, messageOf} from '../../core/errors.js'
import {longCell} from './long-cell.js'
import {
  decodePart,
  type Footer,
  type ParquetRow,
  type RowGroup,
  readFooter,
  type SchemaTree,
} from './parquet-decoder.js'
import type {FormatRows, TableRow, Wanted} from './table-rows.js'

/** Row groups whose bytes are kept: samples in progress span at most two. */
const keptGroups = 2

interface Group {
  readonly meta: RowGroup
  readonly start: number
  readonly end: number
}

interface OpenFile {
  readonly path: string
  readonly name: string
  readonly groups: readonly Group[]
  /** Top-level columns in the order of the schema. */
  readonly columns: readonly SchemaTree[]
  /** The given columns of the rows `[start, end)`. Throws `bad-file` naming the rows. */
  decode(columns: readonly string[], start: number, end: number): Promise<ParquetRow[]>
  /** The cell of a column with bytes. */
  cell(group: Group, column: string, row: number): Promise<unknown>
}

/**
 * The rows of files of one table. A row group that cannot be decoded gives one error naming its rows, and a file that
 * cannot be opened one naming it; reading goes on after it. Throws `bad-file` when no file can be opened.
 */
export async function parquetRows(
  files: readonly {readonly path: string; readonly name: string}[],
): Promise<FormatRows> {
  const opened: (OpenFile | LanternError)[] = []
  for (const {path, name} of files) {
    try {
      opened.push(await openFile(path, name))
    } catch (error) {
      if (!(error instanceof LanternError)) throw error
      opened.push(error)
    }
  }
  const whole = opened.filter((file): file is OpenFile => !(file instanceof LanternError))
  if (whole.length === 0 && opened[0] instanceof LanternError) throw opened[0]

  async function* select(wanted: Wanted, among?: readonly number[]): AsyncGenerator<TableRow | LanternError> {
    let base = 0
    for (const file of opened) {
      if (file instanceof LanternError) {
        if (among === undefined) yield file
        continue
      }
      for (const group of file.groups) {
        const indexes = among?.filter(index => index - base >= group.start && index - base < group.end)
        if (indexes?.length !== 0) yield* rowsOf(file, group, base, wanted, indexes)
      }
      base += file.groups.at(-1)?.end ?? 0
    }
  }

  return {
    named: [...new Set(whole.flatMap(({columns}) => columns.map(({element}) => element.name)))],
    rows: (wanted = {}) => select(wanted),
    read: (indexes, wanted = {}) =>
      select(
        wanted,
        [...new Set(indexes)].sort((a, b) => a - b),
      ),
  }
}

/** The rows of one group, or those of them with the given indexes; `base` is the index of the first row of the file. */
async function* rowsOf(
  file: OpenFile,
  group: Group,
  base: number,
  wanted: Wanted,
  indexes?: readonly number[],
): AsyncGenerator<TableRow | LanternError> {
  const taken = file.columns.filter(({element}) => wanted.columns?.includes(element.name) ?? true)
  const lazy = taken.filter(column => hasBytes(column) && !wanted.whole?.includes(column.element.name))
  const eager = taken.filter(column => !lazy.includes(column)).map(({element}) => element.name)
  let rows: ParquetRow[]
  try {
    rows = eager.length === 0 ? [] : await file.decode(eager, group.start, group.end)
    const numbers = indexes?.map(index => index - base) ?? range(group.start, group.end)
    for (const number of numbers) {
      const values: [string, unknown][] = []
      for (const column of taken) {
        const name = column.element.name
        values.push([
          name,
          lazy.includes(column)
            ? await bytesCell(file, group, column, number)
            : plain(rows[number - group.start]![name]),
        ])
      }
      yield {
        where: `${file.name}#${number + 1}`,
        index: base + number,
        number: number + 1,
        path: file.path,
        values: Object.fromEntries(values),
      }
    }
  } catch (error) {
    if (!(error instanceof LanternError)) throw error
    yield error
  }
}

/** Empty cells are null, and whole numbers are numbers where they fit one. */
function plain(value: unknown): unknown {
  if (value === undefined || value === null) return null
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value instanceof Uint8Array || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]))
}

function range(start: number, end: number): number[] {
  return Array.from({length: end - start}, (_, i) => start + i)
}

// --- bytes ----------------------------------------------------------------------------------------------------------

/** Whether a column holds bytes that are not marked as text, at any depth. */
function hasBytes({element, children}: SchemaTree): boolean {
  if (children.length > 0) return children.some(hasBytes)
  const {type, converted_type: converted, logical_type: logical} = element
  return type === 'BYTE_ARRAY' && converted === undefined && logical === undefined
}

/**
 * The cell of a column with bytes: plain bytes and `{bytes, path}` without decoding where the file's statistics say
 * that they are there, anything else by decoding the row group. Bytes are LongCells.
 */
async function bytesCell(file: OpenFile, group: Group, column: SchemaTree, row: number): Promise<unknown> {
  const name = column.element.name
  const handle = (path: readonly (string | number)[], known: number | null) =>
    longCell({
      kind: 'bytes',
      length: known,
      start: '',
      async bytes() {
        const value = path.reduce((part, key) => Object(part)[key], await file.cell(group, name, row))
        // Copied: a view would keep the pages of the whole row group alive as long as one picture.
        if (value instanceof Uint8Array) return value.slice()
        throw new LanternError(
          'bad-file',
          `${file.name}#${row + 1} holds no bytes in "${name}".`,
          'Fetch the file again.',
        )
      },
      async head() {
        return this.bytes()
      },
    })
  const size = group.end - group.start
  const nulls = (...path: string[]) => nullsOf(group.meta, [name, ...path])
  if (column.children.length === 0) {
    if (nulls() === 0) return handle([], null)
    if (nulls() === size) return null
  } else if (column.children.every(({children, element}) => children.length === 0 && isSingle(element))) {
    // Where every row has its bytes, the path is only a name.
    if (column.children.some(({element}) => element.name === 'bytes') && nulls('bytes') === 0)
      return {bytes: handle(['bytes'], null), path: null}
    if (column.children.every(({element}) => nulls(element.name) === size)) return null
  }
  const withHandles = (value: unknown, path: readonly (string | number)[]): unknown => {
    if (value instanceof Uint8Array) return handle(path, value.length)
    if (Array.isArray(value)) return value.map((item, index) => withHandles(item, [...path, index]))
    if (typeof value !== 'object' || value === null) return plain(value)
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withHandles(part, [...path, key])]))
  }
  return withHandles(await file.cell(group, name, row), [])
}

function isSingle({repetition_type: repetition}: SchemaTree['element']): boolean {
  return repetition !== 'REPEATED'
}

/** Number of empty cells of a leaf in a row group, from its statistics; undefined when the file does not say. */
function nullsOf(group: RowGroup, path: readonly string[]): number | undefined {
  const leaf = group.columns.find(({meta_data: meta}) => meta?.path_in_schema.join('\0') === path.join('\0'))
  const nulls = leaf?.meta_data?.statistics?.null_count
  return nulls === undefined ? undefined : Number(nulls)
}

/** Row groups with more bytes in a column are read by page, where the file says where its pages begin. */
const groupBytes = 64 * 2 ** 20

function isReadByPage(group: RowGroup, column: string): boolean {
  const paged = leavesOf(group, column).every(({offset_index_offset: offset}) => offset !== undefined)
  return paged && sizeOf(group, column) > groupBytes
}

/** Bytes of a column in a row group, decompressed. */
function sizeOf(group: RowGroup, column: string): number {
  return leavesOf(group, column).reduce((sum, {meta_data: meta}) => sum + Number(meta?.total_uncompressed_size ?? 0), 0)
}

function leavesOf(group: RowGroup, column: string): RowGroup['columns'] {
  return group.columns.filter(({meta_data: meta}) => meta?.path_in_schema[0] === column)
}

// --- files ----------------------------------------------------------------------------------------------------------

/** Opens a parquet file and reads its footer. `name` is its name in messages. Throws `bad-file`. */
async function openFile(path: string, name: string): Promise<OpenFile> {
  await stat(path).catch(error => {
    throw new LanternError(
      'bad-file',
      `${path} cannot be read: ${messageOf(error)}.`,
      'Check the file and its permissions.',
    )
  })
  let footer: Footer
  try {
    footer = await readFooter(path)
  } catch (error) {
    throw new LanternError(
      'bad-file',
      `${path} is not a complete parquet file: ${messageOf(error)}.`,
      'Fetch the file again.',
    )
  }
  const groups: Group[] = []
  for (const meta of footer.groups) {
    const start = groups.at(-1)?.end ?? 0
    groups.push({meta, start, end: start + Number(meta.num_rows)})
  }

  const decode = async (columns: readonly string[], rowStart: number, rowEnd: number) => {
    const touched = groups.filter(({start, end}) => start < rowEnd && end > rowStart)
    const bytes = touched.reduce((sum, {meta}) => sum + columns.reduce((all, name) => all + sizeOf(meta, name), 0), 0)
    try {
      return await decodePart(path, {columns, rowStart, rowEnd}, bytes)
    } catch (error) {
      throw new LanternError(
        'bad-file',
        `${name}#${rowStart + 1} to #${rowEnd} cannot be decoded: ${messageOf(error)}.`,
        'Fetch the file again.',
      )
    }
  }

  /** Columns of bytes by row group, the last used at the end. */
  const kept = new Map<Group, Map<string, Promise<unknown[]>>>()
  const groupCells = (group: Group, column: string): Promise<unknown[]> => {
    const columns = kept.get(group) ?? new Map<string, Promise<unknown[]>>()
    kept.delete(group)
    kept.set(group, columns)
    if (kept.size > keptGroups) kept.delete(kept.keys().next().value!)
    let cells = columns.get(column)
    if (!cells) {
      cells = decode([column], group.start, group.end).then(rows => rows.map(row => row[column]))
      columns.set(column, cells)
    }
    return cells
  }
  return {
    path,
    name,
    groups,
    columns: footer.columns,
    decode,
    async cell(group, column, row) {
      if (isReadByPage(group.meta, column)) return (await decode([column], row, row + 1))[0]?.[column]
      return (await groupCells(group, column))[row - group.start]
    },
  }
}
