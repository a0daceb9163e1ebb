// Answers in a generic form: one line or row per sample, fields recognised by their names. The form in
// design/contract.md (`{"bench", "id", "text", "stop", "error"}`) is one of them. It is tried after the formats of
// named peers.
import {extname} from 'node:path'
import {openTable} from '../benchmarks/sources/table.js'
import {LanternError} from '../core/errors.js'
import {stops} from '../core/generation.js'
import {jsonOrNothing} from '../core/json.js'
import {letterOf} from '../core/sample.js'
import {goldOf, isObject, scoreOf, textOf, word} from './fields.js'
import {jsonLines} from './json.js'
import {badFile, definePeerFormat, type PeerAnswer, type PeerContext} from './peer.js'
import {isTable, tableColumns, tableRows} from './table.js'

/** Names of each field, without case. If several are there, the first counts. */
const fieldNames = {
  id: ['id', 'sample_id', 'question_id', 'qid', 'item_id', 'uid', 'doc_id', 'idx', 'index', 'sample', 'item'],
  text: [
    ...['text', 'response', 'output', 'prediction', 'model_response', 'model_output', 'model_answer', 'generation'],
    ...['completion', 'pred', 'answer'],
  ],
  gold: ['gold', 'label', 'target', 'ground_truth', 'answer'],
  peer: ['score', 'correct', 'is_correct', 'hit', 'acc', 'accuracy', 'exact_match', 'is_right', 'judge_score'],
  peerAnswer: ['extracted', 'parsed', 'prediction'],
  subtask: ['subtask', 'sub_task', 'category'],
  cluster: ['cluster'],
  options: ['options', 'choices'],
  bench: ['bench', 'benchmark'],
  model: ['model', 'model_name'],
  arm: ['arm', 'condition', 'intervention', 'ablation', 'variant', 'setting'],
  stop: ['stop'],
  error: ['error'],
  repeat: ['repeat'],
} as const

type Field = keyof typeof fieldNames
type Fields = Partial<Record<Field, string>>
type Values = Readonly<Record<string, unknown>>

/** JSON lines. A file of any other name counts too if it begins like one (design/contract.md). */
export const answerLines = definePeerFormat({
  name: 'jsonl',
  files: 'a JSONL of answers ({"id": ..., "text": ...} a line)',

  async accepts(path) {
    const named = extname(path) === '.jsonl'
    if (isTable(path) || ['.json', '.eval'].includes(extname(path))) return false
    try {
      for await (const {where, values} of jsonLines(path)) {
        answerOf(values, where)
        return true
      }
    } catch (error) {
      if (named) throw error
    }
    return named
  },

  async *read(path, context) {
    const told = new Set<string>()
    for await (const {where, values} of jsonLines(path)) yield answerOf(values, where, tell(path, told, context))
  },
})

/** A table with a column for the id and one for the answer. */
export const answerTable = definePeerFormat({
  name: 'table',
  files: 'a CSV, TSV or XLSX with a column for the id and one for the answer or the score',

  async accepts(path) {
    if (!isTable(path)) return false
    const columns = await tableColumns(path)
    const missing = missingIn(columns)
    if (missing === undefined) return true
    throw badFile(
      path,
      `has no column for the ${missing}`,
      `Give one of its columns that name: ${columns.slice(0, 20).join(', ')}.`,
    )
  },

  async *read(path, context) {
    const told = new Set<string>()
    for await (const {where, columns, cell} of tableRows(path)) {
      const values = Object.fromEntries(columns.map(column => [column, cell(column) ?? '']))
      yield answerOf(values, where, tell(path, told, context))
    }
  },
})

/** Rows of a parquet file, or of a JSON file that is a list or has one under a key. */
export const answerRows = definePeerFormat({
  name: 'rows',
  files: 'a JSON list or parquet file of answers',

  async accepts(path) {
    if (!['.json', '.parquet'].includes(extname(path))) return false
    try {
      const columns = (await (await openTable(path)).columns()).map(({name}) => name)
      return missingIn(columns) === undefined
    } catch (error) {
      if (error instanceof LanternError) return false
      throw error
    }
  },

  async *read(path, context) {
    const told = new Set<string>()
    const table = await openTable(path)
    const names = (await table.columns()).map(({name}) => name)
    // Pictures and other long cells stay in the file.
    const columns = [...new Set(Object.values(fieldsOf(names)))]
    for await (const row of table.rows({columns, whole: columns})) {
      if (row instanceof LanternError) throw row
      const values = Object.entries(row.values).map(([name, value]) => [
        name,
        typeof value === 'bigint' ? Number(value) : value,
      ])
      yield answerOf(Object.fromEntries(values), `${path}, row ${row.number},`, tell(path, told, context))
    }
  },
})

/** The field without which columns hold no answers; undefined where they do. */
function missingIn(columns: readonly string[]): string | undefined {
  const {id, text, peer} = fieldsOf(columns)
  if (id === undefined) return `id (${fieldNames.id.join(', ')})`
  if (text !== undefined || peer !== undefined) return undefined
  return `answer (${fieldNames.text.join(', ')}) or the score (${fieldNames.peer.join(', ')})`
}

