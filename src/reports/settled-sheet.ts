// The settled records of an arm on a benchmark, held as columns of numbers: a map of a million objects would take a
// gigabyte. What the arms of a benchmark share of a sample is held once. Reads like a map from id to record; a record
// that is read is a view of its row, so that a list of them is short too.
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
  #named = 0
  #linked: {readonly named: number; readonly linked: boolean} | undefined

  constructor(samples: ReadonlyMap<string, ListedSample>) {
    this.samples = [...samples.values()]
    for (const [row, {id}] of this.samples.entries()) this.rows.set(id, row)
    this.clusters = new Array(this.samples.length)
  }

  /** Names the cluster of a row that has none yet. */
  name(row: number, cluster: string | null): void {
    this.clusters[row] = cluster
    this.#named++
  }

  /** Whether samples share a cluster or belong to groups, as far as records have said. */
  get linked(): boolean {
    if (this.#linked?.named !== this.#named)
      this.#linked = {
        named: this.#named,
        linked: this.samples.some(({group}) => group !== undefined) || anyTwice(this.clusters),
      }
    return this.#linked.linked
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

/** What the records of a sheet are read from. */
interface Held {
  readonly of: SheetRows
  readonly columns: Columns
  /** What few records have: further figures, costs, a cluster of their own. */
  readonly metrics: Map<number, Readonly<Record<string, number>>>
  readonly costs: Map<number, number | null>
  readonly clusters: Map<number, string | null>
}

/** A whole number out of a column of doubles is made a small integer again: a double takes 16 bytes of its own. */
const orNull = (value: number) => ((value | 0) === value ? value | 0 : Number.isNaN(value) ? null : value)

/** The record of a row. It shows what the row holds when it is read. */
class RowView implements Settled {
  readonly #held: Held
  readonly #row: number

  constructor(held: Held, row: number) {
    this.#held = held
    this.#row = row
  }

  get #sample(): ListedSample {
    return this.#held.of.samples[this.#row]!
  }

  #number(name: (typeof numbers)[number]): number | null {
    return orNull(this.#held.columns.numbers[name][this.#row]!)
  }

  get #flags(): number {
    return this.#held.columns.flags[this.#row]!
  }

  get subtask() {
    return this.#sample.subtask
  }
  get outcome() {
    return outcomes[this.#held.columns.outcome[this.#row]! - 1]!
  }
  get score() {
    return this.#number('score')
  }
  get cluster() {
    const own = this.#held.clusters.get(this.#row)
    return own === undefined ? this.#held.of.clusters[this.#row]! : own
  }
  get group() {
    return this.#sample.group ?? null
  }
  get groupSize() {
    return this.#sample.groupSize ?? 1
  }
  get item() {
    return this.#sample.item ?? null
  }
  get gold() {
    const code = this.#held.columns.gold[this.#row]!
    return code === 0 ? null : this.#held.of.golds[code - 1]!
  }
  get choices() {
    return this.#held.columns.choices[this.#row]!
  }
  get metrics() {
    return this.#held.metrics.get(this.#row) ?? none
  }
  get promptTokens() {
    return this.#number('promptTokens')
  }
  get textTokens() {
    return this.#number('textTokens')
  }
  get latentSteps() {
    return this.#number('latentSteps')
  }
  get totalMs() {
    return this.#number('totalMs')
  }
  get engaged() {
    const engaged = this.#flags & 3
    return engaged === 2 ? null : engaged
  }
  get answers() {
    return (this.#flags >> 2) & 1
  }
  get cached() {
    return (this.#flags >> 3) & 1
  }
  get costUsd(): number | null | undefined {
    return this.#held.costs.get(this.#row)
  }
}

const fields = Object.entries(Object.getOwnPropertyDescriptors(RowView.prototype)).flatMap(([name, {get}]) =>
  get === undefined ? [] : [name as keyof Settled],
)

/** A record of which parts can be changed: a view has no fields of its own to copy. */
export function copyOf(record: Settled): Settled {
  return record instanceof RowView
    ? (Object.fromEntries(fields.map(name => [name, record[name as keyof RowView]])) as unknown as Settled)
    : record
}

export class SettledSheet implements ReadonlyMap<string, Settled> {
  readonly #of: SheetRows
  #held: Held | undefined
  /** The views by row, made when they are first asked for: a table goes over all records several times. */
  #views: RowView[] | undefined
  #size = 0
  /** Records that stand for several repeats, whole. */
  readonly #whole = new Map<number, Settled>()

  constructor(rows: SheetRows) {
    this.#of = rows
  }

  get size(): number {
    return this.#size
  }

  /** False where it is known that no two records share a cluster or a group. */
  get mayBeLinked(): boolean {
    return this.#whole.size > 0 || (this.#held?.clusters.size ?? 0) > 0 || this.#of.linked
  }

  /** The outcome of a sample, without the rest; undefined before its first record. */
  outcome(id: string): Outcome | undefined {
    const code = this.#held?.columns.outcome[this.#of.rows.get(id) ?? -1]
    return code ? outcomes[code - 1] : undefined
  }

  has(id: string): boolean {
    return this.outcome(id) !== undefined
  }

  get(id: string): Settled | undefined {
    const row = this.#of.rows.get(id)
    return row === undefined || !this.#held?.columns.outcome[row] ? undefined : this.#at(row)
  }

  /** The sample must be one of the benchmark, and the record must agree with it in subtask, item and group. */
  set(id: string, settled: Settled): void {
    const row = this.#of.rows.get(id)!
    this.#held ??= heldBy(this.#of)
    const {columns, clusters, metrics, costs} = this.#held
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
    if (first === undefined) this.#of.name(row, settled.cluster)
    put(clusters, row, first === undefined || first === settled.cluster ? undefined : settled.cluster)
    put(metrics, row, isEmpty(settled.metrics) ? undefined : settled.metrics)
    put(costs, row, settled.costUsd)
  }

  #at(row: number): Settled {
    const whole = this.#whole.get(row)
    if (whole !== undefined) return whole
    this.#views ??= new Array<RowView>(this.#of.samples.length)
    this.#views[row] ??= new RowView(this.#held!, row)
    return this.#views[row]
  }

  *#rows(): Generator<number> {
    for (let k = 0; k < this.#size; k++) yield this.#held!.columns.order[k]!
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

function heldBy(of: SheetRows): Held {
  return {of, columns: columnsOf(of.samples.length), metrics: new Map(), costs: new Map(), clusters: new Map()}
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

function anyTwice(names: readonly (string | null | undefined)[]): boolean {
  const seen = new Set<string>()
  for (const name of names) {
    if (name === null || name === undefined) continue
    if (seen.has(name)) return true
    seen.add(name)
  }
  return false
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
