// Shows the samples of a run one by one, for a person who wants to read the model's answers.
import {existsSync} from 'node:fs'
import {relative, resolve} from 'node:path'
import {didYouMean} from '../core/closest.js'
import {LanternError} from '../core/errors.js'
import type {Outcome} from '../core/outcome.js'
import {printable} from '../core/printable.js'
import type {Lock} from '../run-folder/lock.js'
import {makeLogIndex, openLogIndex} from '../run-folder/log-index.js'
import {openRunFolder, type RunFolder, readLock, readLogBatches} from '../run-folder/reader.js'
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
 * Throws like `openRunFolder` and `readLog`, and `usage` for a benchmark, subtask or sample that the run does not have.
 */
export async function samplesOf(
  runDir: string,
  filter: SampleFilter,
  tell: (warning: string) => void = () => {},
): Promise<LogRecord[]> {
  const {warnings, batches, heldId} = await source(runDir, filter)
  const matching = new Map<string, LogRecord>()
  // Of every record only the outcome is kept: it may replace, or have replaced, one that matched.
  const outcomes = new Map<string, Map<string, Outcome>>()
  for await (const batch of batches) {
    for (const record of batch) {
      const asked = `${record.bench}\u0000${record.arm}\u0000${record.repeat ?? ''}`
      let settled = outcomes.get(asked)
      if (settled === undefined) {
        settled = new Map()
        outcomes.set(asked, settled)
      }
      if (!replaces(record.outcome, settled.get(record.id))) continue
      settled.set(heldId(record), record.outcome)
      if (fits(record, filter)) matching.set(recordKey(record), record)
      else if (matching.size > 0) matching.delete(recordKey(record))
    }
  }
  warnings().forEach(tell)
  const bySample = new Map<string, LogRecord[]>()
  for (const record of matching.values()) {
    const sample = `${record.bench}\u0000${record.id}`
    bySample.set(sample, [...(bySample.get(sample) ?? []), record])
  }
  return [...bySample.values()].flat()
}

interface Source {
  readonly batches: AsyncIterable<Iterable<LogRecord>>
  /** Known once the batches were read. */
  readonly warnings: () => readonly string[]
  /** The sample's id, as the string that the list of samples holds anyway: a million copies take 40 MB. */
  readonly heldId: (record: LogRecord) => string
}

/** The records to look through. Named samples of a long log are looked up in its index, which is made if need be. */
async function source(runDir: string, filter: SampleFilter): Promise<Source> {
  const {ids} = filter
  if (ids !== undefined) {
    const index = await openLogIndex(await readLock(runDir), runDir)
    const found = namesOfLock(index?.lock, filter) ? await index?.records(ids) : undefined
    // A sample without a record may be misspelt, which only the list of samples can tell.
    if (found && ids.every(id => found.some(record => record.id === id))) return inMemory(found, index!.warnings)
  }
  const run = await openRunFolder(runDir)
  assertInRun(run, filter)
  if (ids !== undefined) {
    const made = await makeLogIndex(run)
    const found = await made?.records(ids)
    if (found) return inMemory(found, made!.warnings)
  }
  const check = new RecordCheck(run)
  return {
    batches: readLogBatches(runDir, check.fits),
    warnings: () => check.warnings(),
    heldId: ({bench, id}) => run.samples.get(bench)?.get(id)?.id ?? id,
  }
}

function inMemory(records: readonly LogRecord[], warnings: readonly string[]): Source {
  const batches = (async function* () {
    yield records
  })()
  return {batches, warnings: () => warnings, heldId: ({id}) => id}
}

/** Whether the lock alone shows that the run has these benchmarks and subtasks. */
function namesOfLock(lock: Lock | undefined, {benches = [], subtasks = []}: SampleFilter): boolean {
  const benchmarks = lock?.benchmarks ?? []
  const names = new Set(benchmarks.flatMap(bench => bench.subtasks.map(({name}) => name)))
  return benches.every(name => benchmarks.some(({id}) => id === name)) && subtasks.every(name => names.has(name))
}

