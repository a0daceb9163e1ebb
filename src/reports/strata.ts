// Turns settled records into the input of the statistics: scores by subtask, with clusters if samples share any.
import type {Outcome} from '../core/outcome.js'
import type {PairedStratum, RankedStratum, Stratum} from '../metrics/statistics/index.js'
import type {Run, Sheet} from './read-run.js'
import type {Settled} from './settled.js'

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

/** Number of headline samples of the finished run. */
export function headlineTotal(run: Run, sheet: Sheet): number {
  const headline = headlineSubtasks(sheet)
  return [...bySubtask(sheet)].reduce(
    (sum, [name, records]) => sum + (headline.has(name) ? totalOf(run, sheet, name, records) : 0),
    0,
  )
}

/** The scored records of some subtasks; subtasks without any are left out. */
export function strataOf(subtasks: Iterable<readonly [name: string, records: readonly Settled[]]>): NamedStratum[] {
  const strata: NamedStratum[] = []
  const clusters = clusterNumbers()
  for (const [name, records] of subtasks) {
    const scored = records.filter(record => record.score !== null)
    if (scored.length === 0) continue
    strata.push({name, values: Float64Array.from(scored, record => record.score!), clusters: clusters.of(scored)})
  }
  return clusters.shared() ? strata : strata.map(({name, values}) => ({name, values}))
}

/** Pairs of the samples that both sheets scored, by subtask of the headline. */
export function pairsOf(base: Sheet, next: Sheet): NamedPairs[] {
  const headline = headlineSubtasks(base)
  const scored = new Map<string, {records: Settled[]; base: number[]; new: number[]}>()
  for (const [id, record] of base.records) {
    const other = next.records.get(id)
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
  const clusters = clusterNumbers()
  const pairs: NamedPairs[] = []
  for (const name of headline) {
    const group = scored.get(name)
    if (group === undefined) continue
    pairs.push({
      name,
      base: Float64Array.from(group.base),
      new: Float64Array.from(group.new),
      clusters: clusters.of(group.records),
    })
  }
  return clusters.shared() ? pairs : pairs.map(({clusters: _, ...pair}) => pair)
}

/** A sample that the two sides score differently, with its outcome on each side. */
export interface Flip {
  readonly id: string
  readonly from: Outcome
  readonly to: Outcome
}

/**
 * Headline samples whose score differs in `next`, losses first, in the order of the base; at most `limit`. If the limit
 * cuts, both losses and wins are included.
 */
export function flipsOf(base: Sheet, next: Sheet, limit: number): Flip[] {
  const headline = headlineSubtasks(base)
  const losses: Flip[] = []
  const wins: Flip[] = []
  for (const [id, record] of base.records) {
    const other = next.records.get(id)
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
  const headline = headlineSubtasks(sheets[0]!)
  const samples = new Map<string, Map<string, Settled>>()
  for (const {records} of sheets) {
    for (const [id, record] of records) {
      if (record.score === null || !headline.has(record.subtask)) continue
      let subtask = samples.get(record.subtask)
      if (subtask === undefined) {
        subtask = new Map()
        samples.set(record.subtask, subtask)
      }
      if (!subtask.has(id)) subtask.set(id, record)
    }
  }
  const clusters = clusterNumbers()
  const strata = [...samples.values()].map(subtask => {
    const ids = [...subtask.keys()]
    return {
      scores: sheets.map(({records}) => Float64Array.from(ids, id => records.get(id)?.score ?? Number.NaN)),
      clusters: clusters.of([...subtask.values()]),
    }
  })
  return clusters.shared() ? strata : strata.map(({scores}) => ({scores}))
}

/** Numbers clusters by name. A sample without a cluster gets its own number. */
function clusterNumbers() {
  const numbers = new Map<string, number>()
  let samples = 0
  let alone = 0
  return {
    of: (records: readonly Settled[]): Int32Array =>
      Int32Array.from(records, ({cluster}) => {
        samples++
        if (cluster === null) return -++alone
        const number = numbers.get(cluster) ?? numbers.size
        numbers.set(cluster, number)
        return number
      }),
    /** True if any two samples share a cluster; otherwise clusters make no difference. */
    shared: () => numbers.size + alone < samples,
  }
}
