// Results for the Hugging Face hub: the files of a model's `.eval_results/` folder (huggingface/hub-docs:
// eval_results.yaml) and the `model-index` of its card (huggingface/hub-docs: modelcard.md). What stands there is taken
// for a result on the published samples, so other rows are left out unless they are asked for.
import {Document, isScalar, visit} from 'yaml'
import {printableData} from '../../core/printable.js'
import {interval, metricName, percent, sampleName, wayOf} from '../formats/words.js'
import type {ResultDocument} from '../schemas/result.js'
import {defineExport, type ExportOptions} from './export.js'
import {assertRoomBeside, besides, writePieces} from './files.js'
import {
  factsOf,
  modelName,
  type PublishedData,
  publishedData,
  type SourcedRow,
  sourceRuns,
  startOf,
  versionOf,
} from './source.js'

const home = 'https://www.npmjs.com/package/lantern-eval'

interface Published {
  readonly source: SourcedRow
  readonly data: PublishedData | null
}

/** The rows that may be published, and a sentence about those that may not. */
async function publishable(
  document: ResultDocument,
  path: string,
  {includeUnofficial}: ExportOptions,
): Promise<{rows: Published[]; told: string[]}> {
  const rows: Published[] = []
  const left = new Map<string, number>()
  for await (const run of sourceRuns(document))
    for (const source of run.rows) {
      const {row} = source
      const why = row.score === null ? 'without a score' : reasonAgainst(source, includeUnofficial)
      if (why === null) rows.push({source, data: await publishedData(source)})
      else left.set(why, (left.get(why) ?? 0) + 1)
    }
  const told = Array.from(
    left,
    ([why, count]) => `${path} leaves out ${count} ${count === 1 ? 'row' : 'rows'}: ${why}.`,
  )
  return {rows, told}
}

function reasonAgainst({row: {sample}}: SourcedRow, includeUnofficial: boolean): string | null {
  return includeUnofficial || sample === 'official' ? null : `${sampleName(sample)} samples (--include-unofficial)`
}

/** By model, in the order of the rows. */
function byModel(rows: readonly Published[]): Map<string, Published[]> {
  const models = new Map<string, Published[]>()
  for (const one of rows) {
    const {label, model} = one.source.row
    const name = label === null ? modelName({model}) : oneLine(label)
    models.set(name, [...(models.get(name) ?? []), one])
  }
  return models
}

function percentOf({source: {row}}: Published): number {
  return Number((100 * row.score!).toFixed(2))
}

function notesOf({source}: Published): string {
  const facts = Object.entries(factsOf(source)).map(([name, value]) => `${name} ${value}`)
  const {row} = source
  return [
    `${metricName(row)}, 95 % interval ${interval(row.low, row.high)}`,
    ...facts,
    ...(row.outcomes.error > 0 ? [`${row.outcomes.error} failed: ${percent(row.bounds.low)} if wrong`] : []),
  ].join('; ')
}

/**
 * Text from outside may hold anything; a line of YAML is never folded, so that a diff shows one line for one fact.
 * Dates are in quotes, as the specification has them: bare, a reader may make a point in time of one.
 */
function yamlOf(value: unknown): string {
  const yaml = new Document(printableData(value))
  visit(yaml, {
    Pair(_, {key, value: date}) {
      if (isScalar(key) && key.value === 'date' && isScalar(date)) date.type = 'QUOTE_DOUBLE'
    },
  })
  return yaml.toString({lineWidth: 0})
}

export const hfEvalResults = defineExport({
  name: 'hf-eval-results',
  ending: '.yaml',
  async write(document, path, options) {
    const {rows, told} = await publishable(document, path, options)
    const files = filesOf(rows)
    if (files.length > 1) await assertRoomBeside(path, 'hf-eval-results', `${files.length} sets of results`)
    if (files.length === 0) await writePieces(path, [yamlOf([])])
    for (const {model, name, own} of files) {
      const file = files.length === 1 ? path : besides(path, name)
      await writePieces(file, [yamlOf(own.map(evalResultOf))])
      if (file !== path)
        told.push(`${file} has the results of ${name}: it belongs into .eval_results/ of the repository of ${model}.`)
    }
    if (rows.length > 0) {
      const ids = [...new Set(rows.map(({source: {row}}) => row.bench))]
      told.push(
        `${path} names the tasks ${ids.join(', ')}: the hub takes those of the eval.yaml of each data set, which may be others.`,
      )
    }
    return told
  },
})

interface ResultFile {
  readonly model: string
  /** The model, and the arm where the model has several. */
  readonly name: string
  readonly own: readonly Published[]
}

/**
 * A file for each model. A model has one result of a task in a file, and other ways to ask it lie in files of their own
 * (huggingface/community-evals), so each arm gets one where several were asked the same.
 */
function filesOf(rows: readonly Published[]): ResultFile[] {
  return Array.from(byModel(rows)).flatMap(([model, own]) => {
    const tasks = new Set(own.map(taskOf))
    if (tasks.size === own.length) return [{model, name: model, own}]
    const files = new Map<string, Published[]>()
    for (const one of own) {
      const way = oneLine(wayOf(one.source.row))
      const taken = (name: string) => (files.get(name) ?? []).some(other => taskOf(other) === taskOf(one))
      let name = way
      // The same arm of several runs.
      for (let k = 2; taken(name); k++) name = `${way} ${k}`
      files.set(name, [...(files.get(name) ?? []), one])
    }
    return Array.from(files, ([name, those]) => ({model, name: `${model} ${name}`, own: those}))
  })
}

const taskOf = ({source: {row}}: Published) => JSON.stringify([row.bench, row.split])

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

function evalResultOf(one: Published): Record<string, unknown> {
  const {source, data} = one
  const {row} = source
  const date = startOf(source)
  return {
    dataset: {
      id: data?.repo ?? row.bench,
      task_id: row.bench,
      ...(data?.revision ? {revision: data.revision} : {}),
    },
    value: percentOf(one),
    ...(date === null ? {} : {date: date.slice(0, 10)}),
    source: {url: home, name: `lantern-eval ${versionOf(source)}`},
    notes: notesOf(one),
  }
}

export const modelIndex = defineExport({
  name: 'model-index',
  ending: '.yaml',
  async write(document, path, options) {
    const {rows, told} = await publishable(document, path, options)
    const models = Array.from(byModel(rows), ([name, own]) => ({name, results: own.map(indexEntryOf)}))
    await writePieces(path, [yamlOf({'model-index': models})])
    return told
  },
})

function indexEntryOf(one: Published): Record<string, unknown> {
  const {source, data} = one
  const {row} = source
  return {
    task: {type: 'visual-question-answering'},
    dataset: {
      type: data?.repo ?? row.bench,
      name: data?.title ?? row.bench,
      split: row.split,
      ...(data?.revision ? {revision: data.revision} : {}),
    },
    metrics: [
      {
        type: row.metric,
        value: percentOf(one),
        name: `${metricName(row)}, ${oneLine(wayOf(row))}`,
        args: {interval: interval(row.low, row.high), ...factsOf(source)},
      },
    ],
    source: {name: `lantern-eval ${versionOf(source)}`, url: home},
  }
}