/** A name that the run does not have is misspelt: "no sample matches" would hide that. Throws `usage`. */
function assertInRun({dir, samples}: RunFolder, {benches = [], subtasks = [], ids = []}: SampleFilter): void {
  const listed = [...samples.values()].flatMap(list => [...list.values()])
  const known = {
    benchmark: new Set(samples.keys()),
    subtask: new Set(listed.map(({subtask}) => subtask)),
    sample: new Set(listed.map(({id}) => id)),
  }
  for (const [what, asked] of Object.entries({benchmark: benches, subtask: subtasks, sample: ids})) {
    const names = known[what as keyof typeof known]
    const unknown = asked.find(name => !names.has(name))
    if (unknown === undefined) continue
    const all = what === 'sample' ? `Sample ids look like "${[...names][0]}".` : `It has ${[...names].join(', ')}.`
    throw new LanternError('usage', `${dir} has no ${what} "${unknown}".`, `${didYouMean(unknown, names)}${all}`)
  }
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

export interface SampleView {
  readonly width: number
  readonly paint: Paint
  /** Lines of the question and of the response that are shown; all by default. */
  readonly lines?: number
  /** The folder or file of the data by benchmark, as the run found it; pictures are shown by a path that exists. */
  readonly data?: Readonly<Record<string, string>>
}

/** Where a run found its data, by benchmark; empty for runs that did not say, such as imports. */
export function dataOf({environment}: Pick<Lock, 'environment'>): Record<string, string> {
  const data = environment['data']
  if (typeof data !== 'object' || data === null) return {}
  return Object.fromEntries(Object.entries(data).filter(([, place]) => typeof place === 'string'))
}

/** The path of a picture below the data if it is there, else its source as the data name it. */
function pictureAt(source: string, place: string | undefined): string {
  if (place === undefined) return source
  const path = resolve(place, source)
  // A picture within a file is named by the file and its row: `val.parquet#9/image_1`.
  if (!existsSync(path) && !existsSync(path.replace(/#[^#]*$/, ''))) return source
  const near = relative('.', path)
  return near.startsWith('..') ? path : near
}

function shortened(lines: readonly string[], most: number, paint: Paint): string[] {
  if (lines.length <= most) return [...lines]
  return [...lines.slice(0, most), paint.dim(`  … ${lines.length - most} more lines`)]
}

/** One record as a block of lines: question, options, pictures, response. */
export function sampleText(record: LogRecord, {width, paint, lines = Infinity, data = {}}: SampleView): string {
  const tint = record.outcome === 'correct' ? paint.good : record.outcome === 'unscored' ? paint.dim : paint.bad
  const gold = record.gold === null ? 'hidden' : [record.gold].flat().join(' / ')
  const facts = [`answer ${record.answer ?? 'none'}`, `gold ${gold}`, ...figuresOf(record)]
  const paragraphs = (text: string) =>
    printable(text)
      .split('\n')
      .flatMap(line => (line === '' ? [''] : wrap(line, width, '  ')))
  return [
    `${paint.bold(printable(record.id))}${record.repeat === undefined ? '' : `  repeat ${record.repeat}`}  ${record.bench} ${printable(record.subtask)}  ${tint(record.outcome)}`,
    ...wrap(`${printable(record.arm).replaceAll('|', ' ')} · ${facts.map(printable).join(' · ')}`, width, '  ').map(
      line => paint.dim(line),
    ),
    ...(record.question === undefined ? [] : shortened(paragraphs(record.question), lines, paint)),
    ...(record.options ?? []).flatMap((option, index) => {
      const letter = record.letters?.[index] ?? String.fromCharCode(65 + index)
      const mark = letter === record.gold ? '✓' : letter === record.answer ? '✗' : ' '
      return labelled(`  ${mark} (${letter}) `, printable(option), width)
    }),
    ...(record.pictures ?? []).flatMap(source =>
      labelled('  picture ', printable(pictureAt(source, data[record.bench])), width),
    ),
    ...(record.error ? labelled('  error ', printable(`${record.error.code}: ${record.error.message}`), width) : []),
    ...(record.text === '' ? [] : ['', ...shortened(paragraphs(record.text), lines, paint)]),
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
