// What is settled of a run and what failed, kept up to date while its log grows, so the end of a run needs no second
// reading of the log.
import type {Outcome} from '../core/outcome.js'
import {type RunFolder, readLogBatches} from './reader.js'
import {type LogRecord, recordKey, replaces} from './record.js'
import {RecordCheck} from './record-check.js'

interface Counted {
  readonly outcome: Outcome
  readonly score: number | null
}

export class Tally {
  readonly #counted = new Map<string, Counted>()
  #errors = 0

  /** A record that is in the log. */
  add(record: Pick<LogRecord, 'arm' | 'bench' | 'id' | 'repeat' | 'outcome' | 'score'>): void {
    const key = recordKey(record)
    const before = this.#counted.get(key)
    if (!replaces(record.outcome, before?.outcome)) return
    const {outcome, score} = record
    this.#counted.set(key, {outcome, score})
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

  /** The tally so far. */
  copy(): Tally {
    const copy = new Tally()
    for (const [key, counted] of this.#counted) copy.#counted.set(key, counted)
    copy.#errors = this.#errors
    return copy
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

  /** How many settled samples have a score, and the sum of the scores. */
  scores(): {scored: number; sum: number} {
    let scored = 0
    let sum = 0
    for (const {score} of this.#counted.values()) {
      if (score === null) continue
      scored++
      sum += score
    }
    return {scored, sum}
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
