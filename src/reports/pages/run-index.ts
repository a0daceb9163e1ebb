// An index over the logs of several runs: for each sample and arm the outcome and the place of the record in its log.
// Built in one pass that also gathers what tables need, and kept up by reading only what was appended. The answers stay
// on disk.
import {outcomes} from '../../core/outcome.js'
import type {Lock} from '../../run-folder/lock.js'
import {LogTail} from '../../run-folder/log-tail.js'
import {openRunFolder, type RunFolder} from '../../run-folder/reader.js'
import {type LogRecord, replaces} from '../../run-folder/record.js'
import {type Run, RunReading} from '../read-run.js'
import type {Rows} from './select.js'

const codes = new Map(outcomes.map((outcome, code) => [outcome, code]))

/** The number of an outcome in an index. */
export const outcomeCode = (outcome: (typeof outcomes)[number]): number => codes.get(outcome)!

export interface IndexedBench {
  readonly id: string
  readonly dataSha256: string
  /** The first run that has it; its data are shown. */
  readonly folder: RunFolder
  readonly subtasks: readonly string[]
  samples: number
}

interface IndexedRun {
  readonly folder: RunFolder
  readonly tail: LogTail
  readonly reading: RunReading
  /** Column of its first arm. */
  readonly column: number
  /** By benchmark: the rows of its samples, in the order of the list of the run. */
  readonly rows: ReadonlyMap<string, Int32Array>
  /** By arm id. */
  readonly arms: ReadonlyMap<string, number>
}

export interface IndexedColumn {
  readonly folder: RunFolder
  readonly arm: string
}

/** Numbers in an array that grows: a plain array of a million numbers takes twice the memory. */
class Growing<T extends Float64Array | Int32Array | Uint8Array> {
  length = 0
  #values: T
  constructor(private readonly make: (size: number) => T) {
    this.#values = make(1024)
  }
  push(value: number): void {
    if (this.length === this.#values.length) {
      const more = this.make(this.length * 2)
      more.set(this.#values)
      this.#values = more
    }
    this.#values[this.length++] = value
  }
  at(index: number): number {
    return this.#values[index]!
  }
  set(index: number, value: number): void {
    this.#values[index] = value
  }
}

/** The row of a sample of a run; undefined where the run has no such sample. */
function rowIn({rows, reading}: IndexedRun, bench: string, id: string): number | undefined {
  const place = reading.placeOf(bench, id)
  return place === undefined ? undefined : rows.get(bench)![place]
}

export class RunIndex implements Rows {
  readonly benches: IndexedBench[] = []
  readonly columnList: IndexedColumn[] = []
  readonly #runs: IndexedRun[] = []
  readonly #ids: string[] = []
  readonly #benchOf: number[] = []
  readonly #subtaskOf: string[] = []
  /** Places of records: first and last byte, outcome, repeat, and the place of the next repeat. */
  readonly #start = new Growing(size => new Float64Array(size))
  readonly #end = new Growing(size => new Float64Array(size))
  readonly #outcome = new Growing(size => new Uint8Array(size))
  readonly #repeat = new Growing(size => new Int32Array(size))
  readonly #next = new Growing(size => new Int32Array(size))
  /** By column, by row: the number of its first place and 1; 0 for none. */
  #first: Int32Array[] = []
  /** Records whose extractors disagree, by place: 0 unknown, 1 agree, 2 disagree. */
  readonly #disagree = new Growing(size => new Uint8Array(size))
  #scanned = 0
  #scanning: Promise<void> | undefined

  private constructor() {}

  /** Reads the runs. Throws as `openRunFolder` and `readRun` do. */
  static async open(dirs: readonly string[]): Promise<RunIndex> {
    const index = new RunIndex()
    for (const dir of dirs) index.#add(await openRunFolder(dir))
    index.#first = index.columnList.map(() => new Int32Array(index.count))
    await index.follow()
    return index
  }

