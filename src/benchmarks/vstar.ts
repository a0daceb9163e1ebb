// V* (Wu and Xie 2023): small objects in large pictures, two categories, multiple choice. Layouts: the official
// folders, lmms-lab's parquet, VLMEvalKit's TSV.
// Schemas: penghao-wu/vstar 4ede664 (README, vstar_bench_eval.py), the data cards of craigwu/vstar_bench,
// lmms-lab/vstar-bench.
import {basename, dirname, extname} from 'node:path'
import {LanternError} from '../core/errors.js'
import {random} from '../core/random.js'
import {type Box, letterOf, type Sample} from '../core/sample.js'
import type {Benchmark, DataSet, LoadOptions, SampleKey} from './benchmark.js'
import {type DataSource, dataSetOf} from './data-set.js'
import {defineBenchmark} from './define.js'
import {findFiles, hasFile, imageFile, readJson, relativePath} from './sources/files.js'
import {pictureRefs} from './sources/pictures.js'
import {attempt, letterIn, type Row, text, texts, wrongField} from './sources/row.js'
import {openTable, type Table, type TableRow} from './sources/table.js'
import {tableSamples} from './sources/table-samples.js'
import {vlmEvalKitItem, vlmEvalKitTable} from './sources/vlmevalkit.js'
import {vstarPrompts} from './vstar-prompts.js'

export const vstar: Benchmark = defineBenchmark({
  id: 'vstar',
  title: 'V*',
  aliases: ['vstar'],
  // The folders GPT4V-hard and OCR of the official data are not part of the benchmark.
  subtasks: [
    {name: 'direct_attributes', expected: {test: 115}},
    {name: 'relative_position', expected: {test: 76}},
  ],
  splits: ['test'],
  defaultSplit: 'test',
  scoring: {answer: 'choice', metric: 'accuracy', aggregate: 'micro', judge: 'vlmevalkit_choice'},
  prompts: vstarPrompts,
  origin: {
    repo: 'craigwu/vstar_bench',
    revision: 'd9ae62c',
    licence: 'not stated (code: MIT)',
    url: 'https://huggingface.co/datasets/craigwu/vstar_bench',
    pull: {from: 'hub', files: {test: /^(?:(?:direct_attributes|relative_position)\/|test_questions\.jsonl$)/}},
  },
  load,
}).part

const questionsFile = 'test_questions.jsonl'
const pictureExtensions = ['.jpg', '.jpeg', '.png', '.webp']

type Layout = Pick<DataSource, 'layout' | 'hasImages' | 'files' | 'read' | 'find' | 'published'>

async function load(path: string, {split, seed}: LoadOptions): Promise<DataSet> {
  const files = await findFiles(path, name => ['.jsonl', '.json', '.parquet', '.tsv'].includes(extname(name)))
  const layout = await recognise(path, files, seed)
  if (layout) return dataSetOf({benchmark: vstar, split, root: path, ...layout})
  throw new LanternError(
    'data-absent',
    `${path} holds no V* data.`,
    'Give a folder with test_questions.jsonl, direct_attributes/ and relative_position/, a parquet file or a VLMEvalKit TSV; or run `lantern-eval bench pull vstar`.',
  )
}

async function recognise(root: string, files: readonly string[], seed: number): Promise<Layout | undefined> {
  const annotations = files.filter(isAnnotation)
  const questions = files.find(file => basename(file) === questionsFile)
  if (questions) return questionsLayout(questions, annotations)
  if (annotations.length > 0) return annotationsLayout(root, annotations, seed)
  const parquet = files.filter(file => extname(file) === '.parquet')
  if (parquet.length > 0) return parquetLayout(root, parquet)
  for (const file of files.filter(one => extname(one) === '.tsv')) {
    const table = await vlmEvalKitTable(file, root)
    if (table) return tableLayout(file, table)
  }
  return undefined
}

function isAnnotation(file: string): boolean {
  return extname(file) === '.json' && vstar.subtasks.some(({name}) => name === basename(dirname(file)))
}

// --- the official folders -------------------------------------------------------------------------------------------

/** The authors' own lettered questions; boxes come from the annotation named like the picture. */
async function questionsLayout(path: string, annotations: readonly string[]): Promise<Layout> {
  const root = dirname(path)
  const annotationOf = new Map(annotations.map(file => [stemOf(relativePath(root, file)), file]))
  const table = await openTable(path)
  const samples = tableSamples(table, row => questionSample(root, row, annotationOf))
  let hasImages = false
  for await (const row of table.rows({columns: ['image']})) {
    hasImages ||= !(row instanceof LanternError) && hasFile(root, String(row.values['image']))
    if (hasImages) break
  }
  const files = [path, ...annotations]
  return {layout: 'official-questions', hasImages, files, ...samples, published: haveQuestionNumbers}
}

async function questionSample(root: string, row: Row, annotationOf: ReadonlyMap<string, string>): Promise<Sample> {
  const image = text(row, 'image')
  const annotation = annotationOf.get(stemOf(image))
  const boxes = annotation === undefined ? undefined : boxesOf(await annotationRow(root, annotation))
  return {...letteredSample(row), images: [imageFile(root, image)], cluster: basename(image), ...(boxes && {boxes})}
}

/** The official questions are numbered from 0, beginning with those of the first subtask. */
function haveQuestionNumbers(keys: readonly SampleKey[]): boolean {
  const [attributes, positions] = vstar.subtasks.map(({expected}) => expected['test']!) as [number, number]
  return keys.every(({id, subtask}) => {
    const [first, end] = subtask === vstar.subtasks[0]!.name ? [0, attributes] : [attributes, attributes + positions]
    return /^\d+$/.test(id) && Number(id) >= first && Number(id) < end
  })
}

