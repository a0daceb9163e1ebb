// The extractor panel of a run: how much the score of each arm depends on the extractor.

import {extractorPanel} from '../metrics/panel.js'
import {readLock, settledRecords} from '../run-folder/reader.js'
import type {LogRecord} from '../run-folder/record.js'
import type {ResultPanel} from './schemas/result.js'

/** One panel per arm and benchmark whose items are choices. Throws `bad-file` for a folder that is not a run. */
export async function panelsOf(runDir: string): Promise<ResultPanel[]> {
  const lock = await readLock(runDir)
  const records = await settledRecords(runDir)
  const panels: ResultPanel[] = []
  for (const arm of lock.arms) {
    for (const bench of lock.benchmarks) {
      const mine = records.filter(record => record.arm === arm.id && record.bench === bench.id && isChoice(record))
      if (mine.length === 0) continue
      const answers = mine.map(({id, subtask, text, stop, gold, options, letters, usage}) => ({
        id,
        subtask,
        text,
        stop,
        gold,
        options,
        letters,
        usage,
        arm,
      }))
      const scoring = {
        answer: 'choice',
        metric: bench.metric,
        aggregate: bench.aggregate,
        headline: bench.headline ?? undefined,
      } as const
      panels.push({arm: arm.id, bench: bench.id, ...(await extractorPanel(answers, scoring))})
    }
  }
  return panels
}

function isChoice({options, letters}: LogRecord): boolean {
  return (options ?? letters ?? []).length > 0
}
