// Joins the shards of one run: equal locks, disjoint and complete samples, one folder as if it had run in one piece.
import {LanternError} from '../core/errors.js'
import {carryStored} from '../run-folder/carry.js'
import {type Lock, lockOf} from '../run-folder/lock.js'
import {openRunFolder, settledRecords} from '../run-folder/reader.js'
import {type LogRecord, recordKey} from '../run-folder/record.js'
import {withRun} from '../run-folder/run.js'
import {differences} from '../run-folder/run-dir.js'

export interface Merged {
  readonly runDir: string
  readonly shards: number
  readonly records: number
  readonly errors: number
  /** Samples x arms that no shard has answered. */
  readonly missing: number
  /** Files of stored latents and of features of pictures that were carried along; a picture counts once. */
  readonly latents: number
  readonly features: number
  /** Warnings about the shards, in sentences. */
  readonly warnings: readonly string[]
}

/**
 * Merges runs into `out`. An incomplete set is merged only with `allowIncomplete`.
 * Throws `provenance` for different locks, `bad-file` for samples that two shards hold, `incomplete-merge` for missing
 * shards or samples.
 */
export async function mergeRuns(runDirs: readonly string[], out: string, allowIncomplete: boolean): Promise<Merged> {
  const warnings: string[] = []
  const runs = await Promise.all(
    runDirs.map(async dir => ({
      ...(await openRunFolder(dir)),
      records: await settledRecords(dir, warning => warnings.push(warning)),
    })),
  )
  const first = runs[0]!
  for (const {dir, lock} of runs) {
    if (lock.hash !== first.lock.hash) {
      throw new LanternError(
        'provenance',
        `${dir} and ${first.dir} are not shards of one run (different: ${differences(first.lock, lock).join(', ')}).`,
        'Merge runs of the same command that differ in --shard alone.',
      )
    }
  }
  const records = disjoint(runs)
  const {repeats = 1} = first.lock.seeds
  const expected =
    repeats * first.lock.arms.length * first.lock.benchmarks.reduce((sum, bench) => sum + bench.selected, 0)
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
  const lock = lockOf({
    ...first.lock,
    shard: null,
    environment: {
      titles: first.lock.environment['titles'],
      mergedFrom: runs.map(run => ({shard: run.lock.shard, ...run.lock.environment})),
    },
  })
  const samples = [...first.samples.values()].flatMap(list => [...list.values()])
  const carried = {latents: new Set<string>(), features: new Set<string>()}
  await withRun({dir: out, lock, samples, env: process.env}, async ({tally, write}) => {
    // As in a run, what a record was made with is there before the record.
    for (const {dir} of runs) {
      const names = await carryStored(dir, out)
      for (const kind of ['latents', 'features'] as const) for (const name of names[kind]) carried[kind].add(name)
    }
    await write(records, record => (tally.isNews(record) ? record : null))
  })
  return {
    runDir: out,
    shards: runs.length,
    records: records.length,
    errors: records.filter(record => record.outcome === 'error').length,
    missing,
    latents: carried.latents.size,
    features: carried.features.size,
    warnings,
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
