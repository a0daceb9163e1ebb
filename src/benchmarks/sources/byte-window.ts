// A file read from front to back through one buffer, which moves along and grows only with the longest record.
import {type FileHandle, open} from 'node:fs/promises'
import {LanternError, messageOf, systemCodeOf} from '../../core/errors.js'
import {limits} from '../../core/limits.js'

const chunkBytes = 1 << 20

const byteOrderMark = Buffer.from('\ufeff')

/**
 * The unread part of a file. `bytes` is a view of a buffer that is used again: it holds until the next `more` or
 * `drop`.
 */
export class ByteWindow {
  readonly #path: string
  readonly #handle: FileHandle
  #store = Buffer.allocUnsafe(chunkBytes)
  #from = 0
  #to = 0
  #offset = 0
  #ended = false

  private constructor(path: string, handle: FileHandle) {
    this.#path = path
    this.#handle = handle
  }

  /** Opens a file, reads its first bytes and leaves a byte order mark out. Throws `data-absent` or `bad-file`. */
  static async open(path: string): Promise<ByteWindow> {
    const window = new ByteWindow(path, await openToRead(path))
    try {
      await window.more()
    } catch (error) {
      await window.close()
      throw error
    }
    if (window.bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark)) window.drop(byteOrderMark.length)
    return window
  }

  get bytes(): Buffer {
    return this.#store.subarray(this.#from, this.#to)
  }

  /** Offset of `bytes` in the file. */
  get offset(): number {
    return this.#offset
  }

  /** Whether `bytes` reaches to the end of the file. */
  get ended(): boolean {
    return this.#ended
  }

  /**
   * Reads on, at least as many bytes as are held, so that looking at them again costs no more than reading them.
   * False at the end of the file. Throws `bad-file` when more than a record's bound is held.
   */
  async more(): Promise<boolean> {
    if (this.#ended) return false
    const held = this.#to - this.#from
    if (held > limits.tableRowBytes)
      throw new LanternError(
        'bad-file',
        `${this.#path} holds a record of more than ${limits.tableRowBytes >> 20} MB (it begins at byte ${this.#offset}).`,
        'Look for a quote that is not closed, or remove that record.',
      )
    const wanted = held + Math.max(held, chunkBytes)
    if (wanted > this.#store.length) {
      const larger = Buffer.allocUnsafeSlow(wanted)
      this.#store.copy(larger, 0, this.#from, this.#to)
      this.#store = larger
    } else this.#store.copyWithin(0, this.#from, this.#to)
    this.#from = 0
    this.#to = held
    while (this.#to < wanted) {
      // Without a position: a pipe has none.
      const {bytesRead} = await this.#handle
        .read(this.#store, this.#to, wanted - this.#to, null)
        .catch(error => Promise.reject(unreadable(this.#path, error)))
      if (bytesRead === 0) {
        this.#ended = true
        break
      }
      this.#to += bytesRead
    }
    return this.#to > held
  }

  /** Gives the first bytes up. */
  drop(count: number): void {
    this.#from += count
    this.#offset += count
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

/** Bytes `[offset, offset + length)` of a file. Throws `bad-file` when it has become shorter. */
export async function readRange(path: string, offset: number, length: number): Promise<Buffer> {
  const handle = await openToRead(path)
  try {
    return await fill(path, handle, Buffer.allocUnsafe(length), offset)
  } finally {
    await handle.close()
  }
}

/** Reads ranges of one file one after the other through one buffer: each holds until the next is read. */
export class RangeReader {
  readonly #path: string
  readonly #handle: FileHandle
  #store = Buffer.allocUnsafe(0)

  private constructor(path: string, handle: FileHandle) {
    this.#path = path
    this.#handle = handle
  }

  /** Throws `data-absent` or `bad-file`. */
  static async open(path: string): Promise<RangeReader> {
    return new RangeReader(path, await openToRead(path))
  }

  /** Throws like `readRange`. */
  async read(offset: number, length: number): Promise<Buffer> {
    if (length > this.#store.length) this.#store = Buffer.allocUnsafeSlow(Math.max(length, chunkBytes))
    return fill(this.#path, this.#handle, this.#store.subarray(0, length), offset)
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

async function fill(path: string, handle: FileHandle, bytes: Buffer, offset: number): Promise<Buffer> {
  for (let done = 0; done < bytes.length; ) {
    const {bytesRead} = await handle
      .read(bytes, done, bytes.length - done, offset + done)
      .catch(error => Promise.reject(unreadable(path, error)))
    if (bytesRead === 0)
      throw new LanternError('bad-file', `${path} became shorter while it was read.`, 'Fetch the file again.')
    done += bytesRead
  }
  return bytes
}

/** Throws `data-absent` or `bad-file`. */
async function openToRead(path: string): Promise<FileHandle> {
  try {
    return await open(path)
  } catch (error) {
    throw systemCodeOf(error) === 'ENOENT'
      ? new LanternError('data-absent', `${path} does not exist.`, 'Check the path, or fetch the data again.')
      : unreadable(path, error)
  }
}

function unreadable(path: string, error: unknown): LanternError {
  return new LanternError(
    'bad-file',
    `${path} cannot be read: ${messageOf(error)}.`,
    'Check the file and its permissions.',
  )
}
