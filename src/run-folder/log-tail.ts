// Reads a log that may still grow: each call reads only what was appended since the last one. Each record comes with
// its place in the file, so that it can be read again without the rest.
import {type FileHandle, open, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {LanternError, systemCodeOf} from '../core/errors.js'
import {limits} from '../core/limits.js'
import {type Line, lineBatches} from '../core/lines.js'
import {logFile, parseRecord} from './reader.js'
import type {LogRecord} from './record.js'

/** A line of the log: bytes from `start` to before `end`, without its line feed. */
export interface LogPlace {
  readonly start: number
  readonly end: number
}

export class LogTail {
  readonly #path: string
  #read = 0
  #lines = 0

  constructor(runDir: string) {
    this.#path = join(runDir, logFile)
  }

  /**
   * The records appended since the last call that fit, in batches; an incomplete last line is left for the next call.
   * Each batch is to be read to its end, since its records are parsed as they are read: a list of them would outlive
   * the cheap collections of garbage, and a long log would fill the memory. An absent log is empty. Throws `bad-file`
   * (naming file and line) for a line that is not a record, and for a log that has lost what was read of it.
   */
  async *appended(
    fits: (record: LogRecord, line: number) => boolean,
  ): AsyncGenerator<Iterable<LogPlace & {readonly record: LogRecord}>> {
    if (this.#read > 0) await this.#stillThere()
    try {
      for await (const batch of lineBatches(this.#path, limits.recordBytes, this.#read)) yield this.#placed(batch, fits)
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error
    }
  }

  async #stillThere(): Promise<void> {
    const size = await stat(this.#path).then(found => found.size, this.#gone)
    if (size < this.#read) throw this.#cut()
  }

  readonly #gone = (error: unknown): never => {
    if (systemCodeOf(error) !== 'ENOENT') throw error
    throw new LanternError('bad-file', `${this.#path} is no longer there.`, 'Read the run again.')
  }

  #cut(): LanternError {
    return new LanternError('bad-file', `${this.#path} is shorter than it was.`, 'Read the run again.')
  }

  *#placed(
    batch: readonly Line[],
    fits: (record: LogRecord, line: number) => boolean,
  ): Generator<LogPlace & {readonly record: LogRecord}> {
    for (const {text, complete, end} of batch) {
      if (!complete) continue
      const start = this.#read
      this.#read = end
      this.#lines++
      if (text === '') continue
      const record = parseRecord(text, this.#path, this.#lines)
      if (fits(record, this.#lines)) yield {record, start, end: end - 1}
    }
  }

  /** The record at a place. Throws `bad-file` where there is none any more. */
  async at({start, end}: LogPlace): Promise<LogRecord> {
    const file: FileHandle = await open(this.#path).catch(this.#gone)
    try {
      const {buffer, bytesRead} = await file.read({buffer: Buffer.alloc(end - start), position: start})
      if (bytesRead < end - start) throw this.#cut()
      return parseRecord(buffer.toString('utf8', 0, bytesRead), `${this.#path}, from byte ${start}`, 1)
    } finally {
      await file.close()
    }
  }
}
