// Builds one row of the result document: an arm on a benchmark, from its settled records. Pure.
import {combined} from '../core/headline.js'
import type {Aggregate} from '../core/outcome.js'
import {itemScores, type RobustScore, robustScore, type VariantScore} from '../metrics/robust-choice.js'
import {
  type ChoiceItem,
  type Estimate,
  majorityBaseline,
  quantile,
  randomBaseline,
  scoreInterval,
  scoreIntervals,
} from '../metrics/statistics/index.js'
import {groupsOf} from './groups.js'
import {countOutcomes, type Run, type Sheet} from './read-run.js'
import {atRepeat} from './repeats.js'
import {notesOf} from './row-notes.js'
import type {ResultRow, ResultSubtask} from './schemas/result.js'
import {malformed, type Settled} from './settled.js'
import {askedNotes, engagedOf, labelOf, spentOn} from './spent.js'
import {aggregateOf, bySubtask, headlineSubtasks, strataOf, totalOf} from './strata.js'

/** The row of a sheet, not ranked yet. */
export function rowOf(run: Run, sheet: Sheet): ResultRow {
  const {arm, bench} = sheet
  const parts = bySubtask(sheet)
  const groups = groupsOf(sheet.records)
  const grouped = bySubtask({...sheet, records: groups})
  // What counts: samples, or groups of them.
  const units = bench.aggregate === 'group' ? grouped : parts
  const headline = headlineSubtasks(sheet)
  const inHeadline = [...parts].filter(([name]) => headline.has(name))
  const counted = [...units].filter(([name]) => headline.has(name))
  const records = inHeadline.flatMap(([, part]) => part)
  const strata = strataOf(counted, sheet)
  const intervals = strata.length > 0 ? scoreIntervals(strata, aggregateOf(sheet)) : null
  const estimates = new Map(strata.map(({name}, s) => [name, intervals!.strata[s]!]))
  for (const [name, part] of units) {
    if (headline.has(name)) continue
    const [stratum] = strataOf([[name, part]], sheet)
    if (stratum) estimates.set(name, scoreInterval([stratum], 'micro'))
  }
  const subtasks = [...parts].map(([name, part]) => ({
    ...subtaskOf(name, part, totalOf(run, sheet, name, part), estimates.get(name), headline),
    ...(bench.aggregate === 'group' && {baselines: baselinesOf([[name, grouped.get(name) ?? []]], bench.aggregate)}),
    ...(groups.size > 0 && groupFiguresOf(grouped.get(name) ?? [], sheet)),
  }))
  const total = subtasks.reduce((sum, subtask) => sum + (subtask.headline ? subtask.total : 0), 0)
  const latency = latenciesOf(records)
  const robust = robustOf(sheet, headline)
  const peer = peerOf(inHeadline, bench.aggregate)
  const repeats = repeatsOf(sheet, headline)
  const inGroups = [...grouped].flatMap(([name, part]) => (headline.has(name) ? part : []))
  const row: ResultRow = {
    run: run.dir,
    arm: arm.id,
    model: arm.model,
    label: labelOf(run.lock, arm.model),
    mode: arm.mode,
    protocol: arm.protocol,
    latentSize: arm.latentSize,
    intervention: arm.intervention,
    bench: bench.id,
    recipe: run.lock.recipe?.name ?? null,
    split: bench.split,
    metric: bench.metric,
    aggregate: bench.aggregate,
    ...scoreOf(intervals?.headline),
    micro: meanOrNull(records, record => record.score),
    n: countOf(records, record => record.score !== null),
    total,
    outcomes: countOutcomes(records),
    ...(groups.size > 0 && groupFiguresOf(inGroups, sheet)),
    bounds: boundsOf(counted, bench.aggregate),
    baselines: baselinesOf(counted, bench.aggregate),
    subtasks,
    usage: {
      textTokens: meanOfAnswered(records, record => record.textTokens),
      latentSteps: meanOfAnswered(records, record => record.latentSteps),
      promptTokens: meanOfAnswered(records, record => record.promptTokens),
    },
    latencyMs: {p50: numberOrNull(quantile(latency, 0.5)), p95: numberOrNull(quantile(latency, 0.95))},
    ...spentOn(sheet),
    engaged: engagedOf(records),
    lock: run.lock.hash,
    sample: sampleOf(run, sheet, records.length < total),
    metrics: metricMeans(records),
    ...(robust === null ? {} : {robust}),
    ...(peer === null ? {} : {peer}),
    ...(repeats === null ? {} : {repeats}),
    differences: {},
    notes: [],
    tier: null,
    rankLow: null,
    rankHigh: null,
  }
  return {...row, notes: [...notesOf(row, run.lock, records.length), ...askedNotes(run, sheet)]}
}

