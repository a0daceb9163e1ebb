// How many decode steps the own latent arm of a run took for each answer: text, latents and markers.
import {type Arm, decodeStepsOf} from '../core/generation.js'
import {settledRecords} from '../run-folder/reader.js'
import {type LogRecord, recordKey} from '../run-folder/record.js'

/** The steps of the own answer to a sample; undefined where there is none. */
export type StepsOf = (key: Pick<LogRecord, 'bench' | 'id' | 'repeat'>) => number | undefined

/** Reads the answers of the own arm of a run. Memory is a number for each. Throws as `settledRecords` does. */
export async function readOwnSteps(runDir: string, own: Arm): Promise<StepsOf> {
  const steps = new Map<string, number>()
  for (const record of await settledRecords(runDir)) {
    const taken = decodeStepsOf(record.usage)
    if (record.arm !== own.id || record.outcome === 'error' || taken === null) continue
    steps.set(recordKey(record), Math.max(1, taken))
  }
  return ({bench, id, repeat}) => steps.get(recordKey({bench, id, repeat, arm: own.id}))
}
