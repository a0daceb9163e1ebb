// What is settled of a run and what failed, kept up to date while its log grows, so the end of a run needs no second
// reading of the log.
import type {Outcome} from '../core/outcome.js'
import {type RunFolder, readLogBatches} from './reader.js'
import {type LogRecord, recordKey, replaces} from './record.js'
import {RecordCheck} from './record-check.js'

interface Counted {
  readonly outcome: Outcome
  readonly score: number | null
  readonly cached: boolean
  readonly group: Group
}

interface Group {
  readonly arm: string
  readonly bench: string
  readonly subtask: string
}

/** Settled samples of one arm and subtask: how many, how many of them with a score, and the sum of those. */
export interface GroupScores extends Group {
  readonly run: number
  readonly scored: number
  readonly sum: number
  /** Answers that came from the response cache. */
  readonly cached: number
}

type Tallied = Pick<LogRecord, 'arm' | 'bench' | 'subtask' | 'id' | 'repeat' | 'outcome' | 'score' | 'cached'>

/** What one record adds to the scores of its arm and subtask. */
export function scoresOf({arm, bench, subtask, outcome, score, cached}: Tallied): GroupScores {
  const [run, scored] = [Number(outcome !== 'error'), Number(score !== null)]
  return {arm, bench, subtask, run, scored, sum: score ?? 0, cached: run * Number(cached === true)}
}

export class Tally {
  readonly #counted = new Map<string, Counted>()
  readonly #groups = new Map<string, Group>()
  #errors = 0

  /** A record that is in the log. */
  add(record: Tallied): void {
    const key = recordKey(record)
    const before = this.#counted.get(key)
    if (!replaces(record.outcome, before?.outcome)) return
    const {outcome, score, cached = false} = record
    this.#counted.set(key, {outcome, score, cached, group: this.#groupOf(record)})
    this.#errors += Number(outcome === 'error') - Number(before?.outcome === 'error')
  }

  /** The record that counts for a key; undefined before its first record. */
  get(key: string): Counted | undefined {
    return this.#counted.get(key)
  }

  /** Whether a record adds to what is known: the first of its key, or an answer after an error. */
  isNews(record: Pick<LogRecord, 'arm' | 'bench' | 'id' | 'repeat' | 'outcome'>): boolean {
    const counted = this.#counted.get(recordKey(record))
    return counted === undefined || (counted.outcome === 'error' && record.outcome !== 'error')
  }

  isSettled(key: string): boolean {
    const counted = this.#counted.get(key)
    return counted !== undefined && counted.outcome !== 'error'
  }

  get settled(): number {
    return this.#counted.size - this.#errors
  }

  get errors(): number {
    return this.#errors
  }

  /** By arm, benchmark and subtask. */
  scores(): GroupScores[] {
    const scores = new Map<Group, {-readonly [K in keyof GroupScores]: GroupScores[K]}>()
    for (const {outcome, score, cached, group} of this.#counted.values()) {
      const sums = scores.get(group) ?? {...group, run: 0, scored: 0, sum: 0, cached: 0}
      scores.set(group, sums)
      sums.run += Number(outcome !== 'error')
      sums.scored += Number(score !== null)
      sums.sum += score ?? 0
      sums.cached += Number(cached && outcome !== 'error')
    }
    return [...scores.values()]
  }

  /** One object for all samples of an arm and subtask. */
  #groupOf({arm, bench, subtask}: Group): Group {
    const key = JSON.stringify([arm, bench, subtask])
    const group = this.#groups.get(key) ?? {arm, bench, subtask}
    this.#groups.set(key, group)
    return group
  }
}

/**
 * The tally of a run folder. Memory: one key and one outcome per sample and arm. Records that cannot be true do not
 * count. Throws `bad-file` as `readLog` does.
 */
export async function tallyOf(folder: RunFolder): Promise<Tally> {
  const tally = new Tally()
  const check = new RecordCheck(folder)
  for await (const batch of readLogBatches(folder.dir, check.fits)) for (const record of batch) tally.add(record)
  return tally
}
