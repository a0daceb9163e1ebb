// Everything that the pages show of some runs, in the shapes of the pages. `view` asks it request by request, `report`
// writes all of it down.
import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {LanternError} from '../../core/errors.js'
import {jsonOrNothing} from '../../core/json.js'
import {limits} from '../../core/limits.js'
import {outcomes} from '../../core/outcome.js'
import type {ImageRef} from '../../core/sample.js'
import {readSmallText} from '../../core/small-file.js'
import {packageVersion} from '../../evaluation/environment.js'
import {extractAnswer} from '../../metrics/extraction/index.js'
import type {LogRecord} from '../../run-folder/record.js'
import {compareRuns} from '../compare.js'
import {judgeStudy, studyOfRuns} from '../diagnosis/index.js'
import {curveFigures, diagnosisFigures, type Figure, withOwnNames} from '../figures/index.js'
import {curvesOfGroup} from '../formats/curve-words.js'
import {distinctName} from '../formats/words.js'
import {resultTable} from '../result-table.js'
import {type DiagnosisDocument, diagnosisSchema} from '../schemas/diagnosis.js'
import type {ResultDocument, ResultRow} from '../schemas/result.js'
import {askedText} from './asked.js'
import {extractorsDisagree, readingsOf} from './disagreement.js'
import {latentStrip, type StoredRun, storedRun} from './latent-strip.js'
import {RunData, sampleIn} from './pictures.js'
import {type IndexedBench, outcomeCode, RunIndex} from './run-index.js'
import {selectRows} from './select.js'
import type {
  PageAnswer,
  PageBoard,
  PageColumn,
  PageComparison,
  PageFigure,
  PagePicture,
  SampleDetail,
  SamplePage,
  SampleQuery,
} from './shapes.js'

/** Where the pictures of a page come from: an address for the k-th picture of a row, or null. */
export type PictureAddress = (row: number, index: number, image: ImageRef) => Promise<string | null> | string | null

/** A diagnosis, or why there is none. */
export type Diagnosed = {readonly document: DiagnosisDocument} | {readonly problem: string}

const undiagnosed =
  'These runs cannot be diagnosed: that takes own latents and others in their place. `lantern-eval diagnose` asks for what is missing.'

export class Library {
  readonly #data = new Map<number, RunData>()
  readonly #stored = new Map<string, {readonly answers: number; readonly run: Promise<StoredRun>}>()
  #board: {readonly answers: number; readonly board: PageBoard; readonly curves: Figure[][]} | undefined
  #diagnosed: {readonly answers: number; readonly found: Promise<Diagnosed>} | undefined
  /** Why it could not be found out where extractors disagree; told once, then tried again. */
  #unscanned: unknown = null

  private constructor(
    readonly index: RunIndex,
    private readonly dirs: readonly string[],
    private readonly warnings: readonly string[],
  ) {}

  /** Opens run folders. Throws as `readRun` does. */
  static async open(dirs: readonly string[], warnings: readonly string[] = []): Promise<Library> {
    return new Library(await RunIndex.open(dirs), dirs, warnings)
  }

