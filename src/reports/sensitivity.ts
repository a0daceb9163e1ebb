// How far a score depends on the settings of its evaluation: several runs of one checkpoint that differ in settings
// alone, their range, and the effect of each choice on the same samples. Pure.
import {canonicalJson} from '../core/hash.js'
import {random} from '../core/random.js'
import {holm, type PairedTest, pairedDifference} from '../metrics/statistics/index.js'
import type {Run, Sheet} from './read-run.js'
import {rowOf} from './row.js'
import type {Sensitivity, SensitivityBench} from './schemas/sensitivity.js'
import type {Settled} from './settled.js'
import {copyOf} from './settled-sheet.js'
import {aggregateOf, pairsOfUnits, unitsOf} from './strata.js'

/** A setting and one of its values, as the user writes them. */
export interface Choice {
  readonly setting: string
  readonly value: string
}

/** A run with some settings changed; none for the default. */
export interface VariedRun {
  readonly changes: readonly Choice[]
  readonly run: Run
  readonly rescored: boolean
}

export interface SensitivityOptions {
  readonly dir: string
  readonly design: Sensitivity['design']
  /** The settings that vary, with their default values. */
  readonly defaults: readonly Choice[]
  readonly alpha?: number
}

/** `extractor=verbatim, mode=direct`, or `default`. */
export function labelOf(changes: readonly Choice[]): string {
  return changes.length === 0 ? 'default' : changes.map(({setting, value}) => `${setting}=${value}`).join(', ')
}

/**
 * The document over these runs; the first is the default. Each has one arm. Samples that were asked under several
 * orders of their options count once. The differences of a benchmark are tested together (Holm).
 */
export function sensitivityOf(runs: readonly VariedRun[], options: SensitivityOptions): Sensitivity {
  const {dir, design, defaults} = options
  const [base] = runs as [VariedRun, ...VariedRun[]]
  return {
    ...{schema: 1, dir, design},
    defaults: [...defaults],
    benchmarks: base.run.lock.benchmarks.map(({id}) => benchOf(id, runs, options)),
    warnings: [...new Set(runs.flatMap(({run}) => run.warnings))],
    ...{verdict: 'done', exitCode: 0},
  }
}

interface Cell {
  readonly changes: readonly Choice[]
  readonly sheet: Sheet
  readonly units: ReadonlyMap<string, Settled>
}

function benchOf(id: string, runs: readonly VariedRun[], {defaults, alpha = 0.05}: SensitivityOptions) {
  const found = runs.map(({changes, run, rescored}) => {
    const sheet = run.sheets.find(({bench}) => bench.id === id)!
    return {changes, run, rescored, sheet, units: itemsOf(unitsOf(sheet)), row: rowOf(run, sheet)}
  })
  const [base] = found as [(typeof found)[number], ...typeof found]
  const variations = found.map(({changes, run, rescored, row: {arm, score, low, high, n, total, outcomes}}) => ({
    ...{label: labelOf(changes), changes: [...changes], run: run.dir, arm, rescored},
    ...{score, low, high, n, total, unanswered: outcomes.unanswered},
  }))
  const contrast = contrastIn(found, base.sheet, alpha)
  const contrasts = defaults.flatMap(({setting}) => {
    const values = new Set(found.flatMap(cell => valueIn(cell, setting) ?? []))
    return [...values].flatMap(value => contrast(setting, undefined, value) ?? [])
  })
  const adjusted = holm(contrasts.map(({p}) => p))
  const {split, metric, aggregate} = base.sheet.bench
  return {
    ...{bench: id, split, metric, aggregate},
    unit: aggregate === 'group' ? 'group' : 'sample',
    range: rangeOf(variations),
    variations,
    effects: contrasts.map((effect, k) => ({...effect, holm: adjusted[k]!})),
    settings: spreadsOf(defaults, contrasts, contrast),
  } satisfies SensitivityBench
}

