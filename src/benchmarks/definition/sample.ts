// From a row of the data to a sample, by the recognised columns of a definition. Pictures are not read.
import {LanternError} from '../../core/errors.js'
import {jsonOrNothing} from '../../core/json.js'
import {type Box, letterOf, type Sample} from '../../core/sample.js'
import {type PicturePlaces, pictureRefs} from '../sources/pictures.js'
import {type Row, wrongField} from '../sources/row.js'
import {isLongCell, type TableRow} from '../sources/table.js'
import {goldLetter, goldTexts} from './gold.js'
import {
  isEmpty,
  letteredIn,
  type Options,
  optionsIn,
  optionsInColumns,
  plainText,
  WrongCell,
  withoutInstruction,
} from './options.js'
import type {Fields} from './recognise.js'
import type {DefinitionFile} from './schema.js'

export interface SampleRule {
  readonly benchmark: string
  readonly fields: Fields
  readonly file: Pick<DefinitionFile, 'answerIndex' | 'scoring' | 'fields'>
  readonly places: (row: TableRow) => PicturePlaces
  /** The id of a row that has none of its own. */
  readonly numberOf: (row: TableRow) => string
}

/** The subtask of data without a column for it. */
const onlySubtask = 'all'

/** The most options that have a letter. */
const mostOptions = 26

/** The sample of a row. Throws LanternError `bad-file` naming file, row and field. */
export function sampleOf(row: TableRow, rule: SampleRule): Sample {
  const {fields, file} = rule
  const asked = questionOf(row, rule)
  const {options, letters} = asked
  const cluster = optionalName(row, fields.cluster) ?? pathsIn(row, fields.image)
  const group = optionalName(row, fields.group)
  const boxes = boxesOf(row, fields.boxes[0])
  return {
    id: fields.id[0] === undefined ? rule.numberOf(row) : textAt(row, fields.id[0]).trim(),
    benchmark: rule.benchmark,
    subtask: fields.subtask[0] === undefined ? onlySubtask : textAt(row, fields.subtask[0]).trim(),
    images: fields.image.flatMap(column => picturesOf(row, column, rule)),
    question: asked.question,
    ...(options && {options}),
    ...(letters && {letters}),
    gold: asked.letters
      ? asked.gold
      : at(row, fields.answer[0], value => goldTexts(value, file.scoring?.metric === 'number')),
    ...(boxes && {boxes}),
    ...(cluster === undefined ? {} : {cluster}),
    ...(group === undefined ? {} : {group}),
  }
}

interface Question {
  readonly question: string
  readonly options?: readonly string[]
  readonly letters?: readonly string[]
  readonly gold: string | null
}

function questionOf(row: TableRow, {fields, file}: SampleRule): Question {
  const [questionColumn] = fields.question
  const question = questionColumn === undefined ? '' : textAt(row, questionColumn)
  const inside = fields.options.length === 1 && fields.options[0] === questionColumn
  const split = inside ? letteredIn(withoutInstruction(question)) : null
  const options = inside ? (split?.options ?? null) : optionsOf(row, fields.options)
  const gold = (known: Options) => at(row, fields.answer[0], value => goldLetter(value, known, file.answerIndex))
  if (options !== null) {
    if (options.texts.length > mostOptions)
      throw wrongCell(
        row,
        fields.options[0]!,
        new WrongCell(`has ${options.texts.length} options; there are 26 letters`),
      )
    return {question: split?.before ?? question, ...withLetters(options), gold: gold(options)}
  }
  // Options inside the question stay there, and only their letters are known, unless the definition says otherwise.
  if (fields.options.length > 0 || file.fields?.options === null) return {question, gold: null}
  const lettered = letteredIn(question)
  if (lettered === null) return {question, gold: null}
  try {
    const right = gold(lettered.options)
    return {question, letters: withLetters(lettered.options).letters, gold: right}
  } catch (error) {
    // Lines that look like options and are none: the question is open.
    if (error instanceof LanternError) return {question, gold: null}
    throw error
  }
}