  /** The leaderboard and what there is to ask for; made anew only when a log has grown. */
  board({live, pictures}: {live: boolean; pictures: boolean}): PageBoard {
    const {index} = this
    if (this.#board?.answers === index.answers) return this.#board.board
    const results = resultTable(index.runs(), {warnings: this.warnings})
    const titleOf = ({id, folder, dataSha256}: IndexedBench) => {
      const title = results.groups.find(({bench}) => bench === id)?.title ?? `${id} of ${folder.dir}`
      const again = index.benches.filter(one => one.id === id).length > 1
      return again ? `${title} (data ${dataSha256.slice(0, 8)})` : title
    }
    const curves = drawnCurves(results)
    const board: PageBoard = {
      version: packageVersion(),
      columns: namedColumns(
        index.columnList.map(({folder, arm}) => results.rows.find(row => row.run === folder.dir && row.arm === arm)!),
      ),
      benches: index.benches.map(bench => ({
        ...{id: bench.id, subtasks: bench.subtasks, samples: bench.samples},
        ...{title: titleOf(bench), columns: index.columnsOf(bench)},
      })),
      ...{results, live, pictures, problem: null},
      curves: curves.map(figures => figures.map(pageFigure)),
      samples: index.count,
      answers: index.answers,
      diagnosed: this.#mayBeDiagnosed(),
    }
    this.#board = {answers: index.answers, board, curves}
    return board
  }

  /**
   * A page of the samples that a query wants. Where extractors disagree is found out on the way; throws what that met
   * since the last time.
   */
  samples(query: SampleQuery, after: number, limit: number): SamplePage {
    const {index} = this
    if (query.disagree) {
      const why = this.#unscanned
      this.#unscanned = null
      if (why !== null) throw why
      this.scanned().catch(error => {
        this.#unscanned = error
      })
    }
    const rows = selectRows(index, query, query.outcome ? outcomeCode(query.outcome) : null, outcomeCode('correct'))
    return {
      lines: rows.slice(after, after + limit).map(row => ({
        ...{row, id: index.id(row), bench: index.bench(row), subtask: index.subtask(row)},
        outcomes: index.columnList.map((_, column) => outcomes[index.outcome(row, column)] ?? null),
      })),
      total: rows.length,
      scanned: query.disagree ? index.scanned : 1,
    }
  }

  /** Ends when it is known for every answer whether extractors disagree. */
  scanned(): Promise<void> {
    return this.index.scan(extractorsDisagree)
  }

  /** Two arms compared as `compare` does it. */
  compare(base: number, next: number): PageComparison {
    const [from, to] = [this.index.columnList[base], this.index.columnList[next]]
    if (from === undefined || to === undefined) return {problem: 'There is no such arm.'}
    const runs = this.index.runs()
    const runOf = ({folder}: typeof from) => runs.find(run => run.dir === folder.dir)!
    try {
      const options = {baseArm: from.arm, newArm: to.arm, flips: 0}
      return {comparison: compareRuns(runOf(from), runOf(to), options)}
    } catch (error) {
      if (!(error instanceof LanternError)) throw error
      return {problem: `${error.message} ${error.suggestion ?? ''}`.trim()}
    }
  }

  /** The picture of a sample; null if it has none. */
  async picture(row: number, index: number): Promise<ImageRef | null> {
    if (!this.#isRow(row)) return null
    const {sample} = await this.#sampleOf(row, await this.index.records(row))
    return sample?.images[index] ?? null
  }

  #isRow(row: number): boolean {
    return Number.isInteger(row) && row >= 0 && row < this.index.count
  }

  async #sampleOf(row: number, records: readonly {readonly record: LogRecord}[]) {
    const bench = this.index.bench(row)
    const {folder, id} = this.index.benches[bench]!
    const data = this.#data.get(bench) ?? new RunData(folder, id)
    this.#data.set(bench, data)
    // A variant with its options in another order is not in the data; its item is.
    return sampleIn(data, records[0]?.record.item ?? this.index.id(row))
  }