function rangeOf(variations: SensitivityBench['variations']): SensitivityBench['range'] {
  const scored = variations.flatMap(({label, score}) => (score === null ? [] : [{label, score}]))
  if (scored.length === 0) return null
  const lowest = scored.reduce((least, one) => (one.score < least.score ? one : least))
  const highest = scored.reduce((most, one) => (one.score > most.score ? one : most))
  return {low: lowest.score, high: highest.score, lowest: lowest.label, highest: highest.label}
}

interface Effect extends Choice {
  readonly n: number
  readonly difference: number
  readonly low: number
  readonly high: number
  readonly p: number
  readonly test: PairedTest
}

/** The value of a setting in a run; undefined for the default. */
function valueIn({changes}: Pick<Cell, 'changes'>, setting: string): string | undefined {
  return changes.find(change => change.setting === setting)?.value
}

/**
 * Compares two values of a setting over the runs that differ in nothing else; null where no sample is scored in both.
 */
type Contrast = (setting: string, from: string | undefined, to: string | undefined) => Effect | null

function contrastIn(cells: readonly Cell[], base: Sheet, alpha: number): Contrast {
  const restOf = ({changes}: Cell, setting: string) =>
    canonicalJson(changes.filter(change => change.setting !== setting))
  return (setting, from, to) => {
    const pairs = cells
      .filter(cell => valueIn(cell, setting) === to)
      .flatMap(after => {
        const before = cells.find(
          one => valueIn(one, setting) === from && restOf(one, setting) === restOf(after, setting),
        )
        return before === undefined ? [] : [{before, after}]
      })
    const [before, after] = [meanOf(pairs.map(pair => pair.before)), meanOf(pairs.map(pair => pair.after))]
    const strata = pairsOfUnits(base, before, after)
    if (strata.length === 0) return null
    const rng = random(base.bench.id, 'sensitivity', setting, from ?? '', to ?? '')
    const {n, difference, low, high, p, test} = pairedDifference(strata, {
      ...{aggregate: aggregateOf(base), random: rng, alpha},
    })
    return {setting, value: to ?? '', n, difference, low, high, p, test}
  }
}

/** How far each setting moves the headline: its highest value minus its lowest, the default included. */
function spreadsOf(
  defaults: readonly Choice[],
  effects: readonly Effect[],
  contrast: Contrast,
): SensitivityBench['settings'] {
  return defaults
    .flatMap(({setting, value: standing}) => {
      const shifts = [{value: undefined, difference: 0}, ...effects.filter(effect => effect.setting === setting)]
      const lowest = shifts.reduce((least, one) => (one.difference < least.difference ? one : least))
      const highest = shifts.reduce((most, one) => (one.difference > most.difference ? one : most))
      const between = contrast(setting, lowest.value, highest.value)
      if (between === null) return []
      const {difference: spread, low, high} = between
      return [{setting, spread, low, high, lowest: lowest.value ?? standing, highest: highest.value ?? standing}]
    })
    .sort((a, b) => b.spread - a.spread)
}

/** The samples by item: one that was asked under several option orders has the mean of its scores. */
function itemsOf(units: ReadonlyMap<string, Settled>): ReadonlyMap<string, Settled> {
  const items = new Map<string, Settled[]>()
  for (const [id, record] of units) items.set(record.item ?? id, [...(items.get(record.item ?? id) ?? []), record])
  return new Map(Array.from(items, ([item, orders]) => [item, asOneScore(orders)]))
}

/** Each sample (or group) with the mean of its scores in these runs; none unless all of them scored it. */
function meanOf(cells: readonly Cell[]): ReadonlyMap<string, Settled> {
  const [first, ...others] = cells
  if (first === undefined || others.length === 0) return first?.units ?? new Map()
  const units = new Map<string, Settled>()
  for (const [id, record] of first.units) {
    const all = [record, ...others.map(({units}) => units.get(id))]
    if (all.every(one => one !== undefined)) units.set(id, asOneScore(all))
  }
  return units
}

function asOneScore(records: readonly Settled[]): Settled {
  const [first] = records as [Settled, ...Settled[]]
  if (records.length === 1) return first
  const scores = records.map(({score}) => score)
  const score = scores.includes(null) ? null : scores.reduce<number>((sum, one) => sum + one!, 0) / scores.length
  return {...copyOf(first), score}
}
