// Answers in a generic form: one line or row per sample, fields recognised by their names. The form in
// design/contract.md (`{"bench", "id", "text", "stop", "error"}`) is one of them. It is tried after the formats of
// named peers.
import {extname} from 'node:path'
import {stops} from '../core/generation.js'
import {jsonOrNothing} from '../core/json.js'
import {letterOf} from '../core/sample.js'
import {goldOf, isObject, scoreOf, textOf, word} from './fields.js'
import {jsonLines} from './json.js'
import {badFile, definePeerFormat, type PeerAnswer, type PeerContext} from './peer.js'
import {isTable, tableColumns, tableRows} from './table.js'

/** Names of each field, without case. If several are there, the first counts. */
const fieldNames = {
  id: ['id', 'sample_id', 'question_id', 'idx', 'index'],
  text: ['text', 'response', 'output', 'prediction', 'answer'],
  gold: ['gold', 'label', 'target', 'ground_truth', 'answer'],
  peer: ['score', 'correct', 'is_correct', 'hit'],
  peerAnswer: ['extracted', 'parsed', 'prediction'],
  subtask: ['subtask', 'sub_task', 'category'],
  cluster: ['cluster'],
  options: ['options', 'choices'],
  bench: ['bench', 'benchmark'],
  model: ['model'],
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
  files: 'a CSV, TSV or XLSX with a column for the id and one for the answer',

  async accepts(path) {
    if (!isTable(path)) return false
    const columns = await tableColumns(path)
    const {id, text} = fieldsOf(columns)
    if (id !== undefined && text !== undefined) return true
    const [missing, names] = id === undefined ? ['id', fieldNames.id] : ['answer', fieldNames.text]
    throw badFile(
      path,
      `has no column for the ${missing} (${names.join(', ')})`,
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
const meanings: Partial<Record<Field, string>> = {text: 'the answer', peer: 'the score', peerAnswer: 'what was read'}

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
  if (text === undefined && error === undefined)
    throw badFile(where, `has no answer (${fieldNames.text.join(', ')}) and no error`)
  if (text !== undefined && text !== null && !['string', 'number', 'boolean'].includes(typeof text))
    throw badFile(where, `has a ${fields.text} that is not text`)
  const stop = of('stop') ?? 'eos'
  if (!stops.includes(stop as never)) throw badFile(where, `has a stop that is not one of ${stops.join(', ')}`)
  const repeat = Number(of('repeat') ?? 0)
  if (!Number.isInteger(repeat) || repeat < 0) throw badFile(where, 'has a repeat that is not a whole number from 0')
  told(fields)
  const bench = word(of('bench'))
  const options = optionsOf(of('options'))
  const short = (field: 'subtask' | 'cluster' | 'model') => {
    const value = word(of(field))
    return value === undefined ? {} : {[field]: value}
  }
  return {
    ...{where, id, text: textOf(text ?? ''), stop: stop as PeerAnswer['stop']},
    ...(bench === undefined ? {} : {bench}),
    ...{...short('model'), ...short('subtask'), ...short('cluster')},
    ...(repeat > 0 ? {repeat} : {}),
    ...(error === undefined ? {} : {error}),
    ...(fields.gold === undefined ? {} : {gold: goldOf(of('gold')) ?? null}),
    ...(options ? {options, letters: options.map((_, index) => letterOf(index))} : {}),
    peer: scoreOf(of('peer')),
    peerAnswer: word(of('peerAnswer')) ?? null,
  }
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
