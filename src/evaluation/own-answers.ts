// What the own arms of a run wrote, for the readings of all arms behind it; and the records that still lack a reading.
import type {Arm, OwnText} from '../core/generation.js'
import {answerPlaces} from '../metrics/answer-place.js'
import {settledRecords} from '../run-folder/reader.js'
import {type LogRecord, recordKey} from '../run-folder/record.js'

type Asked = {readonly arm: Arm; readonly bench: string; readonly id: string; readonly repeat: number | undefined}

/** The id of the own arm that an arm is compared with. */
export function ownArmId({id, intervention}: Pick<Arm, 'id' | 'intervention'>): string {
  return id.slice(0, id.length - (intervention ?? '').length) + 'own'
}

export class OwnAnswers {
  readonly #own = new Map<string, OwnText | null>()
  readonly #lacking: Map<string, LogRecord>

  private constructor(lacking: Map<string, LogRecord>) {
    this.#lacking = lacking
  }

  /**
   * Reads the own answers from the run that has them (`from`), and what lacks a reading from the running one. Memory
   * grows with the texts of its own arms. Throws as `settledRecords` does.
   */
  static async read(runDir: string, from: string, arms: readonly Arm[], extractor: string): Promise<OwnAnswers> {
    const ids = new Set(arms.map(({id}) => id))
    const running = await settledRecords(runDir)
    const open = running.filter(({arm, outcome, forced}) => ids.has(arm) && outcome !== 'error' && forced === undefined)
    const answers = new OwnAnswers(new Map(open.map(record => [recordKey(record), record])))
    const owns = new Set(arms.map(ownArmId))
    for (const record of from === runDir ? running : await settledRecords(from))
      if (owns.has(record.arm)) answers.#own.set(recordKey(record), ownText(record, extractor))
    return answers
  }

  /** What own wrote: null where its answer cannot be read, undefined where there is none yet. */
  text({arm, ...key}: Asked): OwnText | null | undefined {
    return this.#own.get(recordKey({...key, arm: ownArmId(arm)}))
  }

  /** The record of an answer that was not read yet. */
  lacking({arm, ...key}: Asked): LogRecord | undefined {
    return this.#lacking.get(recordKey({...key, arm: arm.id}))
  }
}

function ownText({text, options, letters, tokenIds, latentAt}: LogRecord, extractor: string): OwnText | null {
  const places = answerPlaces({text, options, letters}, extractor)
  return places === null || tokenIds === undefined ? null : {places, ids: tokenIds, latentAt: latentAt ?? []}
}
