// Results for the Hugging Face hub: the files of a model's `.eval_results/` folder (huggingface/hub-docs:
// eval_results.yaml) and the `model-index` of its card (huggingface/hub-docs: modelcard.md). What stands there is taken
// for a result on the published samples, so other rows are left out unless they are asked for.
import {stringify} from 'yaml'
import {printableData} from '../../core/printable.js'
import {interval, percent, sampleName} from '../formats/words.js'
import type {ResultDocument} from '../schemas/result.js'
import {defineExport, type ExportOptions} from './export.js'
import {besides, writePieces} from './files.js'
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
  const told = Array.from(left, ([why, count]) => `${count} ${count === 1 ? 'row is' : 'rows are'} left out: ${why}.`)
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
    const name = label ?? modelName({model})
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
    `${row.metric} in %, 95 % interval ${interval(row.low, row.high)}`,
    ...facts,
    ...(row.outcomes.error > 0 ? [`${row.outcomes.error} failed: ${percent(row.bounds.low)} if wrong`] : []),
  ].join('; ')
}

/** Text from outside may hold anything; a line of YAML is never folded, so that a diff shows one line for one fact. */
function yamlOf(value: unknown): string {
  return stringify(printableData(value), {lineWidth: 0})
}

export const hfEvalResults = defineExport({
  name: 'hf-eval-results',
  ending: '.yaml',
  async write(document, path, options) {
    const {rows, told} = await publishable(document, options)
    const models = byModel(rows)
    if (models.size === 0) await writePieces(path, [yamlOf([])])
    for (const [model, own] of models) {
      const file = models.size === 1 ? path : besides(path, model)
      await writePieces(file, [yamlOf(own.map(evalResultOf))])
      if (file !== path)
        told.push(`${file} has the results of ${model}: such a file lies in the model's own repository.`)
    }
    return told
  },
})

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
    const {rows, told} = await publishable(document, options)
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
        name: `${row.metric} in %, ${[row.mode, row.protocol, row.intervention].filter(Boolean).join(' ')}`,
        args: {interval: interval(row.low, row.high), ...factsOf(source)},
      },
    ],
    source: {name: `lantern-eval ${versionOf(source)}`, url: home},
  }
}
