// One row of a diagnosis: the samples of a headline or of a subtask, by stratum, and the scores of its conditions.
import {subtaskWeights} from '../../core/headline.js'
import type {MeanOf} from '../../core/outcome.js'
import type {Aggregate, PairedStratum, Stratum} from '../statistics/index.js'
import {type ConditionOutcome, type DiagnosedSample, type DiagnosisTable, ownCondition} from './table.js'

export interface DiagnosedRow {
  readonly bench: string
  /** Null for the headline. */
  readonly subtask: string | null
  readonly aggregate: Aggregate
  /** The nested mean, by which the strata are weighed; absent where they weigh the same. */
  readonly nested?: MeanOf
  /** Samples by stratum; none is empty. */
  readonly strata: readonly (readonly DiagnosedSample[])[]
}

/** The headline row, and one row per subtask where there are several. Rows without samples are left out. */
export function rowsOf({bench, aggregate, headline, nested, samples}: DiagnosisTable): {
  readonly headline: DiagnosedRow | null
  readonly subtasks: readonly DiagnosedRow[]
} {
  const bySubtask = new Map<string, DiagnosedSample[]>()
  for (const sample of samples) {
    const group = bySubtask.get(sample.subtask)
    if (group === undefined) bySubtask.set(sample.subtask, [sample])
    else group.push(sample)
  }
  const counted = [...bySubtask].filter(([name]) => headline?.includes(name) ?? true).map(([, group]) => group)
  return {
    headline: counted.length === 0 ? null : {bench, subtask: null, aggregate, strata: counted, ...(nested && {nested})},
    subtasks:
      bySubtask.size < 2
        ? []
        : [...bySubtask].map(([subtask, group]) => ({bench, subtask, aggregate: 'micro', strata: [group]})),
  }
}

/** The part of a row that `keep` lets through; strata that become empty are dropped. */
export function partOf(row: DiagnosedRow, keep: (sample: DiagnosedSample) => boolean): DiagnosedRow {
  return {...row, strata: row.strata.map(stratum => stratum.filter(keep)).filter(stratum => stratum.length > 0)}
}

export function samplesOf(row: DiagnosedRow): DiagnosedSample[] {
  return row.strata.flat()
}

/** Own against one other condition of a sample, where both were asked. */
export function ownAnd(
  sample: DiagnosedSample,
  condition: string,
): {own: ConditionOutcome; other: ConditionOutcome} | null {
  const own = sample.under[ownCondition]
  const other = sample.under[condition]
  return own === undefined || other === undefined ? null : {own, other}
}

/** What is compared: a number per outcome of a sample, null where there is none. */
export type Scored = (outcome: ConditionOutcome, sample: DiagnosedSample) => number | null

/**
 * The pairs in which both conditions have a number: `new` is the first one, `base` the second. Empty strata are
 * dropped.
 */
export function pairsOf(
  row: DiagnosedRow,
  [first, second]: readonly [string, string],
  scored: Scored,
): PairedStratum[] {
  return valuesOf(row, [first, second], scored).map(({columns: [next, base], ...others}) => ({
    base: base!,
    new: next!,
    ...others,
  }))
}

/** One value per sample, from the numbers of several conditions; samples that lack one are left out. */
export function combined(
  row: DiagnosedRow,
  conditions: readonly string[],
  scored: Scored,
  value: (...numbers: number[]) => number,
): Stratum[] {
  return valuesOf(row, conditions, scored).map(({columns, ...others}) => ({
    values: columns[0]!.map((_, i) => value(...columns.map(column => column[i]!))),
    ...others,
  }))
}

interface Columns {
  readonly columns: readonly Float64Array[]
  readonly clusters?: Int32Array
  readonly weight?: number
}

function valuesOf(row: DiagnosedRow, conditions: readonly string[], scored: Scored): Columns[] {
  const clusterNumbers = new Map<string, number>()
  let samples = 0
  const kept = row.strata.map(stratum => {
    const columns: number[][] = conditions.map(() => [])
    const clusters: number[] = []
    for (const sample of stratum) {
      const numbers = conditions.map(name => {
        const outcome = sample.under[name]
        return outcome === undefined ? null : scored(outcome, sample)
      })
      if (numbers.includes(null)) continue
      for (const [k, number] of numbers.entries()) columns[k]!.push(number!)
      // A sample without a cluster stands alone; the space keeps its name from meeting a cluster's.
      const cluster = sample.cluster === undefined ? ` ${sample.id}` : `c${sample.cluster}`
      if (!clusterNumbers.has(cluster)) clusterNumbers.set(cluster, clusterNumbers.size)
      clusters.push(clusterNumbers.get(cluster)!)
      samples++
    }
    return {name: stratum[0]!.subtask, columns, clusters}
  })
  const clustered = clusterNumbers.size < samples
  const held = kept.filter(({clusters}) => clusters.length > 0)
  const weights =
    row.nested &&
    subtaskWeights(
      row.nested,
      held.map(({name}) => name),
    )
  return held.map(({columns, clusters}, s) => ({
    columns: columns.map(column => Float64Array.from(column)),
    ...(clustered && {clusters: Int32Array.from(clusters)}),
    ...(weights && {weight: weights[s]!}),
  }))
}
