// Checks whether a log record can be true: it must belong to a sample of the run and must not contradict itself. A
// record that fails is reported and not counted. The log itself is never changed.
import type {Outcome} from '../core/outcome.js'
import type {Lock} from './lock.js'
import type {LogRecord} from './record.js'
import type {SampleList} from './samples.js'

/** How many failing records are named one by one. */
const mostNamed = 3

/** Outcomes that score zero. */
const zeroOutcomes: ReadonlySet<Outcome> = new Set(['unanswered', 'truncated', 'refused', 'not-engaged'])
/** Outcomes without a score. */
const scoreless: ReadonlySet<Outcome> = new Set(['error', 'unscored'])

/** The contradiction within a record, as the end of a sentence; null when there is none. */
export function contradictionIn(record: LogRecord): string | null {
  const {outcome, score, gold, answer, options, letters, stop} = record
  if (scoreless.has(outcome)) return score === null ? null : `is ${outcome} with a score of ${score}`
  if (stop === 'error' || stop === 'abort') return `is ${outcome} after a generation that failed`
  // An imported score that came without an answer needs no gold answer.
  if (record['scoreOnly'] === true)
    return score !== null && score === record.metrics['peer'] && score >= 0.5 === (outcome === 'correct')
      ? null
      : `is ${outcome} with a score of ${score}, not the one that was given`
  if (gold === null) return `is ${outcome} without a gold answer`
  if (score === null) return `is ${outcome} without a score`
  if (zeroOutcomes.has(outcome)) return score === 0 ? null : `is ${outcome} with a score of ${score}`
  // For open answers `correct` means at least one half.
  if (score >= 0.5 !== (outcome === 'correct')) return `is ${outcome} with a score of ${score}`
  const choice = (letters ?? options ?? []).length > 0
  if (choice && outcome === 'correct' && answer !== gold) return `is correct with another answer than the gold one`
  return null
}

/** Checks the records of one run against its lock and samples, and collects those that fail. */
export class RecordCheck {
  readonly #arms: ReadonlySet<string>
  readonly #repeats: number
  readonly #extractor: string
  readonly #samples: SampleList
  readonly #dir: string
  readonly #named: string[] = []
  #odd = 0

  constructor({
    dir,
    lock,
    samples,
  }: {dir: string; lock: Pick<Lock, 'arms' | 'seeds' | 'extractor'>; samples: SampleList}) {
    this.#dir = dir
    this.#arms = new Set(lock.arms.map(({id}) => id))
    this.#repeats = lock.seeds.repeats ?? 1
    this.#extractor = lock.extractor
    this.#samples = samples
  }

  /** Whether the record of this line of the log counts. Records that do not are collected. */
  readonly fits = (record: LogRecord, line: number): boolean => {
    const problem = this.#problemOf(record)
    if (problem === null) return true
    this.#odd++
    if (this.#named.length < mostNamed) this.#named.push(`line ${line}, ${record.id}, ${problem}`)
    return false
  }

  /** A warning about the records that failed; empty without any. */
  warnings(): string[] {
    if (this.#odd === 0) return []
    const more = this.#odd > this.#named.length ? `; and ${this.#odd - this.#named.length} more` : ''
    const some = this.#odd === 1 ? '1 log record is' : `${this.#odd} log records are`
    return [`${this.#dir}: ${some} not counted: ${this.#named.join('; ')}${more}.`]
  }

  #problemOf(record: LogRecord): string | null {
    if (!this.#arms.has(record.arm)) return `is of no arm of the lock`
    const samples = this.#samples.get(record.bench)
    if (samples === undefined) return `is of no benchmark of the lock`
    const sample = samples.get(record.id)
    if (sample === undefined) return `is of no sample of the run`
    if (sample.subtask !== record.subtask) return `is not of the subtask ${record.subtask}`
    if (sample.item !== record.item) return `is not of the item ${record.item ?? record.id}`
    const {repeat} = record
    if (this.#repeats === 1 ? repeat !== undefined : repeat === undefined || repeat >= this.#repeats)
      return `is of no repeat of the run (${repeat ?? 'none'} of ${this.#repeats})`
    if (record.extractor !== this.#extractor)
      return `was read by the extractor ${record.extractor}, not ${this.#extractor}`
    return contradictionIn(record)
  }
}
