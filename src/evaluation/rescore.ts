// Scores saved generations again, into a new run: with another extractor, a judge, or other labels. The source run is
// only read; no model is asked.
import type {DataSet} from '../benchmarks/benchmark.js'
import {dataGiven, findData} from '../benchmarks/data-places.js'
import {benchmarkIds, loadBenchmark, openData} from '../benchmarks/index.js'
import {type OptionOrders, withOptionOrders} from '../benchmarks/option-orders.js'
import {LanternError} from '../core/errors.js'
import type {Scoring} from '../core/outcome.js'
import type {Sample} from '../core/sample.js'
import {extractorNames} from '../metrics/extraction/index.js'
import {isIntervention} from '../modes/interventions.js'
import {type Lock, type LockedBenchmark, lockedDefinition, lockedMetric, lockOf} from '../run-folder/lock.js'
import {openRunFolder, settledRecords} from '../run-folder/reader.js'
import {type LogRecord, recordKey} from '../run-folder/record.js'
import {withRun} from '../run-folder/run.js'
import type {ChatOptions} from '../runners/remote/index.js'
import {endOf, type RunEnd} from './evaluate.js'
import {type JudgeChoice, type OpenJudge, openJudge} from './judge.js'
import {absentPart, pluginsAfter} from './plugins-used.js'
import {saidInRecord, scoredRecord} from './scored-record.js'

export interface RescoreSpec {
  readonly from: string
  readonly out: string
  /** Default: the run's own. */
  readonly extractor?: string
  readonly judge?: JudgeChoice
  /** Data whose gold answers replace the saved ones, as in `RunSpec.data`. */
  readonly data: Readonly<Record<string, string>>
  readonly maxErrorRate: number
  /** For the judge. */
  readonly chat: ChatOptions
}

export interface Rescored extends RunEnd {
  /** Records whose outcome or score changed. */
  readonly changed: number
}

/** How a benchmark of the run is scored now. */
interface Rescoring {
  readonly entry: LockedBenchmark
  readonly scoring: Scoring
  /** Opened when labels or questions are needed; otherwise the record has everything. */
  readonly data: DataSet | null
}

/**
 * Writes the rescored run to `out`; the same call resumes an interrupted one.
 * Throws `bad-file` for a source that is not a run, `nothing-evaluated` for one without answers, `data-absent` when a
 * judge needs questions that are not there, `provenance` when the data found are not those of the run and were not
 * named, or lack samples of the run.
 */
export async function rescore(spec: RescoreSpec, signal: AbortSignal): Promise<Rescored> {
  const source = await openRunFolder(spec.from)
  const before = source.lock
  const extractor = spec.extractor ?? before.extractor
  const {notify} = spec.chat.common
  if (!extractorNames().includes(extractor)) {
    const absent = absentPart(before, 'extractor', extractor)
    if (absent !== undefined) throw absent
  }
  for (const {intervention} of before.arms) {
    if (intervention === null || isIntervention(intervention)) continue
    const absent = absentPart(before, 'intervention', intervention)
    if (absent !== undefined) notify({type: 'warning', message: `${absent.message} It is taken to leave latents.`})
  }
  const rescorings = await Promise.all(before.benchmarks.map(entry => rescoringOf(entry, before, spec)))
  const records = await settledRecords(spec.from, message => notify({type: 'warning', message}))
  if (records.length === 0)
    throw new LanternError(
      'nothing-evaluated',
      `${spec.from} holds no answer yet, so there is nothing to score again.`,
      'Run its command again first: it resumes.',
    )
  for (const rescoring of rescorings) await assertSamples(records, rescoring)
  const judge = spec.judge
    ? await openJudge(
        spec.judge,
        rescorings.map(({entry, scoring}) => ({id: entry.id, scoring})),
        spec.chat,
      )
    : null
  const {plugins: _, ...rest} = before
  const lock = lockOf({
    ...rest,
    ...pluginsAfter(before, extractor),
    benchmarks: rescorings.map(({entry}) => entry),
    extractor,
    judge: judge?.identity ?? null,
    environment: {...before.environment, rescored: {run: spec.from, lock: before.hash}},
  })
  const samples = [...source.samples.values()].flatMap(list => [...list.values()])
  try {
    return await withRun({dir: spec.out, lock, samples, env: spec.chat.common.env}, async ({tally, write}) => {
      await write(withSamples(records, rescorings), async ([record, rescoring, sample]) =>
        signal.aborted || tally.isSettled(recordKey(record))
          ? null
          : scoreRecord(record, {lock, rescoring, sample, judge, signal}),
      )
      const changed = records.filter(record => {
        const after = tally.get(recordKey(record))
        return after !== undefined && (after.outcome !== record.outcome || after.score !== record.score)
      })
      const facts = {runDir: spec.out, total: records.length, settled: tally.settled, errors: tally.errors}
      return {...endOf(facts, spec.maxErrorRate, signal.aborted), changed: changed.length}
    })
  } finally {
    await judge?.close()
  }
}