function withLetters({texts}: Options) {
  return {options: texts, letters: texts.map((_, index) => letterOf(index))}
}

function optionsOf(row: TableRow, columns: readonly string[]): Options | null {
  const [first] = columns
  if (first === undefined) return null
  if (columns.length === 1) return at(row, first, optionsIn)
  return at(row, first, () => optionsInColumns(columns.map(column => ({column, value: valueAt(row, column)}))))
}

/** The value of a column, or of a key within one: `qa.question`. */
export function valueAt({values}: Row, column: string): unknown {
  if (Object.hasOwn(values, column)) return values[column]
  let value: unknown = values
  for (const key of column.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return value
}

/** The column of the file that holds a field: the first part of `qa.question`, unless there is such a column. */
export function columnOf(field: string, columns: readonly string[]): string {
  return columns.includes(field) ? field : field.split('.', 1)[0]!
}

/** Reads a cell, and says where it is if it cannot be used. */
function at<T>(row: TableRow, column: string | undefined, read: (value: unknown) => T): T | null {
  if (column === undefined) return null
  try {
    const value = valueAt(row, column)
    return read(value instanceof Uint8Array ? new TextDecoder().decode(value) : value)
  } catch (error) {
    if (error instanceof WrongCell) throw wrongCell(row, column, error)
    throw error
  }
}

function wrongCell(row: Row, column: string, {message, advice}: WrongCell): LanternError {
  return new LanternError(
    'bad-file',
    `${row.where}: "${column}" ${message}.`,
    advice ?? 'Correct that row, or remove it.',
  )
}

function textAt(row: TableRow, column: string): string {
  const value = valueAt(row, column)
  const text = plainText(value)
  if (text !== undefined && text.trim() !== '') return text
  throw wrongCell(row, column, new WrongCell(isEmpty(value) ? 'is empty' : 'is not text'))
}

function optionalName(row: TableRow, [column]: readonly string[]): string | undefined {
  const value = column === undefined ? undefined : plainText(valueAt(row, column))?.trim()
  return value === '' ? undefined : value
}

function picturesOf(row: TableRow, column: string, {places}: SampleRule) {
  if (Object.hasOwn(row.values, column)) return pictureRefs(row, column, places(row))
  const inner = {...row, values: {...row.values, [column]: valueAt(row, column)}}
  return pictureRefs(inner, column, places(row))
}

/** Samples about the same picture are not independent: a path names it. */
function pathsIn(row: TableRow, columns: readonly string[]): string | undefined {
  const cells = columns.map(column => valueAt(row, column)).filter(cell => !isEmpty(cell))
  const paths = cells.flat().map(cell => (isPath(cell) ? cell : undefined))
  return paths.length === 0 || paths.includes(undefined) ? undefined : paths.join(' ')
}

function isPath(cell: unknown): cell is string {
  return typeof cell === 'string' && !isLongCell(cell) && cell.length <= 400 && /\.\w{3,4}$/.test(cell.trim())
}

/** `[[x1, y1, x2, y2], ...]` or one box, in a list or as JSON. */
function boxesOf(row: TableRow, column: string | undefined): readonly Box[] | undefined {
  const cell = column === undefined ? null : valueAt(row, column)
  if (isEmpty(cell)) return undefined
  const list = typeof cell === 'string' ? jsonOrNothing(cell) : cell
  const boxes = Array.isArray(list) && list.length === 4 && list.every(isNumber) ? [list] : list
  if (!Array.isArray(boxes) || !boxes.every(isBox))
    throw wrongField(row, column!, 'is not a list of boxes [x1, y1, x2, y2] with x1 < x2 and y1 < y2')
  return boxes.map(box => box.map(Number) as unknown as Box)
}

/** Parquet has whole numbers as bigint. */
const isNumber = (value: unknown) => typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))
const isBox = (box: unknown) =>
  Array.isArray(box) && box.length === 4 && box.every(isNumber) && box[0] < box[2] && box[1] < box[3]
