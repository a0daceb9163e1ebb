// Reads a run folder: its lock, its samples and its log. Each is checked against what it must agree with. Writing is in
// run.ts.
import {join} from 'node:path'
import {LanternError, messageOf, systemCodeOf} from '../core/errors.js'
import {parseJson, parseJsonObject} from '../core/json.js'
import {limits} from '../core/limits.js'
import {type Line, lineBatches, lines} from '../core/lines.js'
import {readSmallText} from '../core/small-file.js'
import {type Lock, lockHash, lockSchema} from './lock.js'
import {type LogRecord, logRecordSchema, recordKey, replaces} from './record.js'
import {RecordCheck} from './record-check.js'
import {isPlainRecord} from './record-guard.js'
import {readSamples, type SampleList} from './samples.js'

export const lockFile = 'lock.json'
export const logFile = 'log.jsonl'
export const summaryFile = 'summary.json'

/** A run folder whose lock and samples agree. */
export interface RunFolder {
  readonly dir: string
  readonly lock: Lock
  readonly samples: SampleList
}

/** Reads lock and samples. Throws as `readLock` and `readSamples` do. */
export async function openRunFolder(dir: string): Promise<RunFolder> {
  const lock = await readLock(dir)
  return {dir, lock, samples: await readSamples(dir, lock.benchmarks)}
}

/**
 * Reads lock.json. Throws `bad-file` when it is absent or does not fit its schema, `provenance` when its hash does not
 * match its content.
 */
export async function readLock(runDir: string): Promise<Lock> {
  const path = join(runDir, lockFile)
  let text: string
  try {
    text = await readSmallText(path, limits.lockBytes)
  } catch (error) {
    const why =
      systemCodeOf(error) === 'ENOENT' ? 'it has no lock.json' : `its lock.json cannot be read: ${messageOf(error)}`
    throw new LanternError(
      'bad-file',
      `${runDir} is not a run folder: ${why}.`,
      'Give the folder that `lantern-eval run` wrote, e.g. one under results/.',
    )
  }
  const value = parseJsonObject(
    text,
    what => new LanternError('bad-file', `${path} ${what}.`, 'Restore the file, or run again with another --out.'),
  )
  const parsed = lockSchema.safeParse(value)
  if (parsed.success) {
    if (lockHash(parsed.data) === parsed.data.hash) return parsed.data
    throw new LanternError(
      'provenance',
      `${path} was edited: its content does not match its hash ${parsed.data.hash}.`,
      'Restore the file, or run again with another --out.',
    )
  }
  const issue = parsed.error.issues[0]!
  throw new LanternError(
    'bad-file',
    `${path} is not a lock of this version: ${issue.path.join('.')}: ${issue.message}.`,
    'Run again with another --out.',
  )
}

/**
 * Byte length of the log's complete lines: an incomplete last line is cut off before appending. 0 when there is no log.
 */
export async function completeLogLength(runDir: string): Promise<number> {
  let length = 0
  try {
    for await (const line of lines(join(runDir, logFile), limits.recordBytes)) if (line.complete) length = line.end
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error
  }
  return length
}

/** Which records to return, by content and line number. */
type Fits = (record: LogRecord, line: number) => boolean

/**
 * Every record of the log in file order, as a stream, including records that cannot be true. An incomplete last line is
 * dropped; an absent log is empty.
 * Throws `bad-file` (naming file and line) for a complete line that is not a record.
 */
export async function* readLog(runDir: string): AsyncGenerator<LogRecord> {
  for await (const batch of readLogBatches(runDir, () => true)) yield* batch
}

/** As `readLog`, but yields the matching records in batches, for long logs. */
export async function* readLogBatches(runDir: string, fits: Fits): AsyncGenerator<Iterable<LogRecord>> {
  const path = join(runDir, logFile)
  let number = 0
  function* recordsOf(batch: readonly Line[]): Generator<LogRecord> {
    for (const {text, complete} of batch) {
      number++
      if (!complete || text === '') continue
      const record = parseRecord(text, path, number)
      if (fits(record, number)) yield record
    }
  }
  try {
    for await (const batch of lineBatches(path, limits.recordBytes)) yield recordsOf(batch)
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error
  }
}

/** One line of a log as a record. Throws `bad-file` naming file and line. */
export function parseRecord(text: string, path: string, line: number): LogRecord {
  const value = parseJson(
    text,
    what =>
      new LanternError(
        'bad-file',
        `${path}, line ${line}, ${what}.`,
        'Remove that line; its sample is asked again on the next run.',
      ),
  )
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
 * The record that counts for each key (see `replaces`). Memory grows with the number of samples, not with the length of
 * their history. Records that cannot be true are left out and reported.
 * Throws as `openRunFolder` and `readLog` do.
 */
export async function settledRecords(runDir: string, tell: (warning: string) => void = () => {}): Promise<LogRecord[]> {
  const check = new RecordCheck(await openRunFolder(runDir))
  const settled = new Map<string, LogRecord>()
  for await (const batch of readLogBatches(runDir, check.fits)) {
    for (const record of batch) {
      const key = recordKey(record)
      if (replaces(record.outcome, settled.get(key)?.outcome)) settled.set(key, record)
    }
  }
  check.warnings().forEach(tell)
  return [...settled.values()]
}