async function rescoringOf(entry: LockedBenchmark, lock: Lock, spec: RescoreSpec): Promise<Rescoring> {
  const here = benchmarkIds().includes(entry.id)
  const absent = here ? undefined : absentPart(lock, 'benchmark', entry.id)
  const given = dataGiven(spec.data, entry.id)
  if (given === undefined && !spec.judge) {
    const known = here ? (await loadBenchmark(entry.id)).scoring : lockedScoring(entry)
    const metric = entry.metric === 'judge' ? known.metric : entry.metric
    const {aggregate, headline} = entry
    return {
      entry: {...entry, metric},
      scoring: {...known, metric, aggregate, headline: headline ?? undefined},
      data: null,
    }
  }
  if (absent !== undefined) throw absent
  const benchmark = await loadBenchmark(entry.id)
  // No pictures are needed: the published answers alone are enough.
  const wish = {given, pictures: false, builtin: entry.kind === 'builtin' ? 'always' : 'named'} as const
  const {path: place} = await findData(benchmark, wish, spec.chat.common)
  const seed = lock.seeds.run
  const orders = (lock.prompts['options'] ?? {kind: 'file'}) as OptionOrders
  const data = withOptionOrders(await openData(benchmark, place, {split: entry.split, seed}), orders, seed)
  const {revision, labels, dataSha256, definitionSha256} = await data.identity()
  if (given === undefined && definitionSha256 !== entry.definition?.sha256) {
    throw new LanternError(
      'provenance',
      `The definition of ${entry.id} (${benchmark.definition ?? 'now code'}) has changed since ${spec.from}.`,
      `Restore it, or name the data to score with as it is now: --data ${entry.id}=DIR.`,
    )
  }
  if (given === undefined && dataSha256 !== entry.dataSha256) {
    throw new LanternError(
      'provenance',
      `The data of ${entry.id} on this machine (${place}) are not those of ${spec.from}.`,
      `Name the data to score with: --data ${entry.id}=DIR.`,
    )
  }
  const {scoring} = data.benchmark
  const metric = lockedMetric(scoring, spec.judge !== undefined)
  return {
    entry: {
      ...entry,
      layout: data.layout,
      kind: data.kind,
      revision,
      labels,
      dataSha256,
      ...(data.kind !== 'custom' && {verified: await data.verified()}),
      ...(definitionSha256 !== undefined && {definition: lockedDefinition(definitionSha256, scoring)}),
      metric,
    },
    scoring,
    data,
  }
}

/** How a benchmark that is not here (its plug-in or definition is not loaded) is scored, as far as its lock says. */
function lockedScoring({metric, aggregate, definition}: LockedBenchmark): Scoring {
  const open = metric === 'match' || metric === 'judge'
  const {sha256: _, ...known} = definition ?? {}
  return {answer: open ? 'open' : 'choice', metric: metric === 'judge' ? 'match' : metric, aggregate, ...known}
}

/** Every record, how it is scored and, if data were opened, its sample. */
async function* withSamples(
  records: readonly LogRecord[],
  rescorings: readonly Rescoring[],
): AsyncGenerator<[LogRecord, Rescoring, Sample | null]> {
  for (const rescoring of rescorings) {
    const {entry, data} = rescoring
    const mine = records.filter(record => record.bench === entry.id)
    if (data === null) {
      for (const record of mine) yield [record, rescoring, null]
      continue
    }
    const byId = new Map<string, LogRecord[]>()
    for (const record of mine) byId.set(record.id, [...(byId.get(record.id) ?? []), record])
    for await (const sample of data.samples(new Set(byId.keys())))
      for (const record of byId.get(sample.id) ?? []) yield [record, rescoring, sample]
  }
}

async function assertSamples(records: readonly LogRecord[], {entry, data}: Rescoring): Promise<void> {
  if (data === null) return
  const there = new Set((await data.keys()).map(({id}) => id))
  const absent = records.filter(record => record.bench === entry.id && !there.has(record.id))
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

/** The record with a new score. The model's answer, and a failed generation, stay as they are. */
async function scoreRecord(record: LogRecord, {lock, rescoring, sample, judge, signal}: Context): Promise<LogRecord> {
  const arm = lock.arms.find(({id}) => id === record.arm)!
  const {bench, id, subtask, item, repeat} = record
  // Labels and options come from the data if data were opened, else from the record.
  const {gold, options, letters, boxes, extra} = sample ?? {...record, boxes: undefined, extra: undefined}
  const known = {id, subtask, item, cluster: record.cluster ?? undefined, gold, options, letters, boxes, extra}
  return scoredRecord({arm, bench, repeat, sample: known}, saidInRecord(record), {
    scoring: rescoring.scoring,
    extractor: lock.extractor,
    judge: judge && sample && {judge, sample, signal},
  })
}
