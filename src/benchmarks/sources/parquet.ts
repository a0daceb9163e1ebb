// Parquet, read by row group and column, so memory depends on the size of a row group and not of the file. Independent
// of benchmarks.
import {open, stat} from 'node:fs/promises'
import {LanternError, messageOf} from '../../core/errors.js'
import type {ImageRef} from '../../core/sample.js'
import {relativePath} from './files.js'
import type {Row} from './row.js'

// Types only; the module itself is loaded when a file is opened.
type Parquet = typeof import('hyparquet')
type FileMetaData = Awaited<ReturnType<Parquet['parquetMetadataAsync']>>
type RowGroup = FileMetaData['row_groups'][number]
type ReadOptions = Parameters<Parquet['parquetReadObjects']>[0]

/** A record and its number in the file, from 0. */
export interface ParquetRow extends Row {
  readonly index: number
}

export interface ParquetFile {
  readonly rows: number
  /** Names of the top-level columns, in the order of the schema. */
  readonly columns: readonly string[]
  /**
   * The given columns of every row, as a stream that holds one row group at a time.
   * A row group that cannot be decoded gives one error naming its rows; reading goes on after it.
   */
  read(columns: readonly string[]): AsyncGenerator<ParquetRow | LanternError>
  /**
   * Whether a picture column (a struct `{bytes, path}` or plain bytes) names a picture in this row, by bytes or by path
   * alone. The file's statistics usually answer this.
   */
  hasPicture(column: string, row: number): Promise<boolean>
  /**
   * The bytes of a picture column; null when the cell is empty. Keeps the last two row groups, so pictures read in
   * order are read once.
   */
  bytes(column: string, row: number): Promise<Uint8Array | null>
}

/** Row groups whose pictures are kept: samples in progress span at most two. */
const keptGroups = 2

interface Group {
  readonly meta: RowGroup
  readonly start: number
  readonly end: number
}

/** Opens a parquet file and reads its footer. `name` is its name in messages. Throws `bad-file`. */
export async function openParquet(path: string, name: string): Promise<ParquetFile> {
  const {parquetMetadataAsync, parquetReadObjects, parquetSchema} = await import('hyparquet')
  const {compressors} = (await import('hyparquet-compressors')) as {compressors: ReadOptions['compressors']}
  const file = await fileBuffer(path)
  let metadata: FileMetaData
  try {
    metadata = await parquetMetadataAsync(file)
  } catch (error) {
    throw new LanternError(
      'bad-file',
      `${path} is not a complete parquet file: ${messageOf(error)}.`,
      'Fetch the file again.',
    )
  }
  const groups: Group[] = []
  for (const meta of metadata.row_groups) {
    const start = groups.at(-1)?.end ?? 0
    groups.push({meta, start, end: start + Number(meta.num_rows)})
  }

  const readGroup = async (group: Group, columns: string[]): Promise<Record<string, unknown>[]> => {
    try {
      return await parquetReadObjects({
        file,
        metadata,
        columns,
        rowStart: group.start,
        rowEnd: group.end,
        compressors,
        utf8: false,
      })
    } catch (error) {
      throw new LanternError(
        'bad-file',
        `${name}, rows ${group.start} to ${group.end - 1}, cannot be decoded: ${messageOf(error)}.`,
        'Fetch the file again.',
      )
    }
  }

  const groupOf = (row: number): Group => {
    const group = groups.find(candidate => row < candidate.end)
    if (!group) throw new RangeError(`${name} has no row ${row}`)
    return group
  }

  /** Columns of pictures by row group, the last used at the end. */
  const kept = new Map<Group, Map<string, Promise<unknown[]>>>()
  const pictures = (group: Group, column: string): Promise<unknown[]> => {
    const columns = kept.get(group) ?? new Map<string, Promise<unknown[]>>()
    kept.delete(group)
    kept.set(group, columns)
    if (kept.size > keptGroups) kept.delete(kept.keys().next().value!)
    let cells = columns.get(column)
    if (!cells) {
      cells = readGroup(group, [column]).then(rows => rows.map(row => row[column]))
      columns.set(column, cells)
    }
    return cells
  }
  const pictureCell = async (column: string, row: number): Promise<unknown> => {
    const group = groupOf(row)
    return (await pictures(group, column))[row - group.start]
  }
  const pictureBytes = async (column: string, row: number): Promise<Uint8Array | null> => {
    const cell = await pictureCell(column, row)
    const bytes = cell && typeof cell === 'object' && 'bytes' in cell ? cell.bytes : cell
    return bytes instanceof Uint8Array ? bytes : null
  }

  return {
    rows: groups.at(-1)?.end ?? 0,
    columns: parquetSchema(metadata).children.map(child => child.element.name),
    async *read(columns) {
      for (const group of groups) {
        let rows: Record<string, unknown>[]
        try {
          rows = await readGroup(group, [...columns])
        } catch (error) {
          if (!(error instanceof LanternError)) throw error
          yield error
          continue
        }
        for (const [offset, values] of rows.entries()) {
          const index = group.start + offset
          yield {where: `${name}, row ${index}`, index, values}
        }
      }
    },
    async hasPicture(column, row) {
      const group = groupOf(row)
      const size = group.end - group.start
      const without = (part: string) => nullsOf(group.meta, column, part)
      if (without('bytes') === 0) return true
      if (without('bytes') === size && without('path') === size) return false
      const cell = await pictureCell(column, row)
      if (cell instanceof Uint8Array) return true
      const {bytes = null, path = null} = Object(cell) as {bytes?: unknown; path?: unknown}
      return bytes !== null || path !== null
    },
    async bytes(column, row) {
      const bytes = await pictureBytes(column, row)
      // Copied: a view would keep the pages of the whole row group alive as long as one picture.
      return bytes?.slice() ?? null
    },
  }
}

