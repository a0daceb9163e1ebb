// All records of the rows' runs as one parquet file, for pandas, polars, DuckDB and R: a line per arm, sample and
// repeat, failed ones too. guide/publishing.md shows how a notebook reads it.
import type {LogRecord} from '../../run-folder/record.js'
import type {ResultDocument} from '../schemas/result.js'
import {defineExport} from './export.js'
import {writeThrough} from './files.js'
import {recordsOf, type SourcedRow, sourceRuns} from './source.js'

type SchemaElement = import('hyparquet').SchemaElement
type Cell = string | number | boolean | bigint | readonly string[] | null | undefined

interface Column {
  readonly type: 'text' | 'integer' | 'number' | 'flag' | 'texts'
  readonly value: (record: LogRecord, source: SourcedRow) => Cell
}

const text = (value: Column['value']): Column => ({type: 'text', value})
const integer = (value: Column['value']): Column => ({type: 'integer', value})
const number = (value: Column['value']): Column => ({type: 'number', value})

/** Column -> its value; absent values are null. Their names and order are part of the contract. */
const columns: Readonly<Record<string, Column>> = {
  run: text((_, {row}) => row.run),
  lock: text((_, {row}) => row.lock),
  bench: text(record => record.bench),
  split: text((_, {row}) => row.split),
  /** official, partial, builtin, unverified or custom. */
  sample: text((_, {row}) => row.sample),
  arm: text(record => record.arm),
  model: text((_, {row}) => row.model),
  label: text((_, {row}) => row.label),
  mode: text((_, {row}) => row.mode),
  protocol: text((_, {row}) => row.protocol),
  latent_size: integer((_, {row}) => row.latentSize),
  intervention: text((_, {row}) => row.intervention),
  subtask: text(record => record.subtask),
  id: text(record => record.id),
  item: text(record => record.item),
  repeat: integer(record => record.repeat ?? 0),
  outcome: text(record => record.outcome),
  score: number(record => record.score),
  answer: text(record => record.answer),
  gold: {type: 'texts', value: record => (typeof record.gold === 'string' ? [record.gold] : record.gold)},
  question: text(record => record.question),
  options: {type: 'texts', value: record => record.options},
  letters: {type: 'texts', value: record => record.letters},
  pictures: {type: 'texts', value: record => record.pictures},
  cluster: text(record => record.cluster),
  text: text(record => record.text),
  extractor: text(record => record.extractor),
  likeliest: text(record => record.likeliest),
  stop: text(record => record.stop),
  attempts: integer(record => record.attempts),
  cached: {type: 'flag', value: record => record.cached === true},
  cost_usd: number(record => record.costUsd),
  prompt_tokens: number(record => record.usage.promptTokens),
  image_tokens: number(record => record.usage.imageTokens),
  text_tokens: number(record => record.usage.textTokens),
  latent_steps: number(record => record.usage.latentSteps),
  marker_tokens: number(record => record.usage.markerTokens),
  blocks: number(record => record.usage.blocks),
  first_token_ms: number(record => record.timing.firstTokenMs),
  total_ms: number(record => record.timing.totalMs),
  prompt_sha256: text(record => record.seen?.promptSha256),
  /** JSON: the further figures of the record by name. */
  metrics: text(record => JSON.stringify(record.metrics)),
  error_code: text(record => record.error?.code),
  error_message: text(record => record.error?.message),
}

/** A row group is held in memory twice; answers may be long. */
const rowsInGroup = 2000

export const parquet = defineExport({
  name: 'parquet',
  ending: '.parquet',
  async write(document, path) {
    const {fileWriter, parquetWriteRows} = await import('hyparquet-writer')
    await writeThrough(path, async draft => {
      await parquetWriteRows({
        writer: fileWriter(draft),
        rows: linesOf(document),
        columns: Object.keys(columns).map(name => ({name})),
        schema: [
          {name: 'schema', num_children: Object.keys(columns).length},
          ...Object.entries(columns).flatMap(([name, {type}]) => schemaOf(name, type)),
        ],
        rowGroupSize: rowsInGroup,
        createdBy: 'lantern-eval',
      })
    })
    return []
  },
})

async function* linesOf(document: ResultDocument): AsyncGenerator<Record<string, Cell>> {
  for await (const run of sourceRuns(document))
    for await (const {record, row} of recordsOf(run)) {
      const line: Record<string, Cell> = {}
      for (const [name, {type, value}] of Object.entries(columns)) {
        const cell = value(record, row) ?? null
        line[name] = type === 'integer' && cell !== null ? BigInt(cell as number) : cell
      }
      yield line
    }
}

const string = {type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: {type: 'STRING'}} as const

function schemaOf(name: string, type: Column['type']): SchemaElement[] {
  const repetition_type = 'OPTIONAL'
  switch (type) {
    case 'text':
      return [{name, repetition_type, ...string}]
    case 'integer':
      return [{name, repetition_type, type: 'INT64'}]
    case 'number':
      return [{name, repetition_type, type: 'DOUBLE'}]
    case 'flag':
      return [{name, repetition_type, type: 'BOOLEAN'}]
    case 'texts':
      return [
        {name, repetition_type, num_children: 1, converted_type: 'LIST', logical_type: {type: 'LIST'}},
        {name: 'list', repetition_type: 'REPEATED', num_children: 1},
        {name: 'element', repetition_type, ...string},
      ]
  }
}
