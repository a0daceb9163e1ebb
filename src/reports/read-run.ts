// Reads a run folder for tables and comparisons: the lock, and from each settled record only what a table shows.

import type {Arm} from '../core/generation.js'
import {type Outcome, outcomes} from '../core/outcome.js'
import {opensBlocks} from '../modes/interventions.js'
import type {Lock} from '../run-folder/lock.js'
import {openRunFolder, type RunFolder, readLogBatches} from '../run-folder/reader.js'
import {type LogRecord, replaces} from '../run-folder/record.js'
import {RecordCheck} from '../run-folder/record-check.js'
import type {ListedSample} from '../run-folder/samples.js'
import {asOne} from './repeats.js'
import {malformed, type Settled} from './settled.js'
import {SettledSheet, SheetRows} from './settled-sheet.js'

/** One arm on one benchmark: the settled records by sample id. */
export interface Sheet {
  readonly arm: Arm
  readonly bench: Lock['benchmarks'][number]
  readonly records: ReadonlyMap<string, Settled>
  /** Names of parameters that the server refused and that were therefore left out of some requests. */
  readonly dropped: readonly string[]
}

export interface Run {
  /** The folder, as given by the user. */
  readonly dir: string
  readonly lock: Lock
  /** Every arm on every benchmark of the lock, including empty ones. */
  readonly sheets: readonly Sheet[]
  /** Warnings about the log, in sentences. */
  readonly warnings: readonly string[]
}

/**
 * Reads a run, finished or not, in one pass; memory is a few numbers per sample and arm, however long the answers are.
 * Implausible records are left out and reported in the warnings.
 * Throws `bad-file` (naming file and line) for a folder that is not a run or a log line that is not a record, and
 * `provenance` if the lock or the list of samples was edited.
 */
export async function readRun(dir: string): Promise<Run> {
  const folder = await openRunFolder(dir)
  const reading = new RunReading(folder)
  for await (const batch of readLogBatches(dir, reading.fits)) for (const record of batch) reading.add(record)
  return reading.run()
}

interface GrowingSheet extends Pick<Sheet, 'arm' | 'bench'> {
  readonly records: SettledSheet
  readonly dropped: Set<string>
  /** By sample, then by number of the repeat. Used only if there are several repeats. */
  readonly repeats: Map<string, Settled[]>
}

/** What tables need of a run, gathered record by record: also of a log that still grows. */
export class RunReading {
  readonly #folder: RunFolder
  readonly #check: RecordCheck
  readonly #rows: ReadonlyMap<string, SheetRows>
  readonly #sheets: readonly GrowingSheet[]
  readonly #shared = interner()
  #last: GrowingSheet | undefined

  constructor(folder: RunFolder) {
    this.#folder = folder
    this.#check = new RecordCheck(folder)
    const {arms, benchmarks} = folder.lock
    const rows = new Map(benchmarks.map(({id}) => [id, new SheetRows(folder.samples.get(id)!)]))
    this.#rows = rows
    this.#sheets = arms.flatMap(arm =>
      benchmarks.map(bench => ({
        ...{arm, bench, records: new SettledSheet(rows.get(bench.id)!), dropped: new Set<string>()},
        repeats: new Map<string, Settled[]>(),
      })),
    )
  }

  /** Whether the record of this line can be true; one that cannot is left out with a warning. */
  get fits(): (record: LogRecord, line: number) => boolean {
    return this.#check.fits
  }

  /** The place of a sample in the list of the run's samples of a benchmark, from 0; undefined if it is not there. */
  placeOf(bench: string, id: string): number | undefined {
    return this.#rows.get(bench)?.rows.get(id)
  }

  /** Adds a record that fits. */
  add(record: LogRecord): void {
    // A log has long runs of the same arm and benchmark, so the last sheet is tried first.
    let sheet = this.#last
    if (record.arm !== sheet?.arm.id || record.bench !== sheet.bench.id)
      sheet = this.#sheets.find(({arm, bench}) => record.bench === bench.id && record.arm === arm.id)!
    this.#last = sheet
    const {samples} = this.#folder
    const settled = () => settledOf(record, sheet.arm, samples.get(record.bench)?.get(record.id), this.#shared)
    for (const name of record.seen?.dropped ?? []) sheet.dropped.add(name)
    if (record.repeat !== undefined) addRepeat(sheet.repeats, record, settled())
    else if (replaces(record.outcome, sheet.records.outcome(record.id))) sheet.records.set(record.id, settled())
  }

  /** The run as it stands. */
  run(): Run {
    const {dir, lock} = this.#folder
    for (const {records, repeats} of this.#sheets) for (const [id, asked] of repeats) records.set(id, asOne(asked))
    return {
      ...{dir, lock},
      sheets: this.#sheets.map(({arm, bench, records, dropped}) => ({
        ...{arm, bench, records},
        dropped: [...dropped].sort(),
      })),
      warnings: this.#check.warnings(),
    }
  }
}

function addRepeat(repeats: Map<string, Settled[]>, {id, repeat, outcome}: LogRecord, settled: Settled): void {
  const asked = repeats.get(id) ?? []
  repeats.set(id, asked)
  if (replaces(outcome, asked[repeat!]?.outcome)) asked[repeat!] = settled
}

function settledOf(
  record: LogRecord,
  arm: Arm,
  listed: ListedSample | undefined,
  shared: (text: string) => string,
): Settled {
  const choices = record.letters?.length ?? record.options?.length ?? 0
  return {
    subtask: shared(record.subtask),
    outcome: record.outcome,
    score: record.score,
    cluster: record.cluster ?? null,
    group: listed?.group ?? null,
    groupSize: listed?.groupSize ?? 1,
    item: record.item ?? null,
    gold: goldOf(record, choices, shared),
    choices,
    metrics: record.metrics,
    promptTokens: record.usage.promptTokens,
    textTokens: record.usage.textTokens,
    latentSteps: record.usage.latentSteps,
    totalMs: record.timing.totalMs,
    engaged: engagedOf(record, arm),
    answers: Number(record.outcome !== 'error'),
    cached: Number(record.cached === true),
    ...(record.costUsd === undefined ? {} : {costUsd: record.costUsd}),
  }
}

function goldOf({gold}: LogRecord, choices: number, shared: (text: string) => string): string | null {
  if (gold === null || choices === 0) return null
  return typeof gold === 'string' && /^[A-Z]$/.test(gold) ? shared(gold) : malformed
}

/** Interventions that remove all blocks on purpose carry no information about engagement. */
function engagedOf({usage, outcome}: LogRecord, arm: Arm): number | null {
  const steps = usage.blocks ?? usage.latentSteps
  return outcome === 'error' || steps === null || !opensBlocks(arm) ? null : Number(steps > 0)
}

/** Returns one shared copy of each string, because thousands of records repeat a few strings. */
function interner(): (text: string) => string {
  const known = new Map<string, string>()
  return text => {
    const copy = known.get(text)
    if (copy !== undefined) return copy
    known.set(text, text)
    return text
  }
}

/** How often each outcome occurs; every outcome is present. */
export function countOutcomes(records: Iterable<Settled>): Record<Outcome, number> {
  const counts = Object.fromEntries(outcomes.map(outcome => [outcome, 0])) as Record<Outcome, number>
  for (const {outcome} of records) counts[outcome]++
  return counts
}
