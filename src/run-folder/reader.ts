// Reading a run folder: its lock and its log. Writing belongs to journal.ts.
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {LanternError, messageOf, systemCodeOf} from '../core/errors.js'
import {type Line, lineBatches, lines} from '../core/lines.js'
import {type Lock, lockSchema} from './lock.js'
import {type LogRecord, logRecordSchema} from './record.js'
import {isPlainRecord} from './record-guard.js'

export const lockFile = 'lock.json'
export const logFile = 'log.jsonl'
export const summaryFile = 'summary.json'
export const latentsFolder = 'latents'

/** Key of a settled record within a run. */
export function recordKey(record: Pick<LogRecord, 'arm' | 'bench' | 'id'>): string {
  return `${record.arm}\u0000${record.bench}\u0000${record.id}`
}

/** Reads lock.json. Throws `bad-file` when there is none or it does not fit its schema. */
export async function readLock(runDir: string): Promise<Lock> {
  const path = join(runDir, lockFile)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const why = systemCodeOf(error) === 'ENOENT' ? 'it has no lock.json' : messageOf(error)
    throw new LanternError(
      'bad-file',
      `${runDir} is not a run folder: ${why}.`,
      'Give the folder that `lantern-eval run` wrote, e.g. one under results/.',
    )
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new LanternError(
      'bad-file',
      `${path} is not JSON: ${messageOf(error)}.`,
      'Restore the file, or run again with another --out.',
    )
  }
  const parsed = lockSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw new LanternError(
    'bad-file',
    `${path} is not a lock of this version: ${issue.path.join('.')}: ${issue.message}.`,
    'Run again with another --out.',
  )
}

/**
 * Byte length of the log's whole lines: a writer that appends cuts a torn last line off first. 0 when there is no log.
 */
export async function completeLogLength(runDir: string): Promise<number> {
  let length = 0
  try {
    for await (const line of lines(join(runDir, logFile))) if (line.complete) length = line.end
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error
  }
  return length
}

/**
 * Every record of the log in file order, as a stream; a torn last line is dropped, an absent log is empty.
 * Throws `bad-file` (naming file and line) for a whole line that is no record.
 */
export async function* readLog(runDir: string): AsyncGenerator<LogRecord> {
  for await (const batch of readLogBatches(runDir)) yield* batch
}

/** As `readLog`, many records at a time, for long logs. */
export async function* readLogBatches(runDir: string): AsyncGenerator<Iterable<LogRecord>> {
  const path = join(runDir, logFile)
  let number = 0
  function* recordsOf(batch: readonly Line[]): Generator<LogRecord> {
    for (const {text, complete} of batch) {
      number++
      if (complete && text !== '') yield parseRecord(text, path, number)
    }
  }
  try {
    for await (const batch of lineBatches(path)) yield recordsOf(batch)
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error
  }
}

function parseRecord(text: string, path: string, line: number): LogRecord {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new LanternError(
      'bad-file',
      `${path}, line ${line}, is not JSON: ${messageOf(error)}.`,
      'Remove that line; its sample is asked again on the next run.',
    )
  }
  if (isPlainRecord(value)) return value
  const parsed = logRecordSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw new LanternError(
    'bad-file',
    `${path}, line ${line}, is not a log record: ${issue.path.join('.')}: ${issue.message}.`,
    'Remove that line; its sample is asked again on the next run.',
  )
}

/**
 * The one record that counts for each (arm, bench, id): the last that is not an `error`, else the last `error`.
 * Memory grows with the number of samples, not with the length of their history.
 */
export async function settledRecords(runDir: string): Promise<LogRecord[]> {
  const settled = new Map<string, LogRecord>()
  for await (const batch of readLogBatches(runDir)) {
    for (const record of batch) {
      const key = recordKey(record)
      const before = settled.get(key)
      if (before === undefined || before.outcome === 'error' || record.outcome !== 'error') settled.set(key, record)
    }
  }
  return [...settled.values()]
}
