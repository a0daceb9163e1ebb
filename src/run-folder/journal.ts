// The append-only log of a run. A record that `append` has resolved for is on disk; nothing is ever rewritten.
import {type FileHandle, open, truncate} from 'node:fs/promises'
import {join} from 'node:path'
import {LanternError, messageOf, systemCodeOf} from '../core/errors.js'
import {completeLogLength, logFile} from './reader.js'
import type {LogRecord} from './record.js'

export interface Journal {
  /** Resolves when the record is on disk (fsync). Records given while a write is under way share the next one. */
  append(record: LogRecord): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the log of a run folder for appending and cuts off a torn last line, which a killed writer may have left.
 * Throws `disk` when the file cannot be written.
 */
export async function openJournal(runDir: string): Promise<Journal> {
  const path = join(runDir, logFile)
  const complete = await completeLogLength(runDir)
  let file: FileHandle
  try {
    file = await open(path, 'a')
    if ((await file.stat()).size > complete) await truncate(path, complete)
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
        await file.appendFile(batch.map(entry => entry.line).join(''))
        await file.datasync()
        for (const entry of batch) entry.resolve()
      } catch (error) {
        failure = diskError(path, error)
        for (const entry of [...batch, ...waiting]) entry.reject(failure)
        waiting = []
      }
    }
    writing = null
  }

  return {
    append(record) {
      if (failure) return Promise.reject(failure)
      return new Promise((resolve, reject) => {
        waiting.push({line: `${JSON.stringify(record)}\n`, resolve, reject})
        writing ??= drain()
      })
    },
    async close() {
      await writing
      await file.close()
    },
  }
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
