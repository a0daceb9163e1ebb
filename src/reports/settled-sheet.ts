// The settled records of an arm on a benchmark, held as columns of numbers: a map of a million objects would take a
// gigabyte. What the arms of a benchmark share of a sample is held once. Reads like a map from id to record.
import {type Outcome, outcomes} from '../core/outcome.js'
import type {ListedSample} from '../run-folder/samples.js'
import type {Settled} from './settled.js'

const codes = new Map<Outcome, number>(outcomes.map((outcome, code) => [outcome, code + 1]))

/** One shared object for the many records without further figures. */
const none: Readonly<Record<string, number>> = {}

/** The samples of a benchmark by row; shared by its arms. */
export class SheetRows {
  readonly samples: readonly ListedSample[]
  readonly rows = new Map<string, number>()
  /** By row: the cluster that the first record named. */
  readonly clusters: (string | null | undefined)[]
  /** Gold letters by code, from 1. */
  readonly golds: string[] = []

  constructor(samples: ReadonlyMap<string, ListedSample>) {
    this.samples = [...samples.values()]
    for (const [row, {id}] of this.samples.entries()) this.rows.set(id, row)
    this.clusters = new Array(this.samples.length)
  }

  goldCode(gold: string): number {
    const known = this.golds.indexOf(gold)
    return known >= 0 ? known + 1 : this.golds.push(gold)
  }
}

/** Numbers by row; not a number stands for null. */
const numbers = ['score', 'promptTokens', 'textTokens', 'latentSteps', 'totalMs'] as const

interface Columns {
  /** Rows in the order in which their samples came. */
  readonly order: Int32Array
  /** Number of the outcome and 1; 0 where there is no record. */
  readonly outcome: Uint8Array
  readonly gold: Uint8Array
  readonly choices: Int32Array
  /** Engaged: 0 no, 1 yes, 2 unknown. Bit 2: an answer; bit 3: it was cached. */
  readonly flags: Uint8Array
  readonly numbers: Readonly<Record<(typeof numbers)[number], Float64Array>>
}

/** A whole number out of a column of doubles is made a small integer again: a double takes 16 bytes of its own. */
const orNull = (value: number) => ((value | 0) === value ? value | 0 : Number.isNaN(value) ? null : value)

export class SettledSheet implements ReadonlyMap<string, Settled> {
  readonly #of: SheetRows
  #columns: Columns | undefined
  #size = 0
  /** What few records have: further figures, costs, a cluster of their own. */
  readonly #metrics = new Map<number, Readonly<Record<string, number>>>()
  readonly #costs = new Map<number, number | null>()
  readonly #clusters = new Map<number, string | null>()
  /** Records that stand for several repeats, whole. */
  readonly #whole = new Map<number, Settled>()

  constructor(rows: SheetRows) {
    this.#of = rows
  }

  get size(): number {
    return this.#size
  }

  /** The outcome of a sample, without the rest; undefined before its first record. */
  outcome(id: string): Outcome | undefined {
    const code = this.#columns?.outcome[this.#of.rows.get(id) ?? -1]
    return code ? outcomes[code - 1] : undefined
  }

  has(id: string): boolean {
    return this.outcome(id) !== undefined
  }

  get(id: string): Settled | undefined {
    const row = this.#of.rows.get(id)
    return row === undefined || !this.#columns?.outcome[row] ? undefined : this.#at(row)
  }

  /** The sample must be one of the benchmark, and the record must agree with it in subtask, item and group. */
  set(id: string, settled: Settled): void {
    const row = this.#of.rows.get(id)!
    this.#columns ??= columnsOf(this.#of.samples.length)
    const columns = this.#columns
    if (columns.outcome[row] === 0) columns.order[this.#size++] = row
    columns.outcome[row] = codes.get(settled.outcome)!
    if (settled.repeats !== undefined) {
      this.#whole.set(row, settled)
      return
    }
    columns.gold[row] = settled.gold === null ? 0 : this.#of.goldCode(settled.gold)
    columns.choices[row] = settled.choices
    columns.flags[row] = (settled.engaged ?? 2) + 4 * settled.answers + 8 * settled.cached
    for (const name of numbers) columns.numbers[name][row] = settled[name] ?? Number.NaN
    const first = this.#of.clusters[row]
    if (first === undefined) this.#of.clusters[row] = settled.cluster
    put(this.#clusters, row, first === undefined || first === settled.cluster ? undefined : settled.cluster)
    put(this.#metrics, row, isEmpty(settled.metrics) ? undefined : settled.metrics)
    put(this.#costs, row, settled.costUsd)
  }

  #at(row: number): Settled {
    const whole = this.#whole.get(row)
    if (whole !== undefined) return whole
    const {outcome, gold, choices, flags, numbers: of} = this.#columns!
    const {subtask, item, group, groupSize} = this.#of.samples[row]!
    const flag = flags[row]!
    const cost = this.#costs.get(row)
    const cluster = this.#clusters.get(row)
    return {
      subtask,
      outcome: outcomes[outcome[row]! - 1]!,
      score: orNull(of.score[row]!),
      cluster: cluster === undefined ? this.#of.clusters[row]! : cluster,
      group: group ?? null,
      groupSize: groupSize ?? 1,
      item: item ?? null,
      gold: gold[row] === 0 ? null : this.#of.golds[gold[row]! - 1]!,
      choices: choices[row]!,
      metrics: this.#metrics.get(row) ?? none,
      promptTokens: orNull(of.promptTokens[row]!),
      textTokens: orNull(of.textTokens[row]!),
      latentSteps: orNull(of.latentSteps[row]!),
      totalMs: orNull(of.totalMs[row]!),
      engaged: (flag & 3) === 2 ? null : flag & 3,
      answers: (flag >> 2) & 1,
      cached: (flag >> 3) & 1,
      ...(cost === undefined ? {} : {costUsd: cost}),
    }
  }

  *#rows(): Generator<number> {
    for (let k = 0; k < this.#size; k++) yield this.#columns!.order[k]!
  }

  *keys(): MapIterator<string> {
    for (const row of this.#rows()) yield this.#of.samples[row]!.id
  }

  *values(): MapIterator<Settled> {
    for (const row of this.#rows()) yield this.#at(row)
  }

  *entries(): MapIterator<[string, Settled]> {
    for (const row of this.#rows()) yield [this.#of.samples[row]!.id, this.#at(row)]
  }

  [Symbol.iterator](): MapIterator<[string, Settled]> {
    return this.entries()
  }

  forEach(each: (settled: Settled, id: string, map: ReadonlyMap<string, Settled>) => void): void {
    for (const [id, settled] of this) each(settled, id, this)
  }
}

function columnsOf(rows: number): Columns {
  const column = () => new Float64Array(rows)
  return {
    order: new Int32Array(rows),
    outcome: new Uint8Array(rows),
    gold: new Uint8Array(rows),
    choices: new Int32Array(rows),
    flags: new Uint8Array(rows),
    numbers: {
      score: column(),
      promptTokens: column(),
      textTokens: column(),
      latentSteps: column(),
      totalMs: column(),
    },
  }
}

/** Most maps stay empty: nothing is looked up in them. */
function put<T>(map: Map<number, T>, row: number, value: T | undefined): void {
  if (value !== undefined) map.set(row, value)
  else if (map.size > 0) map.delete(row)
}

function isEmpty(metrics: Readonly<Record<string, number>>): boolean {
  for (const _ in metrics) return false
  return true
}
