// Turns runs into the result document: one row per arm and benchmark, grouped so that only comparable rows are ranked
// together. Pure.
import {canonicalJson} from '../core/hash.js'
import {subtaskWeights} from '../core/headline.js'
import {random} from '../core/random.js'
import {assumedEffects, detectableEffects, type PlannedStratum, rankIntervals} from '../metrics/statistics/index.js'
import {contractOf, disagreements, type Facts, settingsOf, varying} from './comparability.js'
import {curvesOf} from './curves.js'
import type {Run, Sheet} from './read-run.js'
import {rowOf} from './row.js'
import {countedOf} from './row-notes.js'
import type {Curve} from './schemas/curve.js'
import type {ResultDocument, ResultGroup, ResultRow} from './schemas/result.js'
import {aggregateOf, pairsOf, rankedStrata} from './strata.js'

export interface ResultOptions {
  readonly verdict?: string
  readonly exitCode?: number
  /** Sentences that precede the table's own warnings. */
  readonly warnings?: readonly string[]
}

interface Entry {
  readonly run: Run
  readonly sheet: Sheet
  readonly row: ResultRow
}

/**
 * Assumed discordance if nothing was compared; in the middle of the published values
 * (design/statistics.md, "What a test set can show").
 */
const assumedDiscordance = 0.2

const builtinWarning =
  'Built-in sample: drawn by this project to try the tool out. These scores say nothing about the official split and compare with no published number.'

/** The result document of runs, finished or not. Arms without any record (not started) get a row too. */
export function resultTable(runs: readonly Run[], options: ResultOptions = {}): ResultDocument {
  const groups = new Map<string, Entry[]>()
  for (const run of runs) {
    for (const sheet of run.sheets) {
      const key = canonicalJson(contractOf(run, sheet))
      groups.set(key, [...(groups.get(key) ?? []), {run, sheet, row: rowOf(run, sheet)}])
    }
  }
  // Benchmarks keep the order in which they were given. Within one, the largest group comes first, and the others say
  // how they differ from it.
  const benches = [...new Set([...groups.values()].map(([first]) => first!.sheet.bench.id))]
  const ordered = [...groups.values()].sort(
    (a, b) => benches.indexOf(a[0]!.sheet.bench.id) - benches.indexOf(b[0]!.sheet.bench.id) || b.length - a.length,
  )
  const rows: ResultRow[] = []
  const documentGroups: ResultGroup[] = []
  const curves: Curve[] = []
  const unordered: string[] = []
  const first = new Map<string, Facts>()
  for (const entries of ordered) {
    const {run, sheet} = entries[0]!
    const shared = contractOf(run, sheet)
    const leading = first.get(sheet.bench.id)
    if (leading === undefined) first.set(sheet.bench.id, shared)
    const ranked = rank(entries)
    documentGroups.push({
      bench: sheet.bench.id,
      title: titleOf(run.lock, sheet.bench.id),
      split: sheet.bench.split,
      rows: ranked.rows.map((_, index) => rows.length + index),
      shared,
      apart: leading === undefined ? [] : disagreements(shared, leading),
      counted: ranked.counted,
      power: ranked.power,
    })
    const found = curvesOf(
      ranked.rows.map((row, index) => ({...ranked.entries[index]!, row, index: rows.length + index})),
    )
    curves.push(...found.curves)
    unordered.push(...found.warnings)
    rows.push(...ranked.rows)
  }
  const builtin = rows.some(row => row.sample === 'builtin')
  const unfinished = rows.some(row => Object.values(row.outcomes).reduce((sum, count) => sum + count, 0) < row.total)
  return {
    schema: 1,
    builtin,
    rows,
    groups: documentGroups,
    ...(curves.length > 0 && {curves}),
    warnings: [
      ...(options.warnings ?? []),
      ...(builtin ? [builtinWarning] : []),
      ...runs.flatMap(run => run.warnings),
      ...unordered,
    ],
    exitCode: options.exitCode ?? 0,
    verdict: options.verdict ?? (unfinished ? 'partial' : 'done'),
  }
}

/** The benchmark's name as recorded by the run, otherwise its id. */
function titleOf({environment}: Run['lock'], id: string): string {
  const title = (Object(environment['titles']) as Record<string, unknown>)[id]
  return typeof title === 'string' ? title : id
}

/**
 * The rows of one group, sorted by score, with their possible ranks and with what a comparison of this size can detect;
 * `entries` in the same order.
 */
