// The definition file that says what was recognised in data, for `bench init`: every line of it may be changed.
import {basename, dirname, relative, resolve, sep} from 'node:path'
import {LanternError} from '../../core/errors.js'
import {quantityIn} from '../../core/quantity.js'
import {openTable, type TableRow} from '../sources/table.js'
import {recognisedIn, wantedOf} from './benchmark.js'
import {definitionOfData} from './open.js'
import {isEmpty, type Options, optionsIn, optionsInColumns, plainText, WrongCell} from './options.js'
import type {Fields} from './recognise.js'
import {valueAt} from './sample.js'
import {fieldNames} from './schema.js'

/** The text of a definition of these data, to be written to `out`. Throws what reading the data throws. */
export async function draftDefinition(id: string, data: string, out: string): Promise<string> {
  const table = await openTable(data)
  const definition = definitionOfData(id, data)
  const {recognised} = await recognisedIn(table, definition, basename(data))
  const {fields} = recognised
  const seen = new Answers()
  const subtasks = new Map<string, number>()
  const columns = (await table.columns()).map(({name}) => name)
  for await (const row of table.rows(wantedOf(fields, columns))) {
    if (row instanceof LanternError) continue
    const subtask = fields.subtask[0] === undefined ? 'all' : plainText(valueAt(row, fields.subtask[0]))?.trim()
    if (subtask !== undefined) subtasks.set(subtask, (subtasks.get(subtask) ?? 0) + 1)
    seen.add(row, fields)
  }
  const path = relative(dirname(resolve(out)), resolve(data))
    .split(sep)
    .join('/')
  const counts = Array.from(subtasks, ([name, count]) => `${scalar(name)}: ${count}`)
  return [
    '# A benchmark of your own: guide/your-own-benchmark.md. Change whatever was recognised wrongly.',
    `id: ${scalar(id)}`,
    `title: ${scalar(id)} # the name in tables`,
    `data: ${scalar(path)} # relative to this file`,
    ...(fields.image.length > 0
      ? ['# images: pictures # where relative picture paths start; default: beside the data']
      : []),
    'fields: # the columns; null for "none"',
    ...fieldNames.map(field => fieldLine(field, fields)),
    ...seen.indexLines(),
    `scoring: {metric: ${seen.metric()}, headline: micro} # accuracy, match, number, judge; micro, macro, group`,
    '# prompt: "{{ question }}" # jinja; the line of the mode and the answer contract follow',
    '# maxNewTokens: {direct: 16}',
    `# expected: {test: {${counts.length > 50 ? `all: ${[...subtasks.values()].reduce((a, b) => a + b, 0)}` : counts.join(', ')}}} # what bench verify holds`,
    '',
  ].join('\n')
}

const unsaid: Readonly<Record<string, string>> = {
  id: 'no column: the number of the row',
  options: 'no column: open questions',
  answer: 'no column: samples are unscored',
  cluster: 'no column: samples with the same picture path go together',
}

function fieldLine(field: (typeof fieldNames)[number], fields: Fields): string {
  const names = fields[field]
  if (names.length === 0) return `  # ${field}: ... # ${unsaid[field] ?? 'no column'}`
  return `  ${field}: ${names.length === 1 ? scalar(names[0]!) : `[${names.map(scalar).join(', ')}]`}`
}

/** A text in YAML, with quotes where it needs some. */
function scalar(text: string): string {
  const word = /^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text)
  const plain = /^[\p{L}_][\p{L}\p{N}_./ -]*$/u.test(text) && !word
  return plain && text.trim() === text ? text : JSON.stringify(text)
}

/** What the answers of all rows have in common. */
class Answers {
  #choices = 0
  #open = 0
  #numbers = 0
  /** Rows whose answer is a number that no option says, and the rows that tell its base. */
  #indexes = 0
  #zero: string | undefined
  #last: string | undefined

  add(row: TableRow, fields: Fields): void {
    const answer = fields.answer[0] === undefined ? undefined : valueAt(row, fields.answer[0])
    if (isEmpty(answer)) return
    const options = optionsAt(row, fields)
    const text = plainText(answer)?.trim() ?? ''
    if (options === null) {
      this.#open++
      if (quantityIn(text) !== null) this.#numbers++
      return
    }
    this.#choices++
    const {texts, labels = []} = options
    if (!/^\d+(?:\.0+)?$/.test(text) || [...texts, ...labels].some(one => one.trim() === text)) return
    this.#indexes++
    if (Number(text) === 0) this.#zero ??= row.where
    if (Number(text) === texts.length) this.#last ??= row.where
  }

  metric(): string {
    if (this.#choices > 0 || this.#open === 0) return 'accuracy'
    return this.#numbers === this.#open ? 'number' : 'match'
  }

  /** The base is written where a row shows it; otherwise the user has to say it. */
  indexLines(): string[] {
    if (this.#indexes === 0) return []
    if (this.#zero !== undefined && this.#last === undefined) return [`answerIndex: 0 # ${this.#zero} has the index 0`]
    if (this.#last !== undefined && this.#zero === undefined)
      return [`answerIndex: 1 # ${this.#last} has the number of its last option`]
    return ['# answerIndex: 0 # answers are numbers that no option says: is the first option 0 or 1?']
  }
}

/** The options of a row; null also where they cannot be read, which `bench verify` reports. */
function optionsAt(row: TableRow, {options}: Fields): Options | null {
  if (options.length === 0) return null
  try {
    return options.length === 1
      ? optionsIn(valueAt(row, options[0]!))
      : optionsInColumns(options.map(column => ({column, value: valueAt(row, column)})))
  } catch (error) {
    if (error instanceof WrongCell) return null
    throw error
  }
}
