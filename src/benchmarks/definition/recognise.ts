// Which column is what, where a definition does not say: by the names that data sets use. Pure. What was taken is told
// in one place, and a name that the definition gives is never replaced.
// Names: VLMEvalKit (index, image, image_path, question, A-D, answer, category, l2-category), lmms-eval and the data
// cards of the hub's sets (question_id, query, options, choices, answer_key, label, gt_answer, task, image_id).
import {closest} from '../../core/closest.js'
import {LanternError} from '../../core/errors.js'
import {letterOf} from '../../core/sample.js'
import type {CellKind, TableColumn} from '../sources/table.js'
import type {OpenDefinition} from './open.js'
import {isEmpty, isRecord} from './options.js'
import {type FieldName, fieldNames} from './schema.js'

/** The columns of each field; none where there is no such field. */
export type Fields = Readonly<Record<FieldName, readonly string[]>>

export interface Recognised {
  readonly fields: Fields
  /** In words, what was recognised and not said by the definition: `question from "query"`; empty where nothing. */
  readonly told: readonly string[]
}

/** Names by field, without case and punctuation; the first that is there counts. */
const usualNames: Readonly<Record<Exclude<FieldName, 'options'>, readonly string[]>> = {
  id: ['id', 'sample id', 'question id', 'qid', 'uid', 'uuid', 'item id', 'data id', 'index', 'idx', 'pid', 'key'],
  image: [
    ...['decoded image', 'image', 'images', 'image path', 'image paths', 'img', 'imgs', 'img path', 'img paths'],
    ...['picture', 'pictures', 'picture path', 'photo', 'photos', 'image file', 'image files', 'image name'],
    ...['image filename', 'image base64', 'image bytes', 'file name', 'filename', 'file path', 'filepath', 'file'],
    'path',
  ],
  question: ['question', 'query', 'problem', 'question text', 'prompt', 'text', 'instruction', 'input'],
  answer: [
    ...['answer', 'gold', 'gold answer', 'ground truth', 'groundtruth', 'gt', 'gt answer', 'label', 'answer key'],
    ...['correct answer', 'right answer', 'correct option', 'correct choice', 'correct', 'answer letter', 'target'],
    ...['answer label', 'correct letter', 'correct label', 'answer index', 'answer idx', 'answer id', 'correct index'],
    ...['correct idx', 'answers', 'gt answers', 'answer text', 'reference answer', 'reference', 'solution'],
  ],
  subtask: [
    ...['subtask', 'sub task', 'category', 'task', 'task type', 'task name', 'question type', 'type', 'subcategory'],
    ...['sub category', 'l2 category', 'skill', 'ability', 'capability'],
  ],
  cluster: ['cluster', 'cluster id', 'image id', 'img id', 'imageid', 'scene id', 'video id'],
  group: ['group', 'group id', 'pair', 'pair id'],
  // Other names of boxes do not say whether the last two numbers are a corner or a size.
  boxes: ['boxes'],
}

const listNames = [
  ...['options', 'choices', 'answer choices', 'answer options', 'candidates', 'multi choice options'],
  ...['multiple choice options', 'mc options', 'option', 'choice', 'option list', 'choice list', 'answers'],
]

/** Columns with one option each: A, B, ...; option_a, choice 1, ... */
const single = /^(?:|(?:option|options|choice|answer|candidate|opt|op) ?)([a-z]|\d)$/