/**
 * Used without the question file: the sentences of the annotations. Their first option is always right, so they are
 * shuffled before they get letters.
 */
function annotationsLayout(root: string, annotations: readonly string[], seed: number): Layout {
  const pictures = findFiles(root, name => pictureExtensions.includes(extname(name).toLowerCase()))
  const read = async function* (): AsyncGenerator<Sample | LanternError> {
    const pictureOfStem = new Map((await pictures).map(file => [stemOf(file), relativePath(root, file)]))
    for (const file of annotations) {
      yield await attempt(async () =>
        annotationSample(root, await annotationRow(root, file), file, seed, pictureOfStem.get(stemOf(file))),
      )
    }
  }
  const hasImages = annotations.some(file =>
    pictureExtensions.some(extension => hasFile(root, stemOf(relativePath(root, file)) + extension)),
  )
  return {layout: 'official-json', hasImages, files: annotations, read, published: () => true}
}

function annotationSample(root: string, row: Row, file: string, seed: number, picture: string | undefined): Sample {
  const id = stemOf(relativePath(root, file))
  const sentences = texts(row, 'options')
  if (sentences.length < 2) throw wrongField(row, 'options', 'holds fewer than two options')
  const order = random(seed, 'vstar', id, 'option-order').shuffle([...sentences.keys()])
  return {
    id,
    benchmark: 'vstar',
    subtask: basename(dirname(file)),
    images: picture === undefined ? [] : [imageFile(root, picture)],
    question: text(row, 'question'),
    options: order.map(k => sentences[k]!),
    letters: order.map((_, i) => letterOf(i)),
    gold: letterOf(order.indexOf(0)),
    boxes: boxesOf(row),
    cluster: basename(picture ?? id),
  }
}

async function annotationRow(root: string, file: string): Promise<Row> {
  const values = await readJson(file)
  const where = relativePath(root, file)
  if (typeof values === 'object' && values !== null && !Array.isArray(values))
    return {where, values: values as Row['values']}
  throw new LanternError('bad-file', `${where} is not an object.`, 'Fetch the file again.')
}

/** `[[x, y, width, height], ...]` in pixels -> corners. */
function boxesOf(row: Row): Box[] {
  const list = row.values['bbox']
  if (!Array.isArray(list)) throw wrongField(row, 'bbox', 'is not a list of boxes')
  return list.map(box => {
    if (!Array.isArray(box) || box.length !== 4 || !box.every(Number.isFinite))
      throw wrongField(row, 'bbox', 'holds a box without four numbers')
    const [x, y, width, height] = box as [number, number, number, number]
    return [x, y, x + width, y + height]
  })
}

function stemOf(path: string): string {
  return path.slice(0, path.length - extname(path).length)
}

// --- lmms-lab's parquet, VLMEvalKit's table -------------------------------------------------------------------------

const textColumns = ['question_id', 'category', 'label', 'text']

async function parquetLayout(root: string, files: readonly string[]): Promise<Layout> {
  const table = await openTable(files, {format: 'parquet', root})
  const wanted = {columns: [...textColumns, 'image'], whole: textColumns}
  const samples = tableSamples(table, parquetSample, wanted)
  return {layout: 'parquet', hasImages: true, files, ...samples, published: haveQuestionNumbers}
}

function parquetSample(row: TableRow): Sample {
  return {...letteredSample(row), images: pictureRefs(row, 'image', {folder: dirname(row.path)})}
}

function tableLayout(path: string, table: Table): Layout {
  const published = (keys: readonly SampleKey[]) => keys.every(({id}) => /^\d+$/.test(id))
  return {layout: 'vlmevalkit-tsv', hasImages: true, files: [path], ...tableSamples(table, tableSample), published}
}

function tableSample(row: TableRow): Sample {
  const item = vlmEvalKitItem(row)
  return {
    id: text(item, 'index'),
    benchmark: 'vstar',
    subtask: text(item, 'category'),
    images: item.images,
    question: text(item, 'question'),
    options: [...item.options.values()],
    letters: [...item.options.keys()],
    gold: letterIn(item, 'answer'),
  }
}

// --- lettered questions ---------------------------------------------------------------------------------------------

/**
 * The sample of a record with question, lettered options and instruction in one text. The layout adds its
 * pictures.
 */
function letteredSample(row: Row): Sample {
  const whole = text(row, 'text').replace(instruction, '').trim()
  const {question, options} = parseLettered(whole)
  if (options.length < 2) throw wrongField(row, 'text', 'holds no options "(A) ..."')
  return {
    id: text(row, 'question_id'),
    benchmark: 'vstar',
    subtask: text(row, 'category'),
    images: [],
    question,
    officialPrompt: whole,
    options,
    letters: options.map((_, i) => letterOf(i)),
    gold: letterIn(row, 'label'),
  }
}

/** The data set appends this to every question. It is not part of the question: the mode says how to answer. */
const instruction = /\s*Answer with the option's letter from the given choices directly\.\s*$/

/**
 * `question\n(A) x\n(B) y\nAnswer with ...` -> question and options. Each letter is searched after the previous one and
 * at the start of a line, so brackets inside an option stay in it.
 */
export function parseLettered(whole: string): {readonly question: string; readonly options: readonly string[]} {
  const parts: string[] = []
  let rest = whole.replace(instruction, '')
  for (let k = 0; ; k++) {
    const mark = new RegExp(`(?:^|\\n)\\s*\\(${letterOf(k)}\\)\\s*`).exec(rest)
    if (!mark) break
    parts.push(rest.slice(0, mark.index).trim())
    rest = rest.slice(mark.index + mark[0].length)
  }
  const [question = '', ...options] = [...parts, rest.trim()]
  return {question, options}
}