function subtaskOf(
  name: string,
  records: readonly Settled[],
  total: number,
  estimate: Estimate | undefined,
  headline: ReadonlySet<string>,
): ResultSubtask {
  return {
    name,
    n: countOf(records, record => record.score !== null),
    total,
    ...scoreOf(estimate),
    outcomes: countOutcomes(records),
    baselines: baselinesOf([[name, records]], 'micro'),
    headline: headline.has(name),
  }
}

/** The score over groups, with its interval; `groups` counts those whose result is known. */
function groupFiguresOf(groups: readonly Settled[], sheet: Sheet) {
  const strata = strataOf([['', groups]], {...sheet, bench: {...sheet.bench, aggregate: 'group'}})
  const {score, low, high} = scoreOf(strata.length > 0 ? scoreInterval(strata, 'micro') : undefined)
  return {
    groups: strata[0]?.values.length ?? 0,
    ...{groupTotal: groups.length, groupScore: score, groupLow: low, groupHigh: high},
  }
}

function scoreOf(estimate: Estimate | undefined) {
  return {score: estimate?.value ?? null, low: estimate?.low ?? null, high: estimate?.high ?? null}
}

function sampleOf({lock}: Run, {bench}: Sheet, unfinished: boolean): ResultRow['sample'] {
  if (bench.kind === 'builtin') return 'builtin'
  if (bench.kind === 'custom') return 'custom'
  if (bench.verified === false) return 'unverified'
  return bench.partial || lock.shard !== null || unfinished ? 'partial' : 'official'
}

/** Strict and mean score over items that were asked under several option orders; null if each was asked once. */
function robustOf({records}: Sheet, headline: ReadonlySet<string>): RobustScore | null {
  let several = false
  function* variants(): Generator<VariantScore> {
    for (const [id, {subtask, item, outcome, score}] of records)
      if (headline.has(subtask)) yield {item: item ?? id, outcome, score}
  }
  for (const {subtask, item} of records.values()) {
    several = item !== null && headline.has(subtask)
    if (several) break
  }
  return several ? robustScore(itemScores(variants())) : null
}

/** The headline at each repeat, and how far it varies between them; null without repeats. */
function repeatsOf(sheet: Sheet, headline: ReadonlySet<string>): NonNullable<ResultRow['repeats']> | null {
  let most = 0
  for (const {scores} of sheet.records.values()) most = Math.max(most, scores?.length ?? 0)
  if (most < 2) return null
  const scores = Array.from({length: most}, (_, repeat) => {
    const records = new Map(Array.from(sheet.records, ([id, record]) => [id, atRepeat(record, repeat)]))
    const units = sheet.bench.aggregate === 'group' ? groupsOf(records) : records
    const parts = [...bySubtask({...sheet, records: units})].filter(([name]) => headline.has(name))
    const scored = parts.map(([name, part]) => ({name, scored: part.filter(({score}) => score !== null)}))
    return combined(
      scored.map(({name, scored}) => ({name, value: meanOrNull(scored, ({score}) => score), n: scored.length})),
      sheet.bench.aggregate,
    )
  })
  const known = scores.filter(score => score !== null)
  const mean = known.reduce((sum, score) => sum + score, 0) / known.length
  const squares = known.reduce((sum, score) => sum + (score - mean) ** 2, 0)
  return {n: known.length, sd: known.length < 2 ? null : Math.sqrt(squares / (known.length - 1)), scores}
}

/**
 * For imported samples scored by both harnesses: the other harness's headline (where groups count, its plain mean),
 * this harness's over the same samples, and the number of samples on which they differ.
 */