  get count(): number {
    return this.#ids.length
  }
  get columns(): number {
    return this.columnList.length
  }
  /** The columns whose runs hold a benchmark. */
  columnsOf({id, dataSha256}: IndexedBench): number[] {
    return this.columnList.flatMap(({folder}, column) =>
      folder.lock.benchmarks.some(one => one.id === id && one.dataSha256 === dataSha256) ? [column] : [],
    )
  }
  get answers(): number {
    return this.#start.length
  }
  id(row: number): string {
    return this.#ids[row]!
  }
  bench(row: number): number {
    return this.#benchOf[row]!
  }
  subtask(row: number): string {
    return this.#subtaskOf[row]!
  }
  outcome(row: number, column: number): number {
    const first = this.#first[column]![row]!
    return first === 0 ? -1 : this.#outcome.at(first - 1)
  }
  disagrees(row: number): boolean | null {
    let known: boolean | null = false
    for (const first of this.#first)
      for (let place = first[row]! - 1; place >= 0; place = this.#next.at(place) - 1) {
        if (this.#disagree.at(place) === 2) return true
        if (this.#disagree.at(place) === 0) known = null
      }
    return known
  }

  /** The runs as they stand, for tables and comparisons. */
  runs(): Run[] {
    return this.#runs.map(({reading}) => reading.run())
  }

  /** The row of a sample; undefined if there is none. */
  rowOf(bench: number, id: string): number | undefined {
    const {folder} = this.benches[bench] ?? {}
    const run = this.#runs.find(run => run.folder === folder)
    return run && rowIn(run, this.benches[bench]!.id, id)
  }

  #add(folder: RunFolder): void {
    const {lock} = folder
    const rows = new Map<string, Int32Array>()
    for (const {id, dataSha256} of lock.benchmarks) {
      let bench = this.benches.findIndex(known => known.id === id && known.dataSha256 === dataSha256)
      const listed = folder.samples.get(id)!
      if (bench < 0) {
        bench = this.benches.length
        const subtasks = [...new Set([...listed.values()].map(({subtask}) => subtask))]
        this.benches.push({id, dataSha256, folder, subtasks, samples: 0})
      }
      const known = this.#runs.flatMap(run => {
        const same = run.folder.lock.benchmarks.some(other => other.id === id && other.dataSha256 === dataSha256)
        return same ? [run] : []
      })
      const mine = new Int32Array(listed.size)
      let place = 0
      for (const sample of listed.values()) {
        let row = known.map(other => rowIn(other, id, sample.id)).find(found => found !== undefined)
        if (row === undefined) {
          row = this.#ids.length
          this.#ids.push(sample.id)
          this.#benchOf.push(bench)
          this.#subtaskOf.push(sample.subtask)
          this.benches[bench]!.samples++
        }
        mine[place++] = row
      }
      rows.set(id, mine)
    }
    const column = this.columnList.length
    const arms = new Map(lock.arms.map(({id}, k) => [id, column + k]))
    for (const {id} of lock.arms) this.columnList.push({folder, arm: id})
    this.#runs.push({folder, column, rows, arms, tail: new LogTail(folder.dir), reading: new RunReading(folder)})
  }

  #following: Promise<boolean> | undefined

  /** Reads what was appended to the logs; says whether anything was. One reading at a time. */
  follow(): Promise<boolean> {
    this.#following ??= this.#followOnce().finally(() => {
      this.#following = undefined
    })
    return this.#following
  }

  async #followOnce(): Promise<boolean> {
    const before = this.answers
    for (const run of this.#runs) {
      for await (const batch of run.tail.appended(run.reading.fits)) {
        for (const {record, start, end} of batch) {
          run.reading.add(record)
          this.#put(run, record, start, end)
        }
      }
    }
    return this.answers > before
  }

  #put(run: IndexedRun, record: LogRecord, start: number, end: number): void {
    const {arms} = run
    const column = this.#first[arms.get(record.arm)!]!
    const row = rowIn(run, record.bench, record.id)!
    const repeat = record.repeat ?? 0
    let last = -1
    for (let place = column[row]! - 1; place >= 0; place = this.#next.at(place) - 1) {
      last = place
      if (this.#repeat.at(place) !== repeat) continue
      if (!replaces(record.outcome, outcomes[this.#outcome.at(place)])) return
      this.#start.set(place, start)
      this.#end.set(place, end)
      this.#outcome.set(place, outcomeCode(record.outcome))
      this.#disagree.set(place, 0)
      this.#scanned = Math.min(this.#scanned, place)
      return
    }
    this.#start.push(start)
    this.#end.push(end)
    this.#outcome.push(outcomeCode(record.outcome))
    this.#repeat.push(repeat)
    this.#next.push(0)
    this.#disagree.push(0)
    this.#column.push(arms.get(record.arm)!)
    const place = this.#start.length
    if (last < 0) column[row] = place
    else this.#next.set(last, place)
  }

  readonly #column = new Growing(size => new Int32Array(size))

  /** The records of a sample, by column and repeat. */
  async records(row: number): Promise<{column: number; record: LogRecord}[]> {
    const found: {column: number; record: LogRecord}[] = []
    for (const [column, first] of this.#first.entries())
      for (let place = first[row]! - 1; place >= 0; place = this.#next.at(place) - 1)
        found.push({column, record: await this.#recordAt(place)})
    return found
  }

  #recordAt(place: number): Promise<LogRecord> {
    const {folder} = this.columnList[this.#column.at(place)]!
    const run = this.#runs.find(run => run.folder === folder)!
    return run.tail.at({start: this.#start.at(place), end: this.#end.at(place)})
  }

  /** Share of the answers whose disagreement is known. */
  get scanned(): number {
    return this.answers === 0 ? 1 : this.#scanned / this.answers
  }

  /** Goes on to find out where extractors disagree, in the background. The same call joins one that is under way. */
  scan(disagrees: (record: LogRecord, lock: Lock) => boolean): Promise<void> {
    this.#scanning ??= this.#scanOn(disagrees).finally(() => {
      this.#scanning = undefined
    })
    return this.#scanning
  }

  async #scanOn(disagrees: (record: LogRecord, lock: Lock) => boolean): Promise<void> {
    while (this.#scanned < this.answers) {
      const place = this.#scanned++
      if (this.#disagree.at(place) !== 0) continue
      try {
        const record = await this.#recordAt(place)
        this.#disagree.set(place, disagrees(record, this.columnList[this.#column.at(place)]!.folder.lock) ? 2 : 1)
      } catch (error) {
        // What could not be read is not known, and is tried again.
        this.#scanned = Math.min(this.#scanned, place)
        throw error
      }
    }
  }
}
