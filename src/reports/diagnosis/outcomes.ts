// From the records of a study to tables of outcomes: one pass over each log, a few numbers per sample and arm. Texts
// are not kept: a digest says whether two are the same.
import {decodeStepsOf} from '../../core/generation.js'
import {sha256} from '../../core/hash.js'
import {
  type Checked,
  type ConditionOutcome,
  type DiagnosedSample,
  type DiagnosisTable,
  type Donor,
  decidingConditions,
  groupsAsSamples,
  ownCondition,
} from '../../metrics/diagnosis/index.js'
import {extractorNames} from '../../metrics/extraction/index.js'
import {scoreAnswer} from '../../metrics/score.js'
import {opensBlocks} from '../../modes/interventions.js'
import type {LockedBenchmark} from '../../run-folder/lock.js'
import {type RunFolder, readLogBatches} from '../../run-folder/reader.js'
import {type LogRecord, replaces} from '../../run-folder/record.js'
import {RecordCheck} from '../../run-folder/record-check.js'
import {aggregateOf} from '../strata.js'
import type {Study, StudyArm} from './study.js'

/** One sample of a benchmark while the logs are read. */
interface Cell {
  readonly id: string
  readonly sampleId: string
  readonly repeat?: number
  readonly subtask: string
  readonly cluster?: string
  /** The samples with which it counts together. */
  readonly group?: string
  /** A digest of question and options, of a sample of a group. */
  readonly asked?: string
  readonly options?: number
  readonly gold?: number
  engaged: boolean | null
  direct?: boolean
  inputNorms?: InputNorms
  /** Digests of what own generated, and of what it generated with its own latents fed again. */
  ids?: string
  fedAgain?: string
  /** By condition. */
  readonly under: Record<string, ConditionOutcome>
  /** By id of an arm that is no condition. */
  readonly beside: Record<string, ConditionOutcome>
}

/** Mean norms of the embeddings of a prompt's text and of the features of its pictures, as far as they are recorded. */
export interface InputNorms {
  readonly text?: number
  readonly picture?: number
}

/** What was recorded of one benchmark. */
export interface Recorded {
  readonly bench: LockedBenchmark
  readonly cells: ReadonlyMap<string, Cell>
  /** Own answers that a second generation repeats, id by id; absent where there is none. */
  readonly determinism?: Checked
  /** Own answers that are repeated, id by id, when own latents are fed again; absent where they were not. */
  readonly identity?: Checked
}

/** A record's place in the study. */
interface Place {
  readonly arm: StudyArm
  readonly role: 'condition' | 'again' | 'beside'
  readonly name: string
}

/**
 * Reads the logs of a study, one after the other. Memory is a few numbers per sample and arm.
 * Throws `bad-file` for a log line that is no record. Warnings name records that cannot be true.
 */
export async function readOutcomes(
  study: Study,
): Promise<{readonly benches: readonly Recorded[]; readonly warnings: readonly string[]}> {
  const benches = new Map(
    study.own.folder.lock.benchmarks.map(bench => [bench.id, {bench, cells: new Map<string, Cell>()}]),
  )
  const again = new Map<string, {checked: number; passed: number}>()
  const warnings: string[] = []
  const folders = new Map<RunFolder, Place[]>()
  const place = (arm: StudyArm, role: Place['role'], name: string) =>
    folders.set(arm.folder, [...(folders.get(arm.folder) ?? []), {arm, role, name}])
  for (const one of study.conditions) place(one, 'condition', one.condition)
  for (const one of study.beside) place(one, 'beside', one.arm.id)
  for (const one of study.again) place(one, 'again', ownCondition)
  const reader = outcomeReader()
  for (const [folder, places] of folders) {
    const check = new RecordCheck(folder)
    for await (const batch of readLogBatches(folder.dir, check.fits)) {
      for (const record of batch) {
        const at = places.find(({arm}) => arm.arm.id === record.arm)
        const cells = benches.get(record.bench)?.cells
        if (at === undefined || cells === undefined) continue
        if (at.role === 'again') countAgain(again, cells, record)
        else add(cells, at, record, reader)
      }
    }
    warnings.push(...check.warnings())
  }
  return {
    benches: [...benches.values()].map(({bench, cells}) => {
      const [determinism, identity] = [again.get(bench.id), identityOf(cells)]
      return {bench, cells, ...(determinism && {determinism}), ...(identity && {identity})}
    }),
    warnings,
  }
}

/** Samples that engaged and were fed their own latents again. */
function identityOf(cells: ReadonlyMap<string, Cell>): Checked | undefined {
  let [checked, passed] = [0, 0]
  for (const {engaged, ids, fedAgain} of cells.values()) {
    if (engaged === false || ids === undefined || fedAgain === undefined) continue
    checked++
    passed += Number(ids === fedAgain)
  }
  return checked === 0 ? undefined : {checked, passed}
}

