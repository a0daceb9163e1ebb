// Saved generations scored again into a new run: another extractor, a judge, other labels. The source run is only read;
// no model is asked.
import pLimit from 'p-limit'
import type {DataSet} from '../benchmarks/benchmark.js'
import {dataGiven, findData} from '../benchmarks/data-places.js'
import {loadBenchmark} from '../benchmarks/index.js'
import {LanternError} from '../core/errors.js'
import type {Scoring} from '../core/outcome.js'
import {redactor, secretsIn} from '../core/redact.js'
import type {Sample} from '../core/sample.js'
import {differsFromPeer} from '../metrics/peer.js'
import {scoreAnswer} from '../metrics/score.js'
import {itemOf, type OptionOrders, optionVariants} from '../modes/option-orders.js'
import {hold} from '../run-folder/hold.js'
import {openJournal} from '../run-folder/journal.js'
import {type Lock, lockHash} from '../run-folder/lock.js'
import {readLock, recordKey, settledRecords} from '../run-folder/reader.js'
import type {LogRecord} from '../run-folder/record.js'
import {claimRunDir} from '../run-folder/run-dir.js'
import type {ChatOptions} from '../runners/remote/index.js'
import {endOf, type RunEnd} from './evaluate.js'
import {type JudgeChoice, type OpenJudge, openJudge} from './judge.js'

export interface RescoreSpec {
  readonly from: string
  readonly out: string
  /** Default: the run's own. */
  readonly extractor?: string
  readonly judge?: JudgeChoice
  /** Data whose gold answers take the place of the saved ones, as in `RunSpec.data`. */
  readonly data: Readonly<Record<string, string>>
  readonly maxErrorRate: number
  /** For the judge. */
  readonly chat: ChatOptions
}

export interface Rescored extends RunEnd {
  /** Records whose outcome or score is not what it was. */
  readonly changed: number
}

/** How a benchmark of the run is scored now. */
interface Rescoring {
  readonly entry: Lock['benchmarks'][number]
  readonly scoring: Scoring
  /** Opened when labels or questions are needed; else the record says all. */
  readonly data: DataSet | null
}

/** Judgements under way at once; the client has its own limit of requests. */
const judgedAtOnce = 256

/**
 * Writes the rescored run to `out`; the same call goes on where one was interrupted.
 * Throws `bad-file` for a source that is no run, `data-absent` when a judge needs questions that are not there,
 * `provenance` when the data at hand are not those of the run and were not asked for, or lack its samples.
 */
export async function rescore(spec: RescoreSpec, signal: AbortSignal): Promise<Rescored> {
  const before = await readLock(spec.from)
  const extractor = spec.extractor ?? before.extractor
  const rescorings = await Promise.all(before.benchmarks.map(entry => rescoringOf(entry, before, spec)))
  const records = await settledRecords(spec.from)
  for (const rescoring of rescorings) await assertSamples(records, rescoring)
  const judge = spec.judge
    ? await openJudge(
        spec.judge,
        rescorings.map(({entry, scoring}) => ({id: entry.id, scoring})),
        spec.chat,
      )
    : null
  const unhashed: Lock = {
    ...before,
    benchmarks: rescorings.map(({entry}) => entry),
    extractor,
    judge: judge?.identity ?? null,
    environment: {...before.environment, rescored: {run: spec.from, lock: before.hash}},
  }
  const lock = {...unhashed, hash: lockHash(unhashed)}
  await claimRunDir(spec.out, lock)
  const release = await hold(spec.out)
  try {
    const there = new Map((await settledRecords(spec.out)).map(record => [recordKey(record), record]))
    const redact = redactor(secretsIn(spec.chat.common.env))
    const journal = await openJournal(spec.out)
    const limit = pLimit(judgedAtOnce)
    const pending: Promise<void>[] = []
    try {
      for await (const [record, rescoring, sample] of withSamples(records, rescorings, before)) {
        const done = there.get(recordKey(record))
        if (signal.aborted || (done && done.outcome !== 'error')) continue
        pending.push(
          limit(async () => {
            if (signal.aborted) return
            const scored = await scoreRecord(record, {lock, rescoring, sample, judge, signal})
            there.set(recordKey(record), scored)
            await journal.append(redact(scored))
          }),
        )
      }
      await Promise.all(pending)
    } finally {
      await Promise.allSettled(pending)
      await journal.close()
    }
    const changed = records.filter(record => {
      const after = there.get(recordKey(record))
      return after !== undefined && (after.outcome !== record.outcome || after.score !== record.score)
    })
    const errors = [...there.values()].filter(record => record.outcome === 'error').length
    const facts = {runDir: spec.out, total: records.length, settled: there.size - errors, errors}
    return {...endOf(facts, spec.maxErrorRate, signal.aborted), changed: changed.length}
  } finally {
    await judge?.close()
    await release()
  }
}