  /** One sample with every answer to it; null if there is no such row. */
  async detail(row: number, {address, heat}: {address: PictureAddress; heat: boolean}): Promise<SampleDetail | null> {
    const {index} = this
    if (!this.#isRow(row)) return null
    const records = await index.records(row)
    const first = records.find(({record}) => record.question !== undefined)?.record ?? records[0]?.record
    const {sample, problem} = await this.#sampleOf(row, records)
    const sizes = records.find(({record}) => record.seen !== null)?.record.seen?.images ?? []
    const sources = sample?.images.map(({source}) => source) ?? first?.pictures ?? []
    const pictures: PagePicture[] = []
    for (const [k, source] of sources.entries()) {
      const image = sample?.images[k]
      pictures.push({
        ...{source, width: sizes[k]?.width ?? null, height: sizes[k]?.height ?? null, problem},
        url: image === undefined ? null : await address(row, k, image),
        turned: image?.orientation === 'apply',
      })
    }
    const options = first?.options ?? sample?.options ?? []
    const letters = first?.letters ?? sample?.letters ?? []
    const gold = first?.gold ?? sample?.gold ?? null
    const answers: PageAnswer[] = []
    const prompts = new Map<string, Set<number>>()
    for (const {column, record} of records) {
      answers.push(await this.#answer(column, record, heat))
      const {folder, arm} = this.index.columnList[column]!
      const {lock} = folder
      const mode = lock.arms.find(({id}) => id === arm)!.mode
      // The record has the options in the order in which they were asked.
      const asked = sample && {...sample, options: record.options ?? sample.options}
      const text = asked && (await askedText(lock, record.bench, mode, asked))
      if (text !== null) prompts.set(text, (prompts.get(text) ?? new Set()).add(column))
    }
    return {
      ...{row, id: index.id(row), bench: index.bench(row), subtask: index.subtask(row)},
      question: first?.question ?? sample?.question ?? null,
      options: Array.from({length: Math.max(options.length, letters.length)}, (_, k) => ({
        letter: letters[k] ?? String.fromCharCode(65 + k),
        text: options[k] ?? '',
      })),
      gold: gold === null ? null : [gold].flat().join(' / '),
      pictures,
      boxes: (sample?.boxes ?? []).map(box => [...box]),
      prompts: [...prompts].map(([text, columns]) => ({text, columns: [...columns]})),
      answers,
    }
  }

  async #answer(column: number, record: LogRecord, heat: boolean): Promise<PageAnswer> {
    const {folder, arm} = this.index.columnList[column]!
    const {text, options, letters, outcome, score, answer, repeat, extractor, error, steps = []} = record
    const choice = (options ?? letters ?? []).length > 0
    const read = choice && record['scoreOnly'] !== true ? extractAnswer(extractor, {text, options, letters}) : null
    const readings = choice ? readingsOf(record) : []
    const {dir, lock} = folder
    const stored = await this.#storedIn(dir)
    const {bench, id} = record
    return {
      ...{column, repeat: repeat ?? null, outcome, score, answer, text, extractor},
      span: read?.span ?? null,
      rule: read?.rule ?? null,
      readings: new Set(readings.map(reading => reading.answer)).size > 1 ? readings : [],
      error: error === null ? null : `${error.code}: ${error.message}`,
      facts: factsOf(record),
      steps: steps.map(step => ({text: step.text, box: step.box})),
      latents: stored.length === 0 ? null : await latentStrip({dir, lock, stored, arm, bench, id, repeat, heat}),
    }
  }

  /** The stored latents of a run. One that goes on gets those of more arms. */
  #storedIn(dir: string): Promise<StoredRun> {
    const {answers} = this.index
    const before = this.#stored.get(dir)
    const now = before?.answers === answers ? before : {answers, run: storedRun(dir)}
    this.#stored.set(dir, now)
    return now.run
  }

  #mayBeDiagnosed(): boolean {
    return (
      this.dirs.some(dir => existsSync(join(dir, 'diagnosis.json'))) ||
      this.index.columnList.some(({folder, arm}) => {
        const {intervention} = folder.lock.arms.find(({id}) => id === arm)!
        return intervention !== null && intervention !== 'own' && !intervention.startsWith('image:')
      })
    )
  }

  /** The recorded diagnosis, else one made of these runs, else why they cannot be diagnosed. */
  diagnosis(): Promise<Diagnosed> {
    const {answers} = this.index
    if (this.#diagnosed?.answers !== answers) this.#diagnosed = {answers, found: this.#diagnose()}
    return this.#diagnosed.found
  }

  async #diagnose(): Promise<Diagnosed> {
    if (!this.#mayBeDiagnosed()) return {problem: undiagnosed}
    for (const dir of this.dirs) {
      const file = join(dir, 'diagnosis.json')
      if (!existsSync(file)) continue
      const parsed = diagnosisSchema.safeParse(jsonOrNothing(await readSmallText(file, limits.jsonBytes)))
      if (parsed.success) return {document: parsed.data}
    }
    try {
      return {document: await judgeStudy(await studyOfRuns(this.dirs), {alpha: 0.05, suite: null})}
    } catch (error) {
      if (error instanceof LanternError) return {problem: `${error.message} ${error.suggestion ?? ''}`.trim()}
      throw error
    }
  }

  /** The figure of this name: of a training on the last board, or of the diagnosis. */
  async figure(name: string): Promise<Figure | undefined> {
    const isIt = (figure: Figure) => figure.name === name
    return this.#board?.curves.flat().find(isIt) ?? (await this.figures()).find(isIt)
  }

  /** The figures of the diagnosis. */
  async figures(): Promise<Figure[]> {
    const found = await this.diagnosis()
    return 'document' in found ? diagnosisFigures(found.document) : []
  }
}