function keyOf({id, repeat}: Pick<LogRecord, 'id' | 'repeat'>): string {
  return repeat === undefined ? id : `${id}@${repeat}`
}

type ReadOutcome = (record: LogRecord, arm: StudyArm, panel: boolean) => ConditionOutcome

function add(cells: Map<string, Cell>, {arm, role, name}: Place, record: LogRecord, read: ReadOutcome): void {
  const key = keyOf(record)
  let cell = cells.get(key)
  if (cell === undefined) {
    cell = newCell(key, record, arm.folder.samples.get(record.bench)?.get(record.id)?.group)
    cells.set(key, cell)
  }
  const into = role === 'condition' ? cell.under : cell.beside
  if (!replaces(record.outcome, into[name]?.outcome)) return
  const decides = name === ownCondition || (decidingConditions as readonly string[]).includes(name)
  into[name] = read(record, arm, role === 'condition' && decides)
  if (role !== 'condition') return
  if (name === ownCondition) {
    cell.engaged = engagedOf(record, arm)
    cell.ids = idsOf(record)
    cell.direct = directOf(record)
    if (record.latentNorm) cell.inputNorms = {text: record.latentNorm.text, picture: record.latentNorm.picture}
  } else if (name === 'self-swap') cell.fedAgain = idsOf(record)
}

function newCell(id: string, record: LogRecord, group: string | undefined): Cell {
  const {subtask, letters, gold, repeat, cluster, item, question, options} = record
  // Repeats and option orders of an item are dependent; so are samples that share a picture.
  const together = cluster ?? item ?? (repeat === undefined ? undefined : record.id)
  const place = typeof gold === 'string' ? (letters?.indexOf(gold) ?? -1) : -1
  return {
    ...{id, sampleId: record.id, subtask, engaged: null, under: {}, beside: {}},
    ...(repeat !== undefined && {repeat}),
    ...(together !== undefined && {cluster: together}),
    ...(group !== undefined && {group}),
    ...(group !== undefined && question !== undefined && {asked: sha256(JSON.stringify([question, options]))}),
    ...(letters && {options: letters.length}),
    ...(place >= 0 && {gold: place}),
  }
}

/**
 * Whether a block was seen. An arm of another mode that is judged as own counts as seen without one: a runner that
 * observes latents recorded that there were none.
 */
function engagedOf({outcome, usage}: LogRecord, {arm}: StudyArm): boolean | null {
  const blocks = usage.blocks ?? usage.latentSteps
  if (outcome === 'error' || blocks === null) return null
  return arm.mode === 'latent' && !opensBlocks(arm) ? null : blocks > 0
}

/** END, a few marks and an answer: more tokens than this behind the last latent are a text. */
const mostDirect = 16

/** Whether the answer stands right behind the latents; undefined where ids are not recorded. */
function directOf({tokenIds, latentAt}: LogRecord): boolean | undefined {
  const last = latentAt?.at(-1)
  return tokenIds === undefined || last === undefined ? undefined : tokenIds.length - 1 - last <= mostDirect
}

/** A digest of the generated ids; of the text where ids are not recorded. */
function idsOf(record: LogRecord): string | undefined {
  const {outcome, text, tokenIds} = record
  return outcome === 'error' ? undefined : sha256(tokenIds === undefined ? text : tokenIds.join()).slice(0, 16)
}

/** Equal digests mean equal texts. */
function digestOf({text}: LogRecord): string {
  return sha256(text).slice(0, 16)
}

function countAgain(
  again: Map<string, {checked: number; passed: number}>,
  cells: ReadonlyMap<string, Cell>,
  record: LogRecord,
): void {
  const before = cells.get(keyOf(record))?.ids
  const ids = idsOf(record)
  if (before === undefined || ids === undefined) return
  const count = again.get(record.bench) ?? {checked: 0, passed: 0}
  count.checked++
  count.passed += Number(ids === before)
  again.set(record.bench, count)
}

function outcomeReader(): ReadOutcome {
  const panelIn = panelReader()
  return (record, {folder, arm}, panel) => {
    const {outcome, score, metrics, answer, usage, timing, donor, latentNorm} = record
    const failed = outcome === 'error'
    const {textTokens} = usage
    const steps = decodeStepsOf(usage)
    const extractors = panel && !failed ? extractorsOf(record, folder) : []
    const forced = forcedOf(record)
    return {
      outcome,
      // Silence is not harm: a sample without a block earns what its answer does.
      score: outcome === 'not-engaged' ? (metrics['answerOnly'] ?? score) : score,
      answer,
      ...(!failed && {digest: digestOf(record)}),
      ...{textTokens, decodeSteps: failed ? null : steps, ms: failed ? null : timing.totalMs},
      ...(forced !== null && {forced}),
      ...(donor && {donor: donorOf(donor)}),
      ...(latentNorm && {norm: latentNorm.fed}),
      ...(extractors.length > 0 && {panel: panelIn(record, {folder, arm}, extractors)}),
    }
  }
}