/** `L2-Category`, `questionId` -> `l2 category`, `question id`. */
function plain(name: string): string {
  return name
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

/**
 * The columns of every field. `rows` are the first rows, which tell names within objects (`qa.question`).
 * Throws LanternError `bad-config` at the line of a field whose column is not there, `bad-file` where no question is.
 */
export function recogniseFields(
  columns: readonly TableColumn[],
  rows: readonly Readonly<Record<string, unknown>>[],
  {file, placeOf}: Pick<OpenDefinition, 'file' | 'placeOf'>,
  dataName: string,
): Recognised {
  const declared = file.fields ?? {}
  const known = withInner(columns, rows)
  const taken = new Set<string>()
  const fields: Partial<Record<FieldName, readonly string[]>> = {}
  for (const field of fieldNames) {
    const said = declared[field]
    if (said === undefined) continue
    fields[field] = said === null ? [] : [said].flat()
    for (const name of fields[field]) {
      if (known.has(name) || isPathIn(known, name)) continue
      const near = closest(name, known.keys())
      throw new LanternError(
        'bad-config',
        `${placeOf(['fields', field])}: "${field}": ${dataName} has no column "${name}".`,
        `${near === undefined ? '' : `Did you mean "${near}"? `}Its columns: ${shortList([...known.keys()])}.`,
      )
    }
    // One column of options may be the question: they stand inside it.
    if (field !== 'options' || fields[field].length > 1) for (const name of fields[field]) taken.add(name)
  }
  const told: string[] = []
  // Options come before answers: `answers` is a list of options where an `answer` stands beside it.
  const order: readonly FieldName[] = [
    'id',
    'question',
    'image',
    'options',
    'answer',
    'subtask',
    'cluster',
    'group',
    'boxes',
  ]
  for (const field of order) {
    if (fields[field] !== undefined) continue
    const find = (inner: boolean) => {
      const byName = free(known, taken, inner)
      return field === 'options' ? optionColumns(byName, known) : columnsNamed(field, byName, known, rows)
    }
    const found = find(false) ?? find(true) ?? []
    for (const name of found) taken.add(name)
    fields[field] = found
    if (found.length > 0)
      told.push(found.length === 1 && found[0] === field ? field : `${field} from ${found.map(quoted).join(', ')}`)
    else if (field === 'id') told.push('id from the number of the row')
  }
  if (fields.question!.length === 0 && declared.question !== null)
    throw new LanternError(
      'bad-file',
      `${dataName} has no column with the question (${usualNames.question.slice(0, 5).join(', ')}, ...).`,
      `Name it under "fields" in a definition file: \`question: ...\`. Its columns: ${shortList([...known.keys()])}.`,
    )
  return {fields: fields as Fields, told}
}

/** Columns by name, with the keys of those that hold objects: pictures are objects too, and are left whole. */
function withInner(
  columns: readonly TableColumn[],
  rows: readonly Readonly<Record<string, unknown>>[],
): ReadonlyMap<string, readonly CellKind[]> {
  const known = new Map<string, readonly CellKind[]>(columns.map(({name, kinds}) => [name, kinds]))
  for (const {name, kinds} of columns) {
    if (!kinds.includes('object')) continue
    for (const row of rows) {
      const cell = row[name]
      if (!isRecord(cell) || 'bytes' in cell) continue
      for (const [key, value] of Object.entries(cell))
        if (!known.has(`${name}.${key}`)) known.set(`${name}.${key}`, kindsOf(value))
    }
  }
  return known
}

function kindsOf(value: unknown): readonly CellKind[] {
  if (value === null || value === undefined) return []
  if (Array.isArray(value)) return ['list']
  if (value instanceof Uint8Array) return ['bytes']
  const kind = typeof value
  return kind === 'string' ? ['text'] : kind === 'number' || kind === 'boolean' || kind === 'object' ? [kind] : []
}

/** `conversations.0.value`: within a column of lists or objects, whose keys are not all known. */
function isPathIn(known: ReadonlyMap<string, readonly CellKind[]>, name: string): boolean {
  const [column = '', ...keys] = name.split('.')
  return keys.length > 0 && known.get(column)?.some(kind => kind === 'list' || kind === 'object') === true
}

type Known = ReadonlyMap<string, readonly CellKind[]>
type Rows = readonly Readonly<Record<string, unknown>>[]

/** Names as they are compared: those of columns, or those of keys within a column that nothing else is taken from. */
function free(known: Known, taken: ReadonlySet<string>, inner: boolean): Map<string, string> {
  const byName = new Map<string, string>()
  for (const name of known.keys()) {
    const outer = innerOf(known, name)
    if ((outer !== undefined) !== inner || taken.has(name) || (outer !== undefined && taken.has(outer))) continue
    const key = plain(outer === undefined ? name : name.slice(outer.length + 1))
    if (!byName.has(key)) byName.set(key, name)
  }
  return byName
}

/** The column that holds `qa.question` as a key; undefined for a column. */
function innerOf(known: Known, name: string): string | undefined {
  const outer = name.includes('.') ? name.slice(0, name.indexOf('.')) : undefined
  return outer !== undefined && known.get(outer)?.includes('object') ? outer : undefined
}

function columnsNamed(
  field: Exclude<FieldName, 'options'>,
  byName: ReadonlyMap<string, string>,
  known: Known,
  rows: Rows,
): readonly string[] | undefined {
  const there = usualNames[field]
    .flatMap(name => byName.get(name) ?? [])
    .filter(name => canBe(field, name, known, rows))
  const filled = there.filter(name => known.get(name)!.length > 0)
  if (field === 'image')
    return imageColumns(byName, filled, known) ?? (there.length > 0 ? there.slice(0, 1) : undefined)
  const found = filled[0] ?? there[0]
  return found === undefined ? undefined : [found]
}

/** Samples of a group count together: a pair, a few rotations. A column with larger ones sorts the samples. */
const largestGroup = 10

/** Whether a column of that name holds what the field needs. */
function canBe(field: FieldName, name: string, known: Known, rows: Rows): boolean {
  const kinds = known.get(name)!
  // `correct: true` tells how somebody answered, not what is right.
  if (field === 'answer') return plain(name) !== 'correct' || kinds.join() !== 'boolean'
  // The number of a picture is not the picture.
  if (field === 'image') return kinds.length === 0 || kinds.some(kind => kind !== 'number' && kind !== 'boolean')
  if (field !== 'group') return true
  const values = rows.map(row => row[name]).filter(value => !isEmpty(value))
  return values.length <= largestGroup * new Set(values.map(String)).size
}

/** One column, bytes before names of files; or the numbered ones, image_1, image_2, ... */
function imageColumns(
  byName: ReadonlyMap<string, string>,
  filled: readonly string[],
  known: Known,
): readonly string[] | undefined {
  const whole = filled.find(name => known.get(name)!.some(kind => ['bytes', 'object', 'list'].includes(kind)))
  const chosen = whole ?? filled[0]
  if (chosen !== undefined) return [chosen]
  const numbered = [...byName]
    .flatMap(([key, name]) => {
      const number = /^(?:image|img|picture|image path|img path) ?(\d+)$/.exec(key)?.[1]
      return number === undefined ? [] : [{number: Number(number), name}]
    })
    .sort((a, b) => a.number - b.number)
    .map(({name}) => name)
  return numbered.length > 0 ? numbered : undefined
}

/** A column with all options, or one column each, lettered or numbered without a gap. */
function optionColumns(byName: ReadonlyMap<string, string>, known: Known): readonly string[] | undefined {
  const singles = singleColumns(byName)
  const lists = listNames.flatMap(name => byName.get(name) ?? []).filter(name => known.get(name)!.length > 0)
  const list = lists.find(name => plain(name) !== 'answers' || hasOtherAnswer(byName))
  // Texts may be anything; a list or an object is meant.
  const sure = list !== undefined && known.get(list)!.some(kind => kind === 'list' || kind === 'object')
  if (sure || (list !== undefined && singles === undefined)) return [list]
  return singles
}

/** `answers` holds options only beside a column with the right one. */
function hasOtherAnswer(byName: ReadonlyMap<string, string>): boolean {
  return usualNames.answer.some(name => name !== 'answers' && byName.has(name))
}

function singleColumns(byName: ReadonlyMap<string, string>): readonly string[] | undefined {
  const series = new Map<string, Map<string, string>>()
  for (const [key, name] of byName) {
    const mark = single.exec(key)?.[1]
    if (mark === undefined) continue
    // A column named "1" is no option, and neither is one named "a" beside one named "A".
    const stem = `${name.slice(0, name.length - 1)}${/[A-Z]$/.test(name) ? 'A' : /\d$/.test(name) ? '1' : 'a'}`
    if (stem === '1') continue
    series.set(stem, (series.get(stem) ?? new Map()).set(mark, name))
  }
  for (const [stem, marks] of series) {
    const first = marks.has('0') ? 0 : 1
    const markAt = (index: number) => (stem.endsWith('1') ? String(index + first) : letterOf(index).toLowerCase())
    const found: string[] = []
    for (let name = marks.get(markAt(0)); name !== undefined; name = marks.get(markAt(found.length))) found.push(name)
    if (found.length >= 2) return found
  }
  return undefined
}

const quoted = (name: string) => `"${name}"`

function shortList(names: readonly string[]): string {
  return names.length > 20 ? `${names.slice(0, 20).join(', ')}, ...` : names.join(', ')
}
