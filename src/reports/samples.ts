// Shows the samples of a run one by one, for a person who wants to read the model's answers.

import type {Outcome} from '../core/outcome.js'
import {printable} from '../core/printable.js'
import {openRunFolder, readLogBatches} from '../run-folder/reader.js'
import {type LogRecord, recordKey, replaces} from '../run-folder/record.js'
import {RecordCheck} from '../run-folder/record-check.js'
import {labelled, wrap} from './formats/layout.js'

export interface SampleFilter {
  readonly outcomes?: readonly string[]
  readonly benches?: readonly string[]
  readonly subtasks?: readonly string[]
  readonly ids?: readonly string[]
  readonly arm?: string
}

/**
 * The settled records that match the filter, in the order of the log, with the arms of a sample together. Only matching
 * records are kept in memory. Implausible records are left out with a warning.
 * Throws like `openRunFolder` and `readLog`.
 */
export async function samplesOf(
  runDir: string,
  filter: SampleFilter,
  tell: (warning: string) => void = () => {},
): Promise<LogRecord[]> {
  const check = new RecordCheck(await openRunFolder(runDir))
  // For a record that does not match, the outcome is kept: the record may replace one that matched.
  const settled = new Map<string, LogRecord | Outcome>()
  for await (const batch of readLogBatches(runDir, check.fits)) {
    for (const record of batch) {
      const key = recordKey(record)
      const before = settled.get(key)
      if (replaces(record.outcome, typeof before === 'object' ? before.outcome : before))
        settled.set(key, fits(record, filter) ? record : record.outcome)
    }
  }
  check.warnings().forEach(tell)
  const bySample = new Map<string, LogRecord[]>()
  for (const record of settled.values()) {
    if (typeof record === 'string') continue
    const sample = `${record.bench}\u0000${record.id}`
    bySample.set(sample, [...(bySample.get(sample) ?? []), record])
  }
  return [...bySample.values()].flat()
}

function fits(record: LogRecord, {outcomes, benches, subtasks, ids, arm}: SampleFilter): boolean {
  const among = (list: readonly string[] | undefined, value: string) => list === undefined || list.includes(value)
  return (
    among(outcomes, record.outcome) &&
    among(benches, record.bench) &&
    among(subtasks, record.subtask) &&
    among(ids, record.id) &&
    (arm === undefined || record.arm === arm)
  )
}

export interface Paint {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
}

/** One record as a block of lines; `lines` limits how much of the response is shown. */
export function sampleText(record: LogRecord, width: number, paint: Paint, lines = Number.POSITIVE_INFINITY): string {
  const tint = record.outcome === 'correct' ? paint.good : record.outcome === 'unscored' ? paint.dim : paint.bad
  const gold = record.gold === null ? 'hidden' : [record.gold].flat().join(' / ')
  const facts = [`answer ${record.answer ?? 'none'}`, `gold ${gold}`, ...figuresOf(record)]
  const response = printable(record.text)
    .split('\n')
    .flatMap(line => (line === '' ? [''] : wrap(line, width, '  ')))
  const shown = response.slice(0, lines)
  return [
    `${paint.bold(printable(record.id))}${record.repeat === undefined ? '' : `  repeat ${record.repeat}`}  ${record.bench} ${printable(record.subtask)}  ${tint(record.outcome)}`,
    ...wrap(`${printable(record.arm).replaceAll('|', ' ')} · ${facts.map(printable).join(' · ')}`, width, '  ').map(
      line => paint.dim(line),
    ),
    ...(record.options ?? []).flatMap((option, index) => {
      const letter = record.letters?.[index] ?? String.fromCharCode(65 + index)
      const mark = letter === record.gold ? '✓' : letter === record.answer ? '✗' : ' '
      return labelled(`  ${mark} (${letter}) `, printable(option), width)
    }),
    ...(record.error ? labelled('  error ', printable(`${record.error.code}: ${record.error.message}`), width) : []),
    ...(record.text === '' ? [] : shown),
    ...(shown.length < response.length ? [paint.dim(`  … ${response.length - shown.length} more lines`)] : []),
  ].join('\n')
}

function figuresOf({usage, timing, stop, metrics, score}: LogRecord): string[] {
  return [
    ...(score !== null && score > 0 && score < 1 ? [`score ${score.toFixed(2)}`] : []),
    ...Object.entries(metrics).map(([name, value]) => `${name} ${Number.isInteger(value) ? value : value.toFixed(2)}`),
    ...(usage.textTokens === null ? [] : [`${usage.textTokens} text tokens`]),
    ...(usage.latentSteps ? [`${usage.latentSteps} latent steps`] : []),
    ...(timing.totalMs === null ? [] : [`${Math.round(timing.totalMs)} ms`]),
    ...(stop === 'eos' ? [] : [`stop ${stop}`]),
  ]
}
