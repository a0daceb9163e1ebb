// The end of a run: its result document, the files beside its log, the tables asked for, and the gate.
import {appendFile, mkdir} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import {LanternError, messageOf} from '../core/errors.js'
import {summaryFile} from '../core/run-folder.js'
import type {ResultDocument} from '../core/schemas/result.js'
import type {RunEnd} from '../evaluation/evaluate.js'
import {type FormatName, type FormatOptions, formats} from './formats/index.js'
import {readRun} from './read-run.js'
import {resultTable} from './result-table.js'

export interface Output {
  readonly format: FormatName
  readonly path: string
}

export interface PublishOptions {
  readonly outputs: readonly Output[]
}

/**
 * Writes summary.json, table.md and table.csv into the run folder and the outputs asked for.
 * Throws `disk` when a file cannot be written.
 */
export async function publishRun(end: RunEnd, {outputs}: PublishOptions): Promise<ResultDocument> {
  const document = resultTable([await readRun(end.runDir)], {
    verdict: end.verdict,
    exitCode: end.exitCode,
    warnings: end.reason === null ? [] : [end.reason],
  })
  await writeText(join(end.runDir, summaryFile), `${JSON.stringify(document, null, 2)}\n`, false)
  await writeOutputs(document, [
    {format: 'markdown', path: join(end.runDir, 'table.md')},
    {format: 'csv', path: join(end.runDir, 'table.csv')},
    ...outputs,
  ])
  return document
}

/** Writes a document in each of the formats. Throws `disk`. */
export async function writeOutputs(document: ResultDocument, outputs: readonly Output[]): Promise<void> {
  const plain: FormatOptions = {width: 120, color: false}
  for (const {format, path} of outputs) await writeText(path, formats[format].render(document, plain), formats[format].appends === true)
}

async function writeText(path: string, text: string, append: boolean): Promise<void> {
  try {
    await mkdir(dirname(path), {recursive: true})
    await (append ? appendFile(path, text) : writeFileAtomic(path, text))
  } catch (error) {
    throw new LanternError('disk', `${path} cannot be written: ${messageOf(error)}.`, 'Give another path.', {cause: error})
  }
}
