// A run folder as tables and comparisons need it: the lock, and of each settled record only what a table shows.

import type {Arm} from '../core/generation.js'
import {type Outcome, outcomes} from '../core/outcome.js'
import {opensBlocks} from '../modes/interventions.js'
import type {Lock} from '../run-folder/lock.js'
import {openRunFolder, readLogBatches} from '../run-folder/reader.js'
import {type LogRecord, replaces} from '../run-folder/record.js'
import {RecordCheck} from '../run-folder/record-check.js'
import {asOne} from './repeats.js'
import type {Settled} from './settled.js'

/** One arm on one benchmark: the settled records by sample id. */
export interface Sheet {
  readonly arm: Arm
  readonly bench: Lock['benchmarks'][number]
  readonly records: ReadonlyMap<string, Settled>
  /** Parameters that the server refused and that were left out of some requests, by name. */
  readonly dropped: readonly string[]
}

export interface Run {
  /** The folder as it was given. */
  readonly dir: string
  readonly lock: Lock
  /** Every arm on every benchmark of the lock, empty ones too. */
  readonly sheets: readonly Sheet[]
  /** What was odd about the log, in sentences. */
  readonly warnings: readonly string[]
}

/**
 * Reads a run, finished or not, in one pass; memory is a few numbers per sample and arm, whatever the answers' length.
 * Records that cannot be true are left out, and told in the warnings.
 * Throws `bad-file` for a folder that is no run or a log line that is no record (naming file and line), `provenance`
 * for a lock or a list of samples that was edited.
 */
export async function readRun(dir: string): Promise<Run> {
  const folder = await openRunFolder(dir)
  const {lock} = folder
  const check = new RecordCheck(folder)
  const sheets = lock.arms.flatMap(arm =>
    lock.benchmarks.map(bench => ({
      ...{arm, bench, records: new Map<string, Settled>(), dropped: new Set<string>()},
      /** By sample, and then by number of the repeat; only where there are several. */
      repeats: new Map<string, Settled[]>(),
    })),
  )
  const sheetOf = (record: LogRecord) =>
    sheets.find(({arm, bench}) => record.bench === bench.id && record.arm === arm.id)!
  const shared = interner()
  // A log holds long stretches of one arm and benchmark: the last sheet is the first guess.
  let sheet = sheets[0]
  for await (const batch of readLogBatches(dir, check.fits)) {
    for (const record of batch) {
      if (record.arm !== sheet?.arm.id || record.bench !== sheet.bench.id) sheet = sheetOf(record)
      for (const name of record.seen?.dropped ?? []) sheet.dropped.add(name)
      if (record.repeat !== undefined) addRepeat(sheet.repeats, record, settledOf(record, sheet.arm, shared))
      else if (replaces(record.outcome, sheet.records.get(record.id)?.outcome))
        sheet.records.set(record.id, settledOf(record, sheet.arm, shared))
    }
  }
  for (const sheet of sheets)
    for (const [id, asked] of sheet.repeats) sheet.records.set(id, asOne(asked.filter(Boolean)))
  return {
    ...{dir, lock},
    sheets: sheets.map(({arm, bench, records, dropped}) => ({arm, bench, records, dropped: [...dropped].sort()})),
    warnings: check.warnings(),
  }
}

function addRepeat(repeats: Map<string, Settled[]>, {id, repeat, outcome}: LogRecord, settled: Settled): void {
  const asked = repeats.get(id) ?? []
  repeats.set(id, asked)
  if (replaces(outcome, asked[repeat!]?.outcome)) asked[repeat!] = settled
}

/** One object for the many records without further figures. */
const none: Readonly<Record<string, number>> = {}

function isEmpty(metrics: Readonly<Record<string, number>>): boolean {
  for (const _ in metrics) return false
  return true
}

function settledOf(record: LogRecord, arm: Arm, shared: (text: string) => string): Settled {
  return {
    subtask: shared(record.subtask),
    outcome: record.outcome,
    score: record.score,
    cluster: record.cluster ?? null,
    item: record.item ?? null,
    gold: typeof record.gold === 'string' && /^[A-Z]$/.test(record.gold) ? shared(record.gold) : null,
    choices: record.letters?.length ?? record.options?.length ?? 0,
    metrics: isEmpty(record.metrics) ? none : record.metrics,
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

/** Interventions that leave no block on purpose say nothing about engaging. */
function engagedOf({usage, outcome}: LogRecord, arm: Arm): number | null {
  const steps = usage.blocks ?? usage.latentSteps
  return outcome === 'error' || steps === null || !opensBlocks(arm) ? null : Number(steps > 0)
}

/** Gives one copy of each string, since thousands of records repeat a few. */
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
