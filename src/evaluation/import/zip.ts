// The members of a ZIP file by name, zstd ones too, which Node 20 cannot decompress by itself.
import {buffer} from 'node:stream/consumers'
import {promisify} from 'node:util'
import {inflateRaw} from 'node:zlib'
import type {Entry} from 'yauzl'
import {messageOf} from '../../core/errors.js'
import {badFile} from './peer-answer.js'

/** Compression methods of the ZIP specification (APPNOTE 4.4.5). */
const methods = {stored: 0, deflated: 8, zstd: 93}
/** A larger member is no sample record; it is not unpacked into memory. */
const mostBytes = 512 * 2 ** 20

export interface Zip {
  /**
   * Names in the order of the directory, each once; of members of one name the last counts, as in the peer's own
   * reader.
   */
  readonly names: readonly string[]
  /** Throws `bad-file` for a member that cannot be unpacked. */
  text(name: string): Promise<string>
  close(): void
}

/** Opens a ZIP file and reads its directory. Throws `bad-file`. */
export async function openZip(path: string): Promise<Zip> {
  const {openPromise} = await import('yauzl')
  const zip = await openPromise(path, {autoClose: false, lazyEntries: true}).catch(error => {
    throw badFile(
      path,
      `is no whole ZIP file: ${messageOf(error)}`,
      'The writer may still be at work; give the file when it is closed.',
    )
  })
  const entries = new Map<string, Entry>()
  try {
    for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry)
  } catch (error) {
    zip.close()
    throw badFile(path, `has a broken directory: ${messageOf(error)}`)
  }
  return {
    names: [...entries.keys()],
    async text(name) {
      const entry = entries.get(name)!
      const where = `${path}, member ${name},`
      if (entry.uncompressedSize > mostBytes)
        throw badFile(where, `holds ${entry.uncompressedSize} bytes, too many for a record`)
      try {
        const packed = await buffer(await zip.openReadStreamPromise(entry, {decodeFileData: false}))
        return (await unpack(packed, entry.compressionMethod)).toString('utf8')
      } catch (error) {
        throw badFile(where, `cannot be unpacked: ${messageOf(error)}`)
      }
    },
    close: () => zip.close(),
  }
}

async function unpack(packed: Buffer, method: number): Promise<Buffer> {
  if (method === methods.stored) return packed
  if (method === methods.deflated) return promisify(inflateRaw)(packed, {maxOutputLength: mostBytes})
  if (method !== methods.zstd) throw new Error(`compression method ${method} is not known`)
  const {Decompress} = await import('fzstd')
  const chunks: Uint8Array[] = []
  let size = 0
  // Counted while it grows: the sizes that the file itself states may lie.
  const stream = new Decompress(chunk => {
    size += chunk.length
    if (size > mostBytes) throw new Error(`it grows beyond ${mostBytes} bytes`)
    chunks.push(chunk)
  })
  stream.push(packed, true)
  return Buffer.concat(chunks)
}