async function rescoringOf(entry: Lock['benchmarks'][number], lock: Lock, spec: RescoreSpec): Promise<Rescoring> {
  const benchmark = await loadBenchmark(entry.id)
  const given = dataGiven(spec.data, entry.id)
  if (given === undefined && !spec.judge) {
    const metric = entry.metric === 'judge' ? benchmark.scoring.metric : entry.metric
    const {aggregate, headline} = entry
    return {
      entry: {...entry, metric},
      scoring: {...benchmark.scoring, metric, aggregate, headline: headline ?? undefined},
      data: null,
    }
  }
  // Nobody looks at pictures here: the published answers alone will do.
  const wish = {given, pictures: false, builtin: entry.kind === 'builtin' ? 'always' : 'named'} as const
  const {path: place} = await findData(benchmark, wish, spec.chat.common)
  const data = await benchmark.load(place, {split: entry.split, seed: lock.seeds.run})
  const {revision, labels, dataSha256} = await data.identity()
  if (given === undefined && dataSha256 !== entry.dataSha256) {
    throw new LanternError(
      'provenance',
      `The data of ${entry.id} on this machine (${place}) are not those that ${spec.from} was made with.`,
      `Name the data to score with: --data ${entry.id}=DIR.`,
    )
  }
  const {scoring} = data.benchmark
  const metric = spec.judge && scoring.answer === 'open' ? 'judge' : scoring.metric
  return {
    entry: {
      ...entry,
      layout: data.layout,
      kind: data.kind,
      revision,
      labels,
      dataSha256,
      verified: await data.verified(),
      metric,
    },
    scoring,
    data,
  }
}

/** Every record with the way it is scored and, where data were opened, its sample. */
async function* withSamples(
  records: readonly LogRecord[],
  rescorings: readonly Rescoring[],
  lock: Lock,
): AsyncGenerator<[LogRecord, Rescoring, Sample | null]> {
  const orders = (lock.prompts['options'] ?? {kind: 'file'}) as OptionOrders
  for (const rescoring of rescorings) {
    const {entry, data} = rescoring
    const mine = records.filter(record => record.bench === entry.id)
    if (data === null) {
      for (const record of mine) yield [record, rescoring, null]
      continue
    }
    const byId = new Map<string, LogRecord[]>()
    for (const record of mine) byId.set(record.id, [...(byId.get(record.id) ?? []), record])
    for await (const item of data.samples(new Set(mine.map(record => itemOf(record.id))))) {
      for (const sample of optionVariants(item, orders, lock.seeds.run)) {
        for (const record of byId.get(sample.id) ?? []) yield [record, rescoring, sample]
      }
    }
  }
}

async function assertSamples(records: readonly LogRecord[], {entry, data}: Rescoring): Promise<void> {
  if (data === null) return
  const there = new Set((await data.keys()).map(({id}) => id))
  const absent = records.filter(record => record.bench === entry.id && !there.has(itemOf(record.id)))
  if (absent.length === 0) return
  throw new LanternError(
    'provenance',
    `${absent.length} records of the run have no sample in the data of ${entry.id}, e.g. ${absent[0]!.id}.`,
    'Give the data of the same split with --data.',
  )
}

interface Context {
  readonly lock: Lock
  readonly rescoring: Rescoring
  readonly sample: Sample | null
  readonly judge: OpenJudge | null
  readonly signal: AbortSignal
}

/** A record with its score anew. What the model said, and a generation that failed, stay as they are. */
async function scoreRecord(record: LogRecord, {lock, rescoring, sample, judge, signal}: Context): Promise<LogRecord> {
  const arm = lock.arms.find(({id}) => id === record.arm)
  if (arm === undefined || record.stop === 'error' || record.stop === 'abort')
    return {...record, extractor: lock.extractor}
  const item = sample ?? record
  const answered = {...record, arm, gold: item.gold, options: item.options, letters: item.letters}
  const score = scoreAnswer(answered, rescoring.scoring, lock.extractor)
  const judged =
    judge && sample ? await judge.judge(sample, record.text, rescoring.scoring, score, signal) : {score, judge: null}
  const {judge: _before, differs: _differed, ...kept} = record
  // An imported record keeps the score its peer gave it.
  const peer = record.metrics['peer'] ?? null
  return {
    ...kept,
    outcome: judged.score.outcome,
    score: judged.score.score,
    metrics: {...judged.score.metrics, ...(peer === null ? {} : {peer})},
    answer: judged.score.answer,
    gold: item.gold === null || typeof item.gold === 'string' ? item.gold : [...item.gold],
    ...(item.options ? {options: [...item.options]} : {}),
    ...(item.letters ? {letters: [...item.letters]} : {}),
    extractor: lock.extractor,
    ...(judged.judge ? {judge: judged.judge} : {}),
    ...(differsFromPeer(judged.score, peer) ? {differs: true} : {}),
    error: ('error' in judged && judged.error) || null,
  }
}
