// Reads and decodes parquet files in a process of its own, with limits on time and memory: a damaged page can claim any
// number of values, and the decoder writes them all before it looks further.
import {createRequire} from 'node:module'
import {pathToFileURL} from 'node:url'
import {boundedProcess} from '../../core/bounded-process.js'
import {limits} from '../../core/limits.js'

// Types only; the module itself is loaded in the process.
type Parquet = typeof import('hyparquet')
type FileMetaData = Awaited<ReturnType<Parquet['parquetMetadataAsync']>>
export type RowGroup = FileMetaData['row_groups'][number]
export type SchemaTree = ReturnType<Parquet['parquetSchema']>
export type ParquetRow = Record<string, unknown>

/** What the end of a file says of it. `columns` are the top-level ones in the order of the schema. */
export interface Footer {
  readonly groups: readonly RowGroup[]
  readonly columns: readonly SchemaTree[]
}

/** Columns of the rows `[rowStart, rowEnd)` of a file. */
interface Part {
  readonly columns: readonly string[]
  readonly rowStart: number
  readonly rowEnd: number
}

/** The footer of a file. Throws an Error that says what is wrong with it. */
export async function readFooter(path: string): Promise<Footer> {
  return (await decoder.answer({path}, limits.parquetMs)) as Footer
}

/**
 * Decoded rows. `bytes` is about what they take, for the limit on time. Throws an Error that says what is wrong with
 * them, or that they take too much time or memory.
 */
export async function decodePart(path: string, part: Part, bytes: number): Promise<ParquetRow[]> {
  return (await decoder.answer({path, part}, limits.parquetMs + bytes / limits.parquetBytesPerMs)) as ParquetRow[]
}

const require = createRequire(import.meta.url)

const decoder = boundedProcess({
  program: `
const {open, stat} = require('node:fs/promises')
const modules = Promise.all([import(process.argv[1]), import(process.argv[2])])
const footers = new Map()

async function fileOf(path) {
  const {size} = await stat(path)
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

async function answer({path, part}) {
  const [{parquetMetadataAsync, parquetReadObjects, parquetSchema}, {compressors}] = await modules
  const file = await fileOf(path)
  if (!part || !footers.has(path)) footers.set(path, await parquetMetadataAsync(file))
  const metadata = footers.get(path)
  if (!part) return {groups: metadata.row_groups, columns: parquetSchema(metadata).children}
  return parquetReadObjects({...part, file, metadata, compressors, utf8: false, useOffsetIndex: true})
}
`,
  args: () => ['hyparquet', 'hyparquet-compressors'].map(name => pathToFileURL(require.resolve(name)).href),
  memoryMb: limits.parquetMemoryMb,
  doing: 'decodes it',
})
