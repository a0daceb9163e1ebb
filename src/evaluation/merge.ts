// Joins the shards of one run: equal locks, disjoint and complete samples, one folder as if it had run in one piece.
import {LanternError} from '../core/errors.js'
import {hold} from '../run-folder/hold.js'
import {openJournal} from '../run-folder/journal.js'
import {type Lock, lockHash} from '../run-folder/lock.js'
import {readLock, recordKey, settledRecords} from '../run-folder/reader.js'
import type {LogRecord} from '../run-folder/record.js'
import {claimRunDir, differences} from '../run-folder/run-dir.js'

export interface Merged {
  readonly runDir: string
  readonly shards: number
  readonly records: number
  readonly errors: number
  /** Samples x arms that no shard has answered. */
  readonly missing: number
}

/**
 * Merges runs into `out`. An incomplete set is merged only with `allowIncomplete`.
 * Throws `provenance` for different locks, `bad-file` for samples that two shards hold, `incomplete-merge` for missing
 * shards or samples.
 */
export async function mergeRuns(runDirs: readonly string[], out: string, allowIncomplete: boolean): Promise<Merged> {
  const runs = await Promise.all(
    runDirs.map(async dir => ({dir, lock: await readLock(dir), records: await settledRecords(dir)})),
  )
  const first = runs[0]!
  for (const {dir, lock} of runs) {
    if (lock.hash !== first.lock.hash || lockHash(lock) !== lock.hash) {
      throw new LanternError(
        'provenance',
        `${dir} and ${first.dir} are not shards of one run (different: ${differences(first.lock, lock).join(', ') || 'an edited lock'}).`,
        'Merge runs of the same command that differ in --shard alone.',
      )
    }
  }
  const records = disjoint(runs)
  const expected = first.lock.arms.length * first.lock.benchmarks.reduce((sum, bench) => sum + bench.selected, 0)
  const missing = Math.max(0, expected - records.length)
  const absent = absentShards(runs.map(({lock}) => lock))
  if (missing > 0 && !allowIncomplete) {
    const which = absent.length > 0 ? ` Shards without a run: ${absent.join(', ')}.` : ''
    throw new LanternError(
      'incomplete-merge',
      `${missing} of ${expected} samples are missing.${which}`,
      'Finish the shards (the same commands resume), or merge what is there with --allow-incomplete.',
    )
  }
  const lock: Lock = {
    ...first.lock,
    shard: null,
    environment: {
      titles: first.lock.environment['titles'],
      mergedFrom: runs.map(run => ({shard: run.lock.shard, ...run.lock.environment})),
    },
  }
  await claimRunDir(out, lock)
  const release = await hold(out)
  try {
    const there = new Set((await settledRecords(out)).map(recordKey))
    const journal = await openJournal(out)
    try {
      await Promise.all(records.filter(record => !there.has(recordKey(record))).map(record => journal.append(record)))
    } finally {
      await journal.close()
    }
  } finally {
    await release()
  }
  return {
    runDir: out,
    shards: runs.length,
    records: records.length,
    errors: records.filter(record => record.outcome === 'error').length,
    missing,
  }
}

function disjoint(runs: readonly {dir: string; records: readonly LogRecord[]}[]): LogRecord[] {
  const owner = new Map<string, string>()
  const all: LogRecord[] = []
  for (const {dir, records} of runs) {
    for (const record of records) {
      const key = recordKey(record)
      const other = owner.get(key)
      if (other !== undefined) {
        throw new LanternError(
          'bad-file',
          `Sample ${record.id} of ${record.bench} (${record.arm}) is in ${other} and in ${dir}.`,
          'Give each shard once.',
        )
      }
      owner.set(key, dir)
      all.push(record)
    }
  }
  return all
}

function absentShards(locks: readonly Lock[]): string[] {
  const count = locks[0]!.shard?.count ?? 0
  const present = new Set(locks.map(lock => lock.shard?.index))
  return Array.from({length: count}, (_, index) => index + 1)
    .filter(index => !present.has(index))
    .map(index => `${index}/${count}`)
}
