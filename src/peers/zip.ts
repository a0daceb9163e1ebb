// The members of a ZIP file by name, including zstd ones, which Node 20 cannot decompress itself. Nothing that the file
// declares is trusted: sizes are counted while reading, and each member is checked against its checksum.
import type {Readable} from 'node:stream'
import {crc32, createInflateRaw} from 'node:zlib'
import type {Entry, ZipFile} from 'yauzl'
import {messageOf} from '../core/errors.js'
import {limits} from '../core/limits.js'
import {badFile} from './peer.js'
import {unzstd} from './zstd.js'

/** Compression methods of the ZIP specification (APPNOTE 4.4.5). */
const methods = {stored: 0, deflated: 8, zstd: 93}

export interface Zip {
  /**
   * Names in the order of the directory, each once. Of several members of one name the last counts, as in the peer's
   * own reader.
   */
  readonly names: readonly string[]
  /** A whole member. Throws `bad-file` naming it if it cannot be unpacked or is too large for a record. */
  text(name: string): Promise<string>
  /** A member piece by piece. Throws as `text` does; its checksum is known only at the end. */
  pieces(name: string): AsyncGenerator<Buffer>
  close(): void
}

/** Opens a ZIP file and reads its directory. Throws `bad-file`. */
export async function openZip(path: string): Promise<Zip> {
  const {openPromise} = await import('yauzl')
  const zip = await openPromise(path, {autoClose: false, lazyEntries: true}).catch(error => {
    throw badFile(
      path,
      `is not a complete ZIP file: ${messageOf(error)}`,
      'The writer may still be running; give the file when it is closed.',
    )
  })
  const entries = new Map<string, Entry>()
  try {
    for await (const entry of zip.eachEntry()) {
      if (entries.size >= limits.zipMembers) throw new Error(`it holds more than ${limits.zipMembers} members`)
      entries.set(entry.fileName, entry)
    }
  } catch (error) {
    zip.close()
    throw badFile(path, `has a broken directory: ${messageOf(error)}`)
  }
  const most = limits.zipTotalBytes + limits.zipExpansion * zip.fileSize
  let unpacked = 0

  async function* pieces(name: string, mostBytes: number): AsyncGenerator<Buffer> {
    const entry = entries.get(name)
    const where = `${path}, member ${name},`
    if (entry === undefined) throw badFile(where, 'is not there')
    let size = 0
    let sum = 0
    try {
      for await (const piece of unpack(zip, entry, Math.min(mostBytes, most - unpacked))) {
        // Node starts a new CRC-32 from the checksum of nothing.
        if (piece.length === 0) continue
        size += piece.length
        unpacked += piece.length
        if (size > mostBytes) throw new Error(`it holds more than ${mostBytes} bytes`)
        if (unpacked > most) throw new Error(`with the members before it, the file unpacks to more than ${most} bytes`)
        sum = crc32(piece, sum)
        yield piece
      }
      if (size !== entry.uncompressedSize)
        throw new Error(`it holds ${size} bytes instead of ${entry.uncompressedSize}`)
      if (sum !== entry.crc32) throw new Error('its checksum (CRC-32) does not match its content')
    } catch (error) {
      throw badFile(where, `cannot be unpacked: ${messageOf(error)}`)
    }
  }

  return {
    names: [...entries.keys()],
    async text(name) {
      const parts: Buffer[] = []
      for await (const piece of pieces(name, limits.zipRecordBytes)) parts.push(piece)
      return Buffer.concat(parts).toString('utf8')
    },
    pieces: name => pieces(name, limits.zipStreamBytes),
    close: () => zip.close(),
  }
}

async function* unpack(zip: ZipFile, entry: Entry, mostBytes: number): AsyncGenerator<Buffer> {
  const method = entry.compressionMethod
  if (!Object.values(methods).includes(method)) throw new Error(`compression method ${method} is unknown`)
  if (entry.generalPurposeBitFlag & 1) throw new Error('it is encrypted')
  const packed: Readable = await zip.openReadStreamPromise(entry, {decodeFileData: false})
  if (method === methods.stored) yield* packed
  else if (method === methods.zstd) yield* unzstd(packed, mostBytes)
  else {
    const inflate = createInflateRaw()
    packed.on('error', error => inflate.destroy(error))
    try {
      yield* packed.pipe(inflate)
    } finally {
      packed.destroy()
    }
  }
}