/** The curves of each group as figures, of which no two share a name. */
function drawnCurves(results: ResultDocument): Figure[][] {
  const {groups, rows} = results
  const drawn = groups.map(group => curveFigures({curves: curvesOfGroup(results, group), rows}))
  const named = withOwnNames(drawn.flat())
  return drawn.map(figures => figures.map(() => named.shift()!))
}

/** What a page needs to know of a figure, and where it finds its two pictures. */
export function pageFigure({name, title, description}: Figure): PageFigure {
  const [light, dark] = [`figures/${name}-light.svg`, `figures/${name}-dark.svg`]
  return {name, title, description, light, dark}
}

/** The columns under names that tell every one of them from every other: by its run where its name does not. */
function namedColumns(rows: readonly ResultRow[]): PageColumn[] {
  const names = rows.map(distinctName)
  return rows.map(({run, arm, label, model}, k) => {
    // A label may hold the bars that stand between the parts of an arm.
    const whole = (label ?? model).replaceAll(/\s+/g, ' ')
    const name = names[k]!.startsWith(whole) ? whole : names[k]!.split('|')[0]!
    const rest = names[k]!.slice(name.length).split('|').filter(Boolean)
    const again = names.filter(one => one === names[k]).length > 1
    return {run, arm, name, detail: [...rest, ...(again ? [run] : [])].join(' · ')}
  })
}

/** What was sent and what came back, in words. */
function factsOf({usage, timing, stop, metrics, seen, cached, costUsd, donor, latentNorm, attempts}: LogRecord) {
  const facts: [string, string][] = []
  const add = (name: string, value: unknown) => {
    if (value !== null && value !== undefined && value !== '') facts.push([name, String(value)])
  }
  add('stop', stop)
  add('text tokens', usage.textTokens)
  add('latent steps', usage.latentSteps)
  add('blocks', usage.blocks)
  add('prompt tokens', usage.promptTokens)
  add('picture tokens', usage.imageTokens)
  for (const [k, image] of (seen?.images ?? []).entries())
    add(
      (seen?.images.length ?? 0) > 1 ? `picture ${k + 1} sent` : 'picture sent',
      `${image.sentWidth} × ${image.sentHeight} of ${image.width} × ${image.height}`,
    )
  add('prompt sha256', seen?.promptSha256.slice(0, 16))
  add('left out', seen?.dropped?.join(', '))
  add('time', timing.totalMs === null ? null : `${Math.round(timing.totalMs)} ms`)
  add('attempts', attempts > 1 ? attempts : null)
  add('from the cache', cached ? 'yes' : null)
  add('cost', costUsd ? `$${costUsd.toFixed(4)}` : null)
  add('donor', donor ? `${donor.id} (${donor.lift})` : null)
  add('mean norm fed', latentNorm?.fed.toFixed(2))
  add('mean norm own', latentNorm?.own.toFixed(2))
  for (const [name, value] of Object.entries(metrics)) add(name, Number.isInteger(value) ? value : value.toFixed(3))
  return facts
}
