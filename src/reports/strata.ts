// Turns settled records into the input of the statistics: scores by subtask, with clusters if samples share any.
import {subtaskWeights} from '../core/headline.js'
import type {Outcome} from '../core/outcome.js'
import type {Aggregate, PairedStratum, RankedStratum, Stratum} from '../metrics/statistics/index.js'
import {groupsOf} from './groups.js'
import type {Run, Sheet} from './read-run.js'
import type {Settled} from './settled.js'
import {SettledSheet} from './settled-sheet.js'

export interface NamedStratum extends Stratum {
  readonly name: string
}

export interface NamedPairs extends PairedStratum {
  readonly name: string
}

/** Subtasks that count for the headline of a sheet; all subtasks if the selection has none of those. */
export function headlineSubtasks({bench}: Sheet): ReadonlySet<string> {
  const selected = bench.subtasks.filter(subtask => subtask.selected > 0).map(({name}) => name)
  const headline = bench.headline === null ? selected : selected.filter(name => bench.headline!.includes(name))
  return new Set(headline.length > 0 ? headline : selected)
}

/** Settled records by subtask, in the order of the lock. Subtasks that only the log has come last. */
export function bySubtask(sheet: Sheet): Map<string, Settled[]> {
  const groups = new Map<string, Settled[]>(
    sheet.bench.subtasks.filter(({selected}) => selected > 0).map(({name}) => [name, []]),
  )
  for (const record of sheet.records.values()) {
    const group = groups.get(record.subtask)
    if (group === undefined) groups.set(record.subtask, [record])
    else group.push(record)
  }
  return groups
}

/**
 * Number of samples of the finished run: those that the lock selected (or assigned to its shard), and at least those
 * present.
 */
export function totalOf({lock: {shard}}: Run, {bench}: Sheet, name: string, records: readonly Settled[]): number {
  const wanted = shard
    ? shard.asked?.[bench.id]?.[name]
    : bench.subtasks.find(subtask => subtask.name === name)?.selected
  return Math.max(wanted ?? 0, records.length)
}

/** Number of headline samples (or groups) of the finished run. */
export function headlineTotal(run: Run, sheet: Sheet): number {
  if (sheet.bench.aggregate === 'group') return headlineUnits(sheet).length
  const headline = headlineSubtasks(sheet)
  return [...bySubtask(sheet)].reduce(
    (sum, [name, records]) => sum + (headline.has(name) ? totalOf(run, sheet, name, records) : 0),
    0,
  )
}

/** The units of the headline, scored or not. */
function headlineUnits(sheet: Sheet): Settled[] {
  const headline = headlineSubtasks(sheet)
  return [...unitsOf(sheet).values()].filter(({subtask}) => headline.has(subtask))
}

/** What the headline of a sheet is a mean over: its samples, or its groups where those are scored. By id. */
export function unitsOf({bench, records}: Sheet): ReadonlyMap<string, Settled> {
  return bench.aggregate === 'group' ? groupsOf(records) : records
}

/**
 * The headline as the statistics take it: groups are one mean, like samples; a nested mean is one of weighted strata.
 */
export function aggregateOf({bench}: Pick<Sheet, 'bench'>): Aggregate {
  return bench.aggregate === 'micro' || bench.aggregate === 'group' ? 'micro' : 'macro'
}

/** These strata with their weights in the headline. A subtask without samples has no share in it. */
function weighted<T extends {readonly name: string}>(
  strata: readonly T[],
  {bench}: Sheet,
): readonly (T & {weight?: number})[] {
  if (typeof bench.aggregate === 'string') return strata
  const weights = subtaskWeights(
    bench.aggregate,
    strata.map(({name}) => name),
  )
  return strata.map((stratum, s) => ({...stratum, weight: weights![s]!}))
}

/** The scored samples (or groups) of some subtasks of a sheet; subtasks without any are left out. */
export function strataOf(
  subtasks: Iterable<readonly [name: string, records: readonly Settled[]]>,
  sheet: Sheet,
): NamedStratum[] {
  const scored = Array.from(subtasks, ([name, records]) => ({
    name,
    records: records.filter(record => record.score !== null),
  })).filter(({records}) => records.length > 0)
  const clusters = mayBeLinked(sheet.records) ? clusterNumbers(scored.map(({records}) => records)) : null
  const strata = scored.map(({name, records}, s) => ({
    name,
    values: Float64Array.from(records, record => record.score!),
    ...(clusters && {clusters: clusters[s]!}),
  }))
  return [...weighted(strata, sheet)]
}

/** Pairs of the samples (or groups) that both sheets scored, by subtask of the headline. */
export function pairsOf(base: Sheet, next: Sheet): NamedPairs[] {
  return pairsOfUnits(base, unitsOf(base), unitsOf(next))
}

/** Pairs of units that both sides scored, by subtask of the headline of a sheet; clusters are those of `before`. */
export function pairsOfUnits(
  base: Sheet,
  before: ReadonlyMap<string, Settled>,
  others: ReadonlyMap<string, Settled>,
): NamedPairs[] {
  const headline = headlineSubtasks(base)
  const scored = new Map<string, {records: Settled[]; base: number[]; new: number[]}>()
  for (const [id, record] of before) {
    const other = others.get(id)
    if (!other || record.score === null || other.score === null || !headline.has(record.subtask)) continue
    let group = scored.get(record.subtask)
    if (group === undefined) {
      group = {records: [], base: [], new: []}
      scored.set(record.subtask, group)
    }
    group.records.push(record)
    group.base.push(record.score)
    group.new.push(other.score)
  }
  const named = [...headline].flatMap(name => {
    const found = scored.get(name)
    return found === undefined ? [] : [{name, ...found}]
  })
  const clusters = mayBeLinked(before) ? clusterNumbers(named.map(({records}) => records)) : null
  const pairs = named.map(({name, base, new: next}, s) => ({
    ...{name, base: Float64Array.from(base), new: Float64Array.from(next)},
    ...(clusters && {clusters: clusters[s]!}),
  }))
  return [...weighted(pairs, base)]
}

