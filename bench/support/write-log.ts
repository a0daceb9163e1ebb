// Writes the log of a run that is too long to hold.
import {createWriteStream} from 'node:fs'
import {join} from 'node:path'
import {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {logFile} from '../../src/run-folder/reader.js'
import type {LogRecord} from '../../src/run-folder/record.js'

/** Writes these records as the log of the run folder. */
export async function writeLog(runDir: string, records: Iterable<LogRecord>): Promise<void> {
  function* lines() {
    for (const record of records) yield `${JSON.stringify(record)}\n`
  }
  await pipeline(Readable.from(lines()), createWriteStream(join(runDir, logFile)))
}