/** The other extractors that could have read this answer: none where no choice is read from a text. */
function extractorsOf({letters, options, gold}: LogRecord, {lock}: RunFolder): string[] {
  if ((letters ?? options ?? []).length === 0 || gold === null) return []
  if (lock.benchmarks.some(({metric}) => metric === 'likelihood')) return []
  // `verbatim` is for saved predictions: it does not read responses.
  return extractorNames().filter(name => name !== 'verbatim' && name !== lock.extractor)
}

type Panel = NonNullable<ConditionOutcome['panel']>

function panelOf(record: LogRecord, {arm}: StudyArm, extractors: readonly string[]): Panel {
  const {text, stop, gold, options, letters, usage} = record
  const scoring = {answer: 'choice', metric: 'accuracy', aggregate: 'micro'} as const
  return Object.fromEntries(
    extractors.map(name => {
      const read = scoreAnswer({text, stop, gold, options, letters, usage, arm}, scoring, name)
      const score = read.outcome === 'not-engaged' ? (read.metrics['answerOnly'] ?? read.score) : read.score
      // What is none of the item's letters was not read: an extractor of letters finds none in the text of an option.
      const letter = typeof read.answer === 'string' && (letters?.includes(read.answer) ?? true) ? read.answer : null
      return [name, {score, letter}]
    }),
  )
}

/** Longer texts seldom repeat. */
const longestRepeated = 200
const mostRepeated = 20_000

/**
 * Reads panels. Short answers repeat, and thousands of answers are read alike: what repeats is read once, and equal
 * panels are one object.
 */
function panelReader(): typeof panelOf {
  const byAnswer = new Map<string, Panel>()
  const byContent = new Map<string, Panel>()
  return (record, arm, extractors) => {
    const {text, stop, gold, options, letters, usage} = record
    const key = JSON.stringify([text, stop, gold, options, letters, usage.blocks, usage.latentSteps, arm.arm.id])
    const known = byAnswer.get(key)
    if (known !== undefined) return known
    const read = panelOf(record, arm, extractors)
    const content = JSON.stringify(read)
    const panel = byContent.get(content) ?? read
    byContent.set(content, panel)
    if (text.length <= longestRepeated && byAnswer.size < mostRepeated) byAnswer.set(key, panel)
    return panel
  }
}

function donorOf({id, answer, lift, option, resized}: NonNullable<LogRecord['donor']>): Donor {
  return {id, answer, lift, ...(option !== undefined && {option}), ...(resized !== undefined && {resized})}
}

/** Log-probabilities of the options behind own text; null where they were not recorded for every option. */
function forcedOf({forced, letters}: LogRecord): readonly number[] | null {
  return forced?.length === letters?.length ? (forced ?? null) : null
}

/** The table that the judge is given: conditions in the order of the study, whatever that of the logs. */
export function tableOf({conditions, own}: Study, {bench, cells}: Recorded): DiagnosisTable {
  const samples = inOrder(cells, own.folder.samples.get(bench.id)).map(
    ({
      beside: _,
      sampleId: __,
      repeat: ___,
      ids: ____,
      fedAgain: _____,
      group: ______,
      inputNorms: _______,
      asked: ________,
      direct,
      under,
      ...sample
    }): DiagnosedSample => ({
      ...sample,
      ...(direct !== undefined && {direct}),
      under: Object.fromEntries(
        conditions.flatMap(({condition}) => (under[condition] === undefined ? [] : [[condition, under[condition]]])),
      ),
    }),
  )
  const table: DiagnosisTable = {
    ...{bench: bench.id, aggregate: aggregateOf({bench}), samples},
    ...(bench.headline !== null && {headline: headlineOf(bench, samples)}),
    ...(typeof bench.aggregate !== 'string' && {nested: bench.aggregate}),
  }
  // Samples that count only together are judged together.
  return bench.aggregate === 'group' ? groupsAsSamples(table, ({id}) => cells.get(id)?.group) : table
}

/** Samples as the run selected them, whatever the order of the log: draws and rows depend on it. */
function inOrder(cells: Recorded['cells'], selected: ReadonlyMap<string, unknown> | undefined): Cell[] {
  const places = new Map(Array.from(selected?.keys() ?? [], (id, place) => [id, place]))
  const placeOf = ({sampleId}: Cell) => places.get(sampleId) ?? places.size
  return [...cells.values()].sort((a, b) => placeOf(a) - placeOf(b) || (a.repeat ?? 0) - (b.repeat ?? 0))
}

/** Subtasks of the headline; all where the selection has none of those. */
export function headlineOf(bench: LockedBenchmark, samples: readonly {readonly subtask: string}[]): readonly string[] {
  const there = new Set(samples.map(({subtask}) => subtask))
  const counted = (bench.headline ?? [...there]).filter(name => there.has(name))
  return counted.length > 0 ? counted : [...there]
}
