// Where the rows of a result document come from, for outputs that have to say it: the run, its records, the model and
// the published data set.

import {benchmarkIds, loadBenchmark} from '../../benchmarks/index.js'
import {printable} from '../../core/printable.js'
import type {Lock, LockedBenchmark} from '../../run-folder/lock.js'
import {openRunFolder, type RunFolder} from '../../run-folder/reader.js'
import type {LogRecord} from '../../run-folder/record.js'
import {streamSettledRecords} from '../../run-folder/settled-records.js'
import {groupCount, sampleName} from '../formats/words.js'
import type {ResultDocument, ResultRow} from '../schemas/result.js'

/** A row with its run. */
export interface SourcedRow {
  readonly row: ResultRow
  readonly lock: Lock
  readonly bench: LockedBenchmark
}

/** The rows of one run, so that its log is read once for all of them. */
export interface SourceRun {
  readonly folder: RunFolder
  readonly rows: readonly SourcedRow[]
}

/**
 * The runs of the rows, in the order of the document. Throws as `openRunFolder` does: a run may have been moved since
 * the document was made.
 */
export async function* sourceRuns({rows}: Pick<ResultDocument, 'rows'>): AsyncGenerator<SourceRun> {
  for (const dir of new Set(rows.map(({run}) => run))) {
    const folder = await openRunFolder(dir)
    const own = rows.filter(({run}) => run === dir)
    yield {
      folder,
      rows: own.map(row => ({row, lock: folder.lock, bench: folder.lock.benchmarks.find(({id}) => id === row.bench)!})),
    }
  }
}

/** The records of a run that count, each with its row; those of other arms and benchmarks are left out. */
export async function* recordsOf({folder, rows}: SourceRun): AsyncGenerator<{record: LogRecord; row: SourcedRow}> {
  const byKey = new Map(rows.map(one => [`${one.row.arm}\u0000${one.row.bench}`, one]))
  for await (const record of streamSettledRecords(folder)) {
    const row = byKey.get(`${record.arm}\u0000${record.bench}`)
    if (row !== undefined) yield {record, row}
  }
}

/** The published data set of a row; null for the user's own data and for generated ones. */
export interface PublishedData {
  readonly title: string
  /** `owner/name` on the Hugging Face hub. */
  readonly repo: string
  readonly revision: string | null
  readonly url: string
}

export async function publishedData({bench}: SourcedRow): Promise<PublishedData | null> {
  if (bench.kind !== 'official' || !benchmarkIds().includes(bench.id)) return null
  const {title, origin} = await loadBenchmark(bench.id)
  return origin.repo === '' ? null : {title, repo: origin.repo, revision: bench.revision, url: origin.url}
}

/** When the run began, as it recorded it; null for imports. */
export function startOf({lock}: SourcedRow): string | null {
  const {startedAt} = lock.environment
  return typeof startedAt === 'string' ? startedAt : null
}

/** The version that ran it; `unknown` where the run does not say. */
export function versionOf({lock}: SourcedRow): string {
  const {lanternEval} = lock.environment
  return typeof lanternEval === 'string' ? lanternEval : 'unknown'
}

/**
 * The name by which the world may know a model, as one line: `owner/name` of the hub, the name at an endpoint, the
 * folder's.
 */
export function modelName({model}: Pick<ResultRow, 'model'>): string {
  const line = printable(model).replaceAll(/\s+/g, ' ').trim()
  const [, scheme, rest] = /^(hub|openai|builtin|import|replay):(.*)$/.exec(line) ?? []
  if (scheme === 'hub') return rest!.replace(/@[^@/]*$/, '')
  if (scheme === 'builtin') return `lantern-eval/${rest}`
  if (scheme !== undefined && scheme !== 'replay') return rest!
  return (rest ?? line).split(/[/\\]/).filter(Boolean).at(-1) ?? line
}

/** Facts of a row for notes: what it is, its size, how it was asked and read. */
export function factsOf({row, lock}: SourcedRow): Record<string, string> {
  const {repeats} = row
  return {
    ...(row.sample === 'official' ? {} : {samples: sampleName(row.sample)}),
    n: row.n === row.total ? String(row.n) : `${row.n} of ${row.total}`,
    ...(row.groups === undefined ? {} : {groups: groupCount(row).replace('/', ' of ')}),
    mode: row.mode,
    ...(row.protocol === null ? {} : {protocol: row.protocol}),
    ...(row.latentSize === null ? {} : {'latent size': String(row.latentSize)}),
    ...(row.intervention === null ? {} : {intervention: row.intervention}),
    extractor: lock.extractor,
    prompts: lock.prompts.style,
    ...(lock.judge === null ? {} : {judge: lock.judge.ref}),
    ...(row.recipe === null ? {} : {recipe: row.recipe}),
    ...(repeats === undefined || repeats.sd === null
      ? {}
      : {repeats: `${repeats.n}, sd ${(100 * repeats.sd).toFixed(2)} points`}),
    lock: row.lock,
  }
}
