// Run folders for tests of tables and comparisons: a lock and a log as `run` writes them, from a few words.
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {type Arm, armId} from '../../src/core/generation.js'
import type {Outcome} from '../../src/core/outcome.js'
import {type Lock, lockOf as seal} from '../../src/run-folder/lock.js'
import type {LogRecord} from '../../src/run-folder/record.js'
import {type ListedSample, samplesSha256} from '../../src/run-folder/samples.js'

export function arm(model: string, mode: Arm['mode'], latents: Partial<Arm> = {}): Arm {
  const bare = {model, mode, protocol: null, latentSize: null, intervention: null, ...latents}
  return {...bare, id: armId(bare)}
}

type LockBenchmark = Lock['benchmarks'][number]

/** A benchmark entry with the given subtasks and sizes; `writeRun` hashes its samples. */
export function lockBenchmark(
  id: string,
  subtasks: Readonly<Record<string, number>>,
  changes: Partial<LockBenchmark> = {},
): LockBenchmark {
  const sizes = Object.entries(subtasks).map(([name, n]) => ({name, selected: n, available: n}))
  const total = sizes.reduce((sum, {selected}) => sum + selected, 0)
  return {
    id,
    split: 'val',
    kind: 'official',
    layout: 'parquet',
    revision: null,
    labels: null,
    dataSha256: 'd'.repeat(64),
    samplesSha256: 'e'.repeat(64),
    selected: total,
    available: total,
    partial: false,
    metric: 'accuracy',
    aggregate: 'macro',
    headline: null,
    subtasks: sizes,
    ...changes,
  }
}

export function lockOf(arms: readonly Arm[], benchmarks: readonly LockBenchmark[], changes: Partial<Lock> = {}): Lock {
  return seal({
    arms: [...arms],
    benchmarks: [...benchmarks],
    prompts: {style: 'official', templatesSha256: 'f'.repeat(64)},
    decoding: {
      temperature: 0,
      maxNewTokens: Object.fromEntries(arms.map(({mode}) => [mode, 16])) as Lock['decoding']['maxNewTokens'],
    },
    images: {minPixels: null, maxPixels: null},
    models: [...new Set(arms.map(({model}) => model))].map(ref => ({ref})),
    extractor: 'lantern-eval',
    judge: null,
    seeds: {run: 0},
    shard: null,
    environment: {titles: {blink: 'BLINK', vstar: 'V*', viscot: 'VisCoT'}},
    ...changes,
  })
}

/** A record with the score and the answer that its outcome has for a choice. */
export function record(
  of: {arm: string; bench: string; subtask: string; id: string; outcome: Outcome},
  changes: Partial<LogRecord> = {},
): LogRecord {
  const unscored = of.outcome === 'error' || of.outcome === 'unscored'
  const gold = changes.gold ?? (of.outcome === 'unscored' ? null : 'A')
  const right = typeof gold === 'string' ? gold : 'A'
  return {
    type: 'sample',
    schema: 1,
    ...of,
    score: unscored ? null : Number(of.outcome === 'correct'),
    metrics: {},
    answer: of.outcome === 'correct' ? right : of.outcome === 'wrong' ? (right === 'A' ? 'B' : 'A') : null,
    gold,
    letters: ['A', 'B'],
    text: '<answer>A</answer>',
    extractor: 'lantern-eval',
    usage: {promptTokens: 402, imageTokens: 256, textTokens: 9, latentSteps: 0, markerTokens: 0, blocks: 0},
    timing: {firstTokenMs: 41, totalMs: 90},
    stop: of.outcome === 'error' ? 'error' : 'eos',
    attempts: 1,
    seen: null,
    error: of.outcome === 'error' ? {code: 'endpoint', message: 'no answer'} : null,
    ...changes,
  }
}

/**
 * Writes a run folder and returns it. Its samples are those of the records, filled up to the sizes of the lock with the
 * ids of `recordsOf`; the lock is hashed with them. The records agree with themselves, as every record of a run must.
 * `groupOf` says to which group a sample belongs, and how many samples of it the data have.
 */
export function writeRun(
  dir: string,
  lock: Lock,
  records: Iterable<LogRecord>,
  groupOf: (id: string) => Pick<ListedSample, 'group' | 'groupSize'> = () => ({}),
): string {
  const all = Array.from(records, one => ({...agreeing(one), extractor: lock.extractor}))
  const samples = lock.benchmarks.map(bench =>
    samplesOf(bench, all).map(sample => ({...sample, ...groupOf(sample.id)})),
  )
  const benchmarks = lock.benchmarks.map((bench, k) => ({...bench, samplesSha256: samplesSha256(samples[k]!)}))
  mkdirSync(dir, {recursive: true})
  writeFileSync(join(dir, 'lock.json'), JSON.stringify(seal({...lock, benchmarks})))
  writeFileSync(join(dir, 'samples.jsonl'), samples.flat().map(line).join(''))
  writeFileSync(join(dir, 'log.jsonl'), all.map(line).join(''))
  return dir
}

/** A record whose score was changed gets the outcome, and the answer, that this score has. */
function agreeing(one: LogRecord): LogRecord {
  if (one.score === null || !['correct', 'wrong'].includes(one.outcome)) return one
  const outcome = one.score >= 0.5 ? 'correct' : 'wrong'
  return {...one, outcome, answer: outcome === 'correct' && typeof one.gold === 'string' ? one.gold : one.answer}
}

const line = (value: unknown) => `${JSON.stringify(value)}\n`

function samplesOf({id: bench, subtasks}: LockBenchmark, records: readonly LogRecord[]): ListedSample[] {
  const samples = new Map<string, ListedSample>()
  for (const {bench: of, id, subtask, item} of records)
    if (of === bench) samples.set(id, {bench, id, subtask, ...(item === undefined ? {} : {item})})
  for (const {name, selected} of subtasks) {
    let count = [...samples.values()].filter(({subtask}) => subtask === name).length
    for (let k = 1; count < selected; k++) {
      const id = `${name}_${k}`
      if (samples.has(id)) continue
      samples.set(id, {bench, id, subtask: name})
      count++
    }
  }
  return [...samples.values()]
}

/** Records of one arm over a benchmark: `outcomeOf` says what became of each sample (undefined = not asked yet). */
export function* recordsOf(
  arm: Arm,
  bench: LockBenchmark,
  outcomeOf: (subtask: string, index: number) => Outcome | undefined,
  changes: Partial<LogRecord> = {},
): Generator<LogRecord> {
  for (const {name, selected} of bench.subtasks) {
    for (let k = 0; k < selected; k++) {
      const outcome = outcomeOf(name, k)
      if (outcome) yield record({arm: arm.id, bench: bench.id, subtask: name, id: `${name}_${k + 1}`, outcome}, changes)
    }
  }
}