function peerOf(subtasks: Subtasks, aggregate: Aggregate): ResultRow['peer'] | null {
  if (!subtasks.some(([, records]) => records.some(({metrics}) => metrics['peer'] !== undefined))) return null
  const both = subtasks
    .map(([name, records]) => {
      const both = records.filter(({metrics, score}) => metrics['peer'] !== undefined && score !== null)
      return [name, both] as const
    })
    .filter(([, {length}]) => length > 0)
  if (both.length === 0) return null
  const headline = (value: (record: Settled) => number | null) =>
    combined(
      both.map(([name, records]) => ({name, value: meanOrNull(records, value), n: records.length})),
      aggregate,
    )
  const all = both.flatMap(([, records]) => records)
  return {
    ...{score: headline(({metrics}) => metrics['peer']!), ours: headline(({score}) => score), n: all.length},
    differ: all.reduce((sum, {metrics, score}) => sum + Number(metrics['peer'] !== score), 0),
  }
}

type Subtasks = readonly (readonly [name: string, records: readonly Settled[]])[]

/** The headline if every error were wrong, and if every error were right. */
function boundsOf(subtasks: Subtasks, aggregate: Aggregate): ResultRow['bounds'] {
  const headlineWith = (value: number) =>
    combined(
      subtasks.map(([name, records]) => ({
        ...{name, n: countOf(records, ({outcome}) => outcome !== 'unscored')},
        value: meanOrNull(records, ({score, outcome}) => (outcome === 'unscored' ? null : (score ?? value))),
      })),
      aggregate,
    )
  return {low: headlineWith(0), high: headlineWith(1)}
}

/**
 * The guessing baseline of each subtask, aggregated like the headline; null unless every item is a choice with a known
 * number of options. A gold answer that is no letter makes every guess wrong.
 */
function baselinesOf(subtasks: Subtasks, aggregate: Aggregate): ResultRow['baselines'] {
  const unknown = ({gold, choices}: Settled) => gold === null || choices === 0
  const isUnknown = (record: Settled) =>
    record.outcome !== 'unscored' && (record.members?.some(unknown) ?? unknown(record))
  if (subtasks.some(([, records]) => records.some(isUnknown))) return {random: null, majority: null}
  const headline = (baseline: (groups: Iterable<ChoiceItem[]>) => number) =>
    combined(
      subtasks.map(([name, records]) => ({
        ...{name, value: baseline(choicesOf(records))},
        n: countOf(records, ({outcome}) => outcome !== 'unscored'),
      })),
      aggregate,
    )
  return {random: headline(randomBaseline), majority: headline(majorityBaseline)}
}

/** One group after another, since there may be a million. */
function* choicesOf(groups: readonly Settled[]): Generator<ChoiceItem[]> {
  for (const record of groups)
    if (record.outcome !== 'unscored')
      yield (record.members ?? [record]).map(({gold, choices}) => ({gold: gold === malformed ? null : gold, choices}))
}

/** Mean of each further figure over the answers that have it. */
function metricMeans(records: readonly Settled[]): Record<string, number> {
  const names = new Set<string>()
  for (const {metrics, outcome} of records) if (outcome !== 'error') for (const name in metrics) names.add(name)
  return Object.fromEntries(
    [...names].sort().map(name => [name, meanOfAnswered(records, ({metrics}) => metrics[name] ?? null)!]),
  )
}

/** The latencies of the answers, sorted. */
function latenciesOf(records: readonly Settled[]): Float64Array {
  const of = (record: Settled): readonly number[] =>
    record.outcome === 'error' ? [] : (record.latencies ?? (record.totalMs === null ? [] : [record.totalMs]))
  const latency = new Float64Array(records.reduce((sum, record) => sum + of(record).length, 0))
  let count = 0
  for (const record of records) for (const ms of of(record)) latency[count++] = ms
  return latency.sort()
}

function countOf<T>(items: readonly T[], counts: (item: T) => boolean): number {
  return items.reduce((n, item) => n + Number(counts(item)), 0)
}

function meanOfAnswered(records: readonly Settled[], figure: (record: Settled) => number | null): number | null {
  return meanOrNull(records, record => (record.outcome === 'error' ? null : figure(record)))
}

function meanOrNull<T>(items: readonly T[], figure: (item: T) => number | null): number | null {
  let sum = 0
  let n = 0
  for (const item of items) {
    const value = figure(item)
    if (value === null) continue
    sum += value
    n++
  }
  return n === 0 ? null : sum / n
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value
}