/** Reports once for each set of fields which name was used for what, unless it is the form of design/contract.md. */
function tell(path: string, told: Set<string>, {warn}: PeerContext) {
  return (fields: Fields) => {
    const taken = Object.entries(fields).filter(([field, name]) => field !== name && field !== 'bench')
    const text = taken.map(([field, name]) => `${name} as ${meanings[field as Field] ?? field}`).join(', ')
    if (text === '' || told.has(text)) return
    told.add(text)
    warn(`${path}: took ${text}.`)
  }
}
const meanings: Partial<Record<Field, string>> = {
  ...{text: 'the answer', peer: 'the score', peerAnswer: 'what was read', arm: 'the condition'},
}

/** Which field each name is used for. A name is used once: an `answer` beside a `prediction` is the gold answer. */
function fieldsOf(names: readonly string[], isFilled: (name: string) => boolean = () => true): Fields {
  const byName = new Map([...names].reverse().map(name => [name.toLowerCase(), name]))
  const taken = new Set<string>()
  const fields: Fields = {}
  for (const [field, known] of Object.entries(fieldNames) as [Field, readonly string[]][]) {
    const there = known.flatMap(name => byName.get(name) ?? []).filter(name => !taken.has(name))
    const name = there.find(isFilled) ?? there[0]
    if (name === undefined) continue
    taken.add(name)
    fields[field] = name
  }
  return fields
}

function answerOf(values: Values, where: string, told: (fields: Fields) => void = () => {}): PeerAnswer {
  const fields = fieldsOf(Object.keys(values), name => values[name] !== null && values[name] !== '')
  const of = (field: Field) => {
    const value = fields[field] === undefined ? undefined : values[fields[field]]
    // An empty cell means no answer, but an empty string in JSON is an answer.
    return value === '' && field !== 'text' ? undefined : value
  }
  const id = word(of('id'))
  if (id === undefined) throw badFile(where, `has no id (${fieldNames.id.join(', ')})`)
  const error = errorOf(values, fields, where)
  const text = of('text')
  const peer = scoreOf(of('peer'))
  const scoreOnly = text === undefined && error === undefined && fields.peer !== undefined
  if (scoreOnly && peer === null)
    throw badFile(where, `has no answer, and its score (${fields.peer}) is ${scoreText(of('peer'))}`)
  if (text === undefined && error === undefined && !scoreOnly)
    throw badFile(
      where,
      `has no answer (${fieldNames.text.join(', ')}), no score (${fieldNames.peer.join(', ')}) and no error`,
    )
  if (text !== undefined && text !== null && !['string', 'number', 'boolean'].includes(typeof text))
    throw badFile(where, `has a ${fields.text} that is not text`)
  const stop = of('stop') ?? 'eos'
  if (!stops.includes(stop as never)) throw badFile(where, `has a stop that is not one of ${stops.join(', ')}`)
  const repeat = Number(of('repeat') ?? 0)
  if (!Number.isInteger(repeat) || repeat < 0) throw badFile(where, 'has a repeat that is not a whole number from 0')
  told(fields)
  const bench = word(of('bench'))
  const options = optionsOf(of('options'))
  const short = (field: 'subtask' | 'cluster' | 'model' | 'arm') => {
    const value = word(of(field))
    return value === undefined ? {} : {[field]: value}
  }
  return {
    ...{where, id, text: textOf(text ?? ''), stop: stop as PeerAnswer['stop']},
    ...(bench === undefined ? {} : {bench}),
    ...{...short('model'), ...short('arm'), ...short('subtask'), ...short('cluster')},
    ...(repeat > 0 ? {repeat} : {}),
    ...(error === undefined ? {} : {error}),
    ...(fields.gold === undefined ? {} : {gold: goldOf(of('gold')) ?? null}),
    ...(options ? {options, letters: options.map((_, index) => letterOf(index))} : {}),
    peer,
    peerAnswer: word(of('peerAnswer')) ?? null,
    ...(scoreOnly && {scoreOnly}),
  }
}

function scoreText(value: unknown): string {
  return value === undefined || value === null ? 'empty' : `${textOf(value).slice(0, 20)}, which is not from 0 to 1`
}

/** Why there is no answer: the line gives an error, or its answer is null. */
function errorOf(values: Values, {error, stop, text}: Fields, where: string): string | undefined {
  const said = error === undefined ? undefined : values[error]
  const message = isObject(said) ? said['message'] : said
  if (typeof message === 'string' && message !== '') return message
  if (said !== undefined && said !== null && said !== '' && said !== false)
    throw badFile(where, 'has an error that is not text')
  if (stop !== undefined && values[stop] === 'error') return 'the saved answer is an error'
  return text !== undefined && values[text] === null ? 'the saved response is null' : undefined
}

/** A list, or a cell that holds the JSON of one. */
function optionsOf(value: unknown): string[] | undefined {
  if (Array.isArray(value)) return value.length > 0 ? value.map(textOf) : undefined
  if (typeof value !== 'string' || !value.startsWith('[')) return undefined
  return optionsOf(jsonOrNothing(value))
}