/** A record, the file it came from and that file's name for messages. */
export interface ParquetRecord extends ParquetRow {
  readonly file: ParquetFile
  readonly name: string
}

/**
 * The wanted columns of every record of several files, as far as a file has them, as a stream. A broken file or row
 * group is one error.
 */
export async function* parquetRecords(
  root: string,
  files: readonly string[],
  wanted: readonly string[],
): AsyncGenerator<ParquetRecord | LanternError> {
  for (const path of files) {
    const name = relativePath(root, path)
    let file: ParquetFile
    try {
      file = await openParquet(path, name)
    } catch (error) {
      if (!(error instanceof LanternError)) throw error
      yield error
      continue
    }
    const columns = file.columns.filter(column => wanted.includes(column))
    for await (const row of file.read(columns)) yield row instanceof LanternError ? row : {...row, file, name}
  }
}

/** The picture in a column of a record. */
export function pictureOf({file, name, index}: ParquetRecord, column: string): ImageRef {
  const source = `${name}#${index}/${column}`
  return {
    source,
    // The hub's library applies the orientation of a decoded picture.
    orientation: 'apply',
    async bytes() {
      const bytes = await file.bytes(column, index)
      if (bytes) return bytes
      throw new LanternError('bad-file', `${source} holds no picture.`, 'Fetch the file again.')
    },
  }
}

/**
 * Number of empty cells of one part of a picture column in a row group, from its statistics; undefined when the file
 * does not say. Plain bytes are both parts.
 */
function nullsOf(group: RowGroup, column: string, part: string): number | undefined {
  const leaf = group.columns.find(({meta_data: meta}) => {
    const path = meta?.path_in_schema
    return path?.[0] === column && (path.length === 1 || path.at(-1) === part)
  })
  const nulls = leaf?.meta_data?.statistics?.null_count
  return nulls === undefined ? undefined : Number(nulls)
}

/** hyparquet's view of a file: each slice is read into a buffer of its exact size. */
async function fileBuffer(path: string): Promise<ReadOptions['file']> {
  const {size} = await stat(path).catch(error => {
    throw new LanternError(
      'bad-file',
      `${path} cannot be read: ${messageOf(error)}.`,
      'Check the file and its permissions.',
    )
  })
  return {
    byteLength: size,
    async slice(start, end = size) {
      const bytes = new Uint8Array(end - start)
      const handle = await open(path)
      try {
        let done = 0
        while (done < bytes.length) {
          const {bytesRead} = await handle.read(bytes, done, bytes.length - done, start + done)
          if (bytesRead === 0) throw new Error('the file ends too early')
          done += bytesRead
        }
      } finally {
        await handle.close()
      }
      return bytes.buffer
    },
  }
}
