// The life of a run on disk, in one place: claim the folder, hold it, read what is there, append, close, release. Every
// command that writes a run (`run`, `rescore`, `merge`, `import`) uses `withRun`.
import {rm, rmdir} from 'node:fs/promises'
import {join} from 'node:path'
import {LanternError, messageOf} from '../core/errors.js'
import {writeWhole} from '../core/part-file.js'
import {redactor, secretsIn} from '../core/redact.js'
import {type Hold, hold} from './hold.js'
import {type Journal, openJournal} from './journal.js'
import type {Lock} from './lock.js'
import {lockFile, logFile, openRunFolder} from './reader.js'
import type {LogRecord} from './record.js'
import {isRunOf} from './run-dir.js'
import {type ListedSample, samplesFile, writeSamples} from './samples.js'
import {type Tally, tallyOf} from './tally.js'

/** Records in progress at once: enough to hide a judge's latency, few enough to bound memory. */
const window = 256

export interface NewRun {
  readonly dir: string
  readonly lock: Lock
  /** Every sample of the lock's selection, in the order of the data. */
  readonly samples: Iterable<ListedSample>
  /** Environment whose credentials must not reach the log. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Told that it takes a while to find out whether another process writes the folder. */
  readonly tell?: (sentence: string) => void
}

export interface OpenRun {
  /** What is settled and what failed, kept up to date. */
  readonly tally: Omit<Tally, 'add'>
  /**
   * Appends the record of each item; an item without one gives null. A bounded number is in progress at once, in any
   * order. The first failure stops it, and is thrown once everything already begun has ended.
   */
  write<T>(
    items: AsyncIterable<T> | Iterable<T>,
    toRecord: (item: T) => Promise<LogRecord | null> | LogRecord | null,
    /** Called with each record once it is on disk, as written there, and its item. */
    onWritten?: (record: LogRecord, item: T) => void,
    /** Called at the first failure: a source that waits for what it gave to be on disk has to end then. */
    onFailed?: () => void,
  ): Promise<void>
}

/**
 * Opens a run folder for writing, resumes what is there, and closes it whatever `work` does. A folder is removed again
 * if the work failed before its first record.
 * Throws `provenance` for a folder of another run, `usage` while another process writes it, `hold-lost` once another
 * process took it over, `disk` when it cannot be written or its log was removed, cut or replaced meanwhile; and what
 * `work` throws.
 */
export async function withRun<T>(run: NewRun, work: (run: OpenRun) => Promise<T>): Promise<T> {
  const {dir, lock, samples, env, tell} = run
  // Another run in this folder is the error to report first, before any hold and before anything is made.
  await isRunOf(dir, lock)
  const held = await hold(dir, tell === undefined ? {} : {tell})
  let empty = false
  let failed = true
  try {
    empty = await claim(dir, lock, samples)
    const tally = await tallyOf(await openRunFolder(dir))
    const journal = await openJournal(dir, async () => {
      await held.check()
      empty = false
    })
    const result = await closing(journal, () => work(openRun(journal, tally, redactor(secretsIn(env)))))
    failed = false
    return result
  } finally {
    if (empty && failed) await unclaim(dir, held)
    await held.release()
    // Fails, as it should, if any file is left.
    if (failed) await rmdir(dir).catch(() => undefined)
  }
}

/**
 * Writes samples and lock (true), or finds them there (false). The lock is written last: with it, the folder is a run.
 */
async function claim(dir: string, lock: Lock, samples: Iterable<ListedSample>): Promise<boolean> {
  if (await isRunOf(dir, lock)) return false
  try {
    await writeSamples(dir, samples)
    await writeWhole(join(dir, lockFile), `${JSON.stringify(lock, null, 2)}\n`)
  } catch (error) {
    throw new LanternError('disk', `${dir} cannot be written: ${messageOf(error)}.`, 'Give another --out.', {
      cause: error,
    })
  }
  return true
}

/** Closes the journal after the work. If both fail, the work's error is thrown. */
async function closing<T>(journal: Journal, work: () => Promise<T>): Promise<T> {
  let result: T
  try {
    result = await work()
  } catch (error) {
    await journal.close().catch(() => undefined)
    throw error
  }
  await journal.close()
  return result
}

/** Undoes a claim under which nothing was written, unless the folder belongs to another process by now. */
async function unclaim(dir: string, held: Hold): Promise<void> {
  const ours = await held.check().then(
    () => true,
    () => false,
  )
  if (ours) for (const name of [logFile, lockFile, samplesFile]) await rm(join(dir, name), {force: true})
}

function openRun(journal: Journal, tally: Tally, redact: <T>(value: T) => T): OpenRun {
  const append = async (record: LogRecord): Promise<LogRecord> => {
    // Redaction must not change the fields that identify the record: the lock has them too.
    const {arm, bench, id, subtask, item} = record
    const clean = {...redact(record), arm, bench, id, subtask, ...(item === undefined ? {} : {item})}
    await journal.append(clean)
    tally.add(clean)
    return clean
  }
  return {
    tally,
    async write(items, toRecord, onWritten, onFailed) {
      const underWay = new Set<Promise<void>>()
      let failure: {error: unknown} | null = null
      const handle = async (item: Parameters<typeof toRecord>[0]) => {
        try {
          const record = await toRecord(item)
          if (record === null) return
          const written = await append(record)
          onWritten?.(written, item)
        } catch (error) {
          failure ??= {error}
          onFailed?.()
        }
      }
      try {
        for await (const item of items) {
          const one = handle(item).finally(() => underWay.delete(one))
          underWay.add(one)
          if (underWay.size >= window) await Promise.race(underWay)
          if (failure) break
        }
      } finally {
        await Promise.all(underWay)
      }
      if (failure) throw (failure as {error: unknown}).error
    },
  }
}
