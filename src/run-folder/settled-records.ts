// The records of a run that count, as a stream: for outputs of whole runs, however long the answers are.
import {openRunFolder, type RunFolder, readLogBatches} from './reader.js'
import {type LogRecord, recordKey, replaces} from './record.js'
import {RecordCheck} from './record-check.js'

/**
 * The record that counts for each key (see `replaces`), in the order of the log. The log is read twice: memory is a key
 * and a line number per record, whatever the records hold. Records that cannot be true are left out.
 * Throws as `openRunFolder` and `readLog` do.
 */
export async function* streamSettledRecords(run: string | RunFolder): AsyncGenerator<LogRecord> {
  const folder = typeof run === 'string' ? await openRunFolder(run) : run
  const {fits} = new RecordCheck(folder)
  const counting = new Map<string, {line: number; outcome: LogRecord['outcome']}>()
  let at = 0
  const numbered = (record: LogRecord, line: number) => {
    at = line
    return fits(record, line)
  }
  for await (const batch of readLogBatches(folder.dir, numbered))
    for (const record of batch) {
      const key = recordKey(record)
      if (replaces(record.outcome, counting.get(key)?.outcome)) counting.set(key, {line: at, outcome: record.outcome})
    }
  const lines = new Set(Array.from(counting.values(), ({line}) => line))
  counting.clear()
  for await (const batch of readLogBatches(folder.dir, (_, line) => lines.has(line))) yield* batch
}
