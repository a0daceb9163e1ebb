// The append-only log of a run. Once `append` resolves, its record is on disk; nothing is ever rewritten. The size of
// the file is compared with what was written, so a log that was removed, cut or replaced is reported.
import {type FileHandle, open, stat, truncate} from 'node:fs/promises'
import {join} from 'node:path'
import {LanternError, messageOf, systemCodeOf} from '../core/errors.js'
import {limits} from '../core/limits.js'
import {completeLogLength, logFile} from './reader.js'
import type {LogRecord} from './record.js'

export interface Journal {
  /** Resolves when the record is on disk (fsync). Records given while a write is under way share the next one. */
  append(record: LogRecord): Promise<void>
  /** Throws `disk` when the log does not hold what was written to it. */
  close(): Promise<void>
}

/**
 * Opens the log of a run folder for appending. Cuts off an incomplete last line, which a killed writer may have left.
 * `mayWrite` is called before every write and throws when we no longer hold the folder.
 * Throws `disk` when the file cannot be written.
 */
export async function openJournal(runDir: string, mayWrite: () => Promise<void> = async () => {}): Promise<Journal> {
  const path = join(runDir, logFile)
  let size = await completeLogLength(runDir)
  let file: FileHandle
  let inode: number
  try {
    file = await open(path, 'a')
    const found = await file.stat()
    inode = found.ino
    if (found.size > size) await truncate(path, size)
  } catch (error) {
    throw diskError(path, error)
  }

  let waiting: {line: string; resolve: () => void; reject: (error: unknown) => void}[] = []
  let writing: Promise<void> | null = null
  let failure: LanternError | null = null

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        await mayWrite()
        await assertOurs()
        const bytes = Buffer.from(batch.map(entry => entry.line).join(''))
        await file.appendFile(bytes)
        await file.datasync()
        size += bytes.length
        for (const entry of batch) entry.resolve()
      } catch (error) {
        failure = error instanceof LanternError ? error : diskError(path, error)
        for (const entry of [...batch, ...waiting]) entry.reject(failure)
        waiting = []
      }
    }
    writing = null
  }

  /**
   * A process that lost the folder also finds another's records in the log. The lost hold is the error to report, even
   * when it was lost between the two looks: this process may have been suspended there.
   */
  async function assertOurs(): Promise<void> {
    try {
      await assertWhole()
    } catch (error) {
      await mayWrite()
      throw error
    }
  }

  async function assertWhole(): Promise<void> {
    const found = await stat(path).catch(error => {
      if (systemCodeOf(error) === 'ENOENT') return null
      throw diskError(path, error)
    })
    if (found?.ino === inode && found.size === size) return
    const what =
      found === null
        ? 'was removed'
        : found.ino !== inode
          ? 'was replaced by another file'
          : found.size < size
            ? `was cut from ${size} to ${found.size} bytes`
            : 'was written to by another program'
    throw new LanternError(
      'disk',
      `${path} ${what} while the run went on.`,
      'Run the same command again: records still in the log are kept, the others are asked again.',
    )
  }

  return {
    append(record) {
      if (failure) return Promise.reject(failure)
      const line = `${JSON.stringify(record)}\n`
      if (Buffer.byteLength(line) > limits.recordBytes) return Promise.reject(tooLong(record))
      return new Promise((resolve, reject) => {
        waiting.push({line, resolve, reject})
        writing ??= drain()
      })
    },
    async close() {
      await writing
      await file.close()
      if (failure === null) await assertOurs()
    },
  }
}

/** It could be written, and no reader would take it. */
function tooLong({bench, id}: LogRecord): LanternError {
  return new LanternError(
    'bad-file',
    `The record of ${bench} ${id} has more than ${limits.recordBytes >> 20} MB.`,
    'Look at its options and answer in the data: something that long is not meant.',
  )
}

function diskError(path: string, error: unknown): LanternError {
  const full = systemCodeOf(error) === 'ENOSPC'
  return new LanternError(
    'disk',
    `${path} cannot be written: ${messageOf(error)}.`,
    full
      ? 'Free some space and run the same command again: finished samples are kept.'
      : 'Check the folder and run the same command again.',
    {cause: error},
  )
}
