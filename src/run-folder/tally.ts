// What is settled of a run and what failed, kept up to date while its log grows: a run knows its end without reading
// its log again.
import {readLogBatches, recordKey} from './reader.js'
import type {LogRecord} from './record.js'

export class Tally {
  readonly #scores = new Map<string, number | null>()
  readonly #failed = new Set<string>()

  /** A record that is in the log; of each (arm, bench, id) the last that is not an `error` counts. */
  add(record: Pick<LogRecord, 'arm' | 'bench' | 'id' | 'outcome' | 'score'>): void {
    const key = recordKey(record)
    if (record.outcome !== 'error') {
      this.#scores.set(key, record.score)
      this.#failed.delete(key)
    } else if (!this.#scores.has(key)) this.#failed.add(key)
  }

  isSettled(key: string): boolean {
    return this.#scores.has(key)
  }

  get settled(): number {
    return this.#scores.size
  }

  get errors(): number {
    return this.#failed.size
  }

  /** How many settled samples have a score, and the sum of those. */
  scores(): {scored: number; sum: number} {
    let scored = 0
    let sum = 0
    for (const score of this.#scores.values()) {
      if (score === null) continue
      scored++
      sum += score
    }
    return {scored, sum}
  }
}

/**
 * The tally of the log of a run folder; memory is a key and a number per sample and arm. Throws `bad-file` as `readLog`
 * does.
 */
export async function tallyOf(runDir: string): Promise<Tally> {
  const tally = new Tally()
  for await (const batch of readLogBatches(runDir)) for (const record of batch) tally.add(record)
  return tally
}