/** A sample (or group) that the two sides score differently, with its outcome on each side. */
export interface Flip {
  readonly id: string
  readonly from: Outcome
  readonly to: Outcome
}

/**
 * Samples (or groups) of the headline whose score differs in `next`, losses first, in the order of the base; at most
 * `limit`. If the limit cuts, both losses and wins are included.
 */
export function flipsOf(base: Sheet, next: Sheet, limit: number): Flip[] {
  const headline = headlineSubtasks(base)
  const losses: Flip[] = []
  const wins: Flip[] = []
  const others = unitsOf(next)
  for (const [id, record] of unitsOf(base)) {
    const other = others.get(id)
    if (!other || record.score === null || other.score === null || !headline.has(record.subtask)) continue
    if (record.score === other.score) continue
    const flips = other.score < record.score ? losses : wins
    if (flips.length < limit) flips.push({id, from: record.outcome, to: other.outcome})
  }
  // If there are too many, each kind may fill at least half of the limit.
  const kept = losses.slice(0, Math.max(Math.ceil(limit / 2), limit - wins.length))
  return [...kept, ...wins].slice(0, limit)
}

/** The scores of several sheets of one benchmark side by side, by subtask of the headline. */
export function rankedStrata(sheets: readonly Sheet[]): RankedStratum[] {
  const [first] = sheets as [Sheet, ...Sheet[]]
  const headline = headlineSubtasks(first)
  const samples = new Map<string, {ids: string[]; records: Settled[]}>()
  const units = sheets.map(unitsOf)
  const counts = (record: Settled | undefined) =>
    record !== undefined && record.score !== null && headline.has(record.subtask)
  // Whether another sheet has samples that the first has not.
  let others = false
  for (const [k, records] of units.entries()) {
    for (const [id, record] of records) {
      if (!counts(record)) continue
      // Most samples are in the first sheet already.
      if (units.findIndex(earlier => counts(earlier.get(id))) < k) continue
      // A group may hold samples of several subtasks, and not the same ones of them in each sheet.
      const name = first.bench.aggregate === 'group' ? '' : record.subtask
      let subtask = samples.get(name)
      if (subtask === undefined) {
        subtask = {ids: [], records: []}
        samples.set(name, subtask)
      }
      subtask.ids.push(id)
      subtask.records.push(record)
      others ||= k > 0
    }
  }
  const clusters =
    others || mayBeLinked(units[0]!) ? clusterNumbers(Array.from(samples.values(), ({records}) => records)) : null
  const strata = Array.from(samples, ([name, {ids}], s) => ({
    name,
    scores: units.map(records => Float64Array.from(ids, id => records.get(id)?.score ?? Number.NaN)),
    ...(clusters && {clusters: clusters[s]!}),
  }))
  return weighted(strata, first).map(({name: _, ...stratum}) => stratum)
}

/** False where it is known without a look at every sample that no two of them are linked, as in most benchmarks. */
function mayBeLinked(records: ReadonlyMap<string, Settled>): boolean {
  return !(records instanceof SettledSheet) || records.mayBeLinked
}

/**
 * Numbers the clusters of these samples (or groups): those that share a picture, an item or a group have one number,
 * and so have those that are linked through others. Null if no two are linked: then clusters make no difference.
 */
function clusterNumbers(strata: readonly (readonly Settled[])[]): Int32Array[] | null {
  const links = new Links()
  let records = 0
  const numbers = strata.map(stratum =>
    Int32Array.from(stratum, ({cluster, clusters, group}) => {
      records++
      return links.join(clusters ?? (cluster === null ? [] : [cluster]), group)
    }),
  )
  if (links.count === records) return null
  return numbers.map(stratum => stratum.map(number => links.rootOf(number)))
}

/** Sets of clusters and groups that are joined as they are seen together; each has a number. */
class Links {
  readonly #clusters = new Map<string, number>()
  readonly #groups = new Map<string, number>()
  readonly #parents: number[] = []
  #count = 0

  /** How many sets there are. */
  get count(): number {
    return this.#count
  }

  /** Joins the sets of these clusters and group and returns the number of one; a new set where there is none. */
  join(clusters: readonly string[], group: string | null): number {
    let number = group === null ? undefined : this.#numberOf(this.#groups, group)
    for (const name of clusters) {
      const other = this.#numberOf(this.#clusters, name)
      if (number !== undefined) this.#merge(number, other)
      number ??= other
    }
    return number ?? this.#add()
  }

  rootOf(number: number): number {
    let root = number
    while (this.#parents[root]! !== root) {
      this.#parents[root] = this.#parents[this.#parents[root]!]!
      root = this.#parents[root]!
    }
    return root
  }

  #numberOf(numbers: Map<string, number>, name: string): number {
    const known = numbers.get(name)
    if (known !== undefined) return known
    const number = this.#add()
    numbers.set(name, number)
    return number
  }

  #add(): number {
    this.#count++
    return this.#parents.push(this.#parents.length) - 1
  }

  #merge(one: number, other: number): void {
    const [a, b] = [this.rootOf(one), this.rootOf(other)]
    if (a === b) return
    this.#parents[b] = a
    this.#count--
  }
}
