// The end of a run: writes the result document, the files beside the log and the requested tables, and applies the
// gate.
import {appendFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {LanternError, messageOf} from '../core/errors.js'
import {makeFolder} from '../core/folders.js'
import type {Arm} from '../core/generation.js'
import type {RunEnd} from '../evaluation/evaluate.js'
import {readLock, summaryFile} from '../run-folder/reader.js'
import {assertComparable, compareRuns, pickArm, splitRunArm} from './compare.js'
import type {ExportOptions} from './exports/export.js'
import {writePieces} from './exports/files.js'
import {type Format, type FormatOptions, outputNamed} from './formats/index.js'
import {panelsOf} from './panels.js'
import {type Run, readRun} from './read-run.js'
import {resultTable} from './result-table.js'
import type {Comparison} from './schemas/comparison.js'
import type {ResultDocument} from './schemas/result.js'

export interface Output {
  /** Name of a report format. */
  readonly format: string
  readonly path: string
}

/** The baseline of a run, and whether the comparison decides the exit code. */
export interface Gate {
  /** `RUN` or `RUN#ARM`. */
  readonly baseline: string
  readonly margin: number
  readonly alpha: number
  readonly failOn?: 'regression'
  readonly onInconclusive?: 'pass' | 'fail'
}

export interface PublishOptions {
  readonly outputs: readonly Output[]
  readonly gate?: Gate
  /** Also score every saved answer with every extractor. */
  readonly panel: boolean
  /** Whether exports for hubs include rows that are not official. */
  readonly includeUnofficial?: boolean
  /** Receives what the outputs have to tell, in sentences. */
  readonly tell?: (sentence: string) => void
}

/**
 * Writes summary.json, table.md and table.csv into the run folder, and the requested outputs. The gate applies only to
 * a finished run. Throws `disk` if a file cannot be written, and what `compareRuns` throws.
 */
export async function publishRun(end: RunEnd, options: PublishOptions): Promise<ResultDocument> {
  const {outputs, gate, panel, includeUnofficial = false, tell = () => {}} = options
  const run = await readRun(end.runDir)
  const comparison = gate === undefined || end.verdict !== 'done' ? undefined : await compareWithBaseline(run, gate)
  const exitCode = comparison && end.exitCode === 0 ? comparison.exitCode : end.exitCode
  const table = resultTable([run], {verdict: end.verdict, exitCode, warnings: end.reason === null ? [] : [end.reason]})
  const document: ResultDocument = {
    ...table,
    ...(comparison ? {comparison} : {}),
    ...(panel ? {panels: await panelsOf(end.runDir)} : {}),
  }
  await writeText(join(end.runDir, summaryFile), `${JSON.stringify(document, null, 2)}\n`)
  const tables = [
    {format: 'markdown', path: join(end.runDir, 'table.md')},
    {format: 'csv', path: join(end.runDir, 'table.csv')},
  ]
  for (const sentence of await writeOutputs(document, [...tables, ...outputs], {includeUnofficial})) tell(sentence)
  return document
}

/**
 * Checks before a run that it can be compared with its baseline afterwards. It cannot if the baseline is not a run, has
 * other arms or another contract.
 * `next` is the planned run, by its lock. Throws `bad-file`, `usage` or `provenance`.
 */
export async function assertBaseline(next: Pick<Run, 'dir' | 'lock'>, baseline: string): Promise<void> {
  const {dir, arm} = splitRunArm(baseline)
  const lock = await readLock(dir)
  const baseArm = pickArm({dir, lock}, arm)
  counterpart(next.lock.arms, lock.arms.find(({id}) => id === baseArm)!)
  assertComparable({dir, lock}, next)
}

async function compareWithBaseline(run: Run, {baseline, ...options}: Gate): Promise<Comparison> {
  const {dir, arm} = splitRunArm(baseline)
  const base = await readRun(dir)
  const baseArm = pickArm(base, arm)
  return compareRuns(base, run, {
    baseArm,
    newArm: counterpart(run.lock.arms, base.lock.arms.find(({id}) => id === baseArm)!),
    ...options,
  })
}

/**
 * The arm to compare with a baseline's arm: the only arm, the one with the same id, or the only one with the same mode
 * and intervention. Throws `usage`.
 */
export function counterpart(arms: readonly Arm[], baseArm: Arm): string {
  const alike = arms.filter(arm => arm.mode === baseArm.mode && arm.intervention === baseArm.intervention)
  const found =
    arms.length === 1
      ? arms[0]
      : (arms.find(arm => arm.id === baseArm.id) ?? (alike.length === 1 ? alike[0] : undefined))
  if (found) return found.id
  throw new LanternError(
    'usage',
    `No arm of this run corresponds to the baseline's ${baseArm.id}.`,
    `Compare by hand: lantern-eval compare BASE#ARM NEW#ARM, with one of ${arms.map(({id}) => id).join(', ')}.`,
  )
}

/**
 * Writes a document in each of the formats. Returns what the user must be told, in sentences. Throws `disk`, and what
 * the exports throw that read the runs of the document.
 */
export async function writeOutputs(
  document: ResultDocument,
  outputs: readonly Output[],
  options: Partial<ExportOptions> = {},
): Promise<string[]> {
  const plain: FormatOptions = {width: 120, color: false}
  const told: string[] = []
  for (const {format: name, path} of outputs) {
    const format = outputNamed(name)
    if ('render' in format) await writeText(path, textOf(format, document, plain), format.appends === true)
    else told.push(...(await format.write(document, path, {includeUnofficial: false, now: new Date(), ...options})))
  }
  return told
}

/** Renders a document. Throws `bad-config` if a plug-in's format fails or returns no text. */
function textOf(format: Format, document: ResultDocument, options: FormatOptions): string {
  const refuse = (what: string): never => {
    throw new LanternError('bad-config', `The report format "${format.name}" ${what}.`, 'Correct what renders it.')
  }
  let text: unknown
  try {
    text = format.render(document, options)
  } catch (error) {
    return refuse(`threw: ${messageOf(error)}`)
  }
  return typeof text === 'string' ? text : refuse('rendered no text')
}

/** Writes a file whole or not at all (or appends to it) and creates its parent folders. Throws `disk`. */
export async function writeText(path: string, text: string, append = false): Promise<void> {
  if (!append) return writePieces(path, [text])
  await makeFolder(dirname(path), 'Give another path.')
  try {
    await appendFile(path, text)
  } catch (error) {
    throw new LanternError('disk', `${path} cannot be written: ${messageOf(error)}.`, 'Give another path.', {
      cause: error,
    })
  }
}