function rank(
  entries: readonly Entry[],
): {rows: ResultRow[]; entries: readonly Entry[]} & Pick<ResultGroup, 'counted' | 'power'> {
  const settings: Facts[] = entries.map(({run, sheet}) => settingsOf(run, sheet))
  // Different models always have different weights, so the checkpoint is mentioned only if the model names are equal.
  const models = new Set(entries.map(({row}) => row.model))
  const differing = varying(settings).filter(name => name !== 'checkpoint' || models.size < entries.length)
  const described = entries.map((entry, index) => ({
    ...entry,
    differences: {...tellingApart(entry, entries), ...pick(settings[index]!, differing)},
  }))
  const byScore = described.sort((a, b) => (b.row.score ?? -1) - (a.row.score ?? -1))
  const {run, sheet} = byScore[0]!
  const rng = random(run.lock.seeds.run, 'ranks', sheet.bench.id, ...byScore.map(entry => entry.sheet.arm.id))
  const ranks = rankIntervals(rankedStrata(byScore.map(entry => entry.sheet)), aggregateOf(sheet), {random: rng})
  // A fact shared by all rows is stated once, for the group.
  const all = new Set(byScore.map(({row}) => countedOf(row)))
  const counted = all.size === 1 ? [...all][0]! : null
  const rows = byScore.map(({row, differences}, index): ResultRow => {
    const rank = ranks[index]
    return {
      ...row,
      notes: row.notes.filter(note => note !== counted),
      differences,
      tier: rank?.tier ?? null,
      rankLow: rank?.rankLow ?? null,
      rankHigh: rank?.rankHigh ?? null,
    }
  })
  return {rows, entries: byScore, counted, power: powerOf(byScore)}
}

/** The sizes of the subtasks of a row, in samples or groups, with their weights in the headline. */
function plannedStrata({bench}: Sheet, {subtasks}: ResultRow): PlannedStratum[] {
  const parts = subtasks
    .filter(({headline}) => headline)
    .map(({name, n, groups = 0}) => ({name, n: bench.aggregate === 'group' ? groups : n}))
    .filter(({n}) => n > 0)
  const weights = subtaskWeights(
    bench.aggregate,
    parts.map(({name}) => name),
  )
  return parts.map(({n}, s) => ({n, ...(weights && {weight: weights[s]!})}))
}

/**
 * What tells a row from others with the same arm: the endpoint, else also the folder of its run. Nothing if no other
 * row has this arm.
 */
function tellingApart(entry: Entry, entries: readonly Entry[]): Facts {
  const endpoint = ({run, row}: Entry): string | null => {
    const model = run.lock.models.find(({ref}) => ref === row.model)
    const {url} = Object(model?.['endpoint']) as {readonly url?: unknown}
    return typeof url === 'string' ? url : null
  }
  const twins = entries.filter(({row}) => row.arm === entry.row.arm)
  if (twins.length < 2) return {}
  const own = endpoint(entry)
  const together = twins.filter(twin => endpoint(twin) === own)
  return {
    ...(own !== null && together.length < twins.length ? {endpoint: own} : {}),
    ...(own === null || together.length > 1 ? {run: entry.run.dir} : {}),
  }
}

function pick(facts: Facts, names: readonly string[]): Facts {
  return Object.fromEntries(names.map(name => [name, facts[name]!]))
}

function powerOf(ranked: readonly Entry[]): ResultGroup['power'] {
  const [best, second] = ranked
  if (best === undefined || best.row.n === 0) return null
  const {sheet, row} = best
  const aggregate = aggregateOf(sheet)
  const unit = sheet.bench.aggregate === 'group' ? 'group' : 'sample'
  const pairs = second && second.row.n > 0 ? pairsOf(best.sheet, second.sheet) : []
  // Rows that agree on every sample give no estimate of the discordance of other rows.
  if (pairs.some(pair => pair.base.some((score, i) => score !== pair.new[i]))) {
    const n = pairs.reduce((sum, {base}) => sum + base.length, 0)
    return {pairs: n, unit, assumed: false, ...detectableEffects(pairs, aggregate)}
  }
  const strata = plannedStrata(sheet, row)
  if (strata.length === 0) return null
  const planned = strata.reduce((sum, {n}) => sum + n, 0)
  return {pairs: planned, unit, assumed: true, ...assumedEffects(strata, aggregate, assumedDiscordance)}
}
