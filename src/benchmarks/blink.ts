// BLINK (Fu et al. 2024): 14 visual perception tasks, multiple choice. Layouts: the hub's parquet files, VLMEvalKit's
// TSV, the official answers alone.
// Counts, columns and label revisions: zeyofu/BLINK_Benchmark 2d6a779 (eval/), the data card of BLINK-Benchmark/BLINK.
import {basename, dirname} from 'node:path'
import {LanternError} from '../core/errors.js'
import type {Sample} from '../core/sample.js'
import {letterOf} from '../core/sample.js'
import type {Benchmark, DataSet, LoadOptions, SampleKey, Subtask} from './benchmark.js'
import {reflectanceLabels} from './blink-labels.js'
import {blinkPrompts} from './blink-prompts.js'
import {blinkSubmission} from './blink-submission.js'
import {type DataSource, dataSetOf} from './data-set.js'
import {defineBenchmark} from './define.js'
import {fileSha256, findFiles, readJson} from './sources/files.js'
import {pictureRefs} from './sources/pictures.js'
import {attempt, letterIn, optionalText, text, texts, wrongField} from './sources/row.js'
import {openTable, type Table, type TableRow} from './sources/table.js'
import {tableSamples} from './sources/table-samples.js'
import {vlmEvalKitItem, vlmEvalKitTable} from './sources/vlmevalkit.js'

const task = (name: string, val: number, test: number, choices: number, pictures: number): Subtask => ({
  name,
  expected: {val, test},
  choices,
  pictures,
})

export const blink: Benchmark = defineBenchmark({
  id: 'blink',
  title: 'BLINK',
  aliases: ['blink'],
  subtasks: [
    task('Art_Style', 117, 117, 2, 3),
    task('Counting', 120, 120, 4, 1),
    task('Forensic_Detection', 132, 132, 4, 4),
    task('Functional_Correspondence', 130, 130, 4, 2),
    task('IQ_Test', 150, 150, 4, 1),
    task('Jigsaw', 150, 150, 2, 3),
    task('Multi-view_Reasoning', 133, 133, 2, 2),
    task('Object_Localization', 122, 125, 2, 1),
    task('Relative_Depth', 124, 124, 2, 1),
    task('Relative_Reflectance', 134, 134, 3, 1),
    task('Semantic_Correspondence', 139, 140, 4, 2),
    task('Spatial_Relation', 143, 143, 2, 1),
    task('Visual_Correspondence', 172, 172, 4, 2),
    task('Visual_Similarity', 135, 136, 2, 3),
  ],
  splits: ['val', 'test'],
  defaultSplit: 'val',
  scoring: {answer: 'choice', metric: 'accuracy', aggregate: 'macro', judge: 'blink_official'},
  prompts: blinkPrompts,
  submission: blinkSubmission,
  submissionForm:
    'blink.json, one object of answers by id, as EvalAI takes it: {"test_Counting_1": "(A)"}; (Z) where no option is named',
  shippedAnswers: 'blink',
  origin: {
    repo: 'BLINK-Benchmark/BLINK',
    revision: 'a3666eb249237ba3d5eca8db21176cc47967e040',
    licence: 'Apache-2.0',
    url: 'https://huggingface.co/datasets/BLINK-Benchmark/BLINK',
    pull: {from: 'hub', files: {val: /\/val-.*\.parquet$/, test: /\/test-.*\.parquet$/}},
  },
  load,
}).part

/** The official file of gold answers, also usable alone, without pictures and option texts. */
const answersFile = 'val_answers.json'

async function load(path: string, {split}: LoadOptions): Promise<DataSet> {
  const common = {benchmark: blink, split, root: path}
  const parquet = await findFiles(path, name => name.endsWith('.parquet') && inSplit(name, split))
  if (parquet.length > 0) return dataSetOf({...common, ...(await parquetSource(path, parquet))})
  const tables = split === 'val' ? await findFiles(path, name => name.endsWith('.tsv')) : []
  for (const file of tables) {
    const table = await vlmEvalKitTable(file, path)
    if (table) return dataSetOf({...common, ...tableSource(file, table)})
  }
  const answers = split === 'val' ? await findFiles(path, name => basename(name) === answersFile) : []
  if (answers.length > 0) return dataSetOf({...common, ...answersSource(answers[0]!)})
  throw new LanternError(
    'data-absent',
    `${path} holds no BLINK data of the split "${split}".`,
    'Give a folder with <Subtask>/val-*.parquet, a VLMEvalKit TSV, or val_answers.json; or run `lantern-eval bench pull blink`.',
  )
}

type Layout = Pick<DataSource, 'layout' | 'hasImages' | 'files' | 'read' | 'find' | 'labels' | 'revision' | 'published'>

/** The labels of a layout, by the letters of its Relative_Reflectance items. */
const labelsOf = (read: DataSource['read']) => async () => {
  const letters = new Map<string, string>()
  for await (const item of read()) {
    if (!(item instanceof LanternError) && item.subtask === 'Relative_Reflectance' && typeof item.gold === 'string')
      letters.set(item.id, item.gold)
  }
  return reflectanceLabels(letters)
}

// --- parquet --------------------------------------------------------------------------------------------------------

/**
 * Whether a file's path names this split, or no split: `Art_Style/val-00000-of-00001.parquet`, `Art_Style_val.parquet`,
 * `blink.parquet`.
 */
function inSplit(path: string, split: string): boolean {
  // Subtask names are removed first: the Test of IQ_Test is not a split.
  const rest = blink.subtasks.reduce((name, subtask) => name.replaceAll(subtask.name, ' '), path)
  const named = rest.split(/[^A-Za-z]+/).filter(word => blink.splits.includes(word))
  return named.length === 0 || named.includes(split)
}

const textColumns = ['idx', 'sub_task', 'question', 'choices', 'answer', 'prompt']

async function parquetSource(root: string, files: readonly string[]): Promise<Layout> {
  const table = await openTable(files, {format: 'parquet', root})
  const pictures = pictureColumns(table.named ?? [])
  const wanted = {columns: [...textColumns, ...pictures], whole: textColumns}
  const samples = tableSamples(table, row => parquetSample(row, pictures), wanted)
  return {
    ...{layout: 'parquet', hasImages: true, files, ...samples},
    labels: labelsOf(samples.read),
    published: haveOfficialIds,
  }
}

function parquetSample(row: TableRow, pictures: readonly string[]): Sample {
  const id = text(row, 'idx')
  const options = texts(row, 'choices')
  const officialPrompt = optionalText(row, 'prompt')
  return {
    id,
    benchmark: 'blink',
    subtask: subtaskOfId(id) ?? text(row, 'sub_task'),
    images: pictures.flatMap(column => pictureRefs(row, column, {folder: dirname(row.path)})),
    question: text(row, 'question'),
    ...(officialPrompt === undefined ? {} : {officialPrompt}),
    options,
    letters: options.map((_, i) => letterOf(i)),
    gold: text(row, 'answer') === 'hidden' ? null : letterIn(row, 'answer'),
  }
}

/** `image_1`, `image_2`, ... sorted by number: the schema does not promise an order. */
function pictureColumns(columns: readonly string[]): string[] {
  const number = (name: string) => Number(name.slice('image_'.length))
  return columns.filter(name => /^image_\d+$/.test(name)).sort((a, b) => number(a) - number(b))
}

// --- VLMEvalKit's TSV -----------------------------------------------------------------------------------------------

/** Label revisions of the published tables by sha256 (design/benchmarks.md 2.1): their ids are not the official ids. */
const knownTables: Readonly<Record<string, 'old' | 'new'>> = {
  fa2190bcb4e80d25af9ff778caae60ee02ae37b9d0f40bdbc3483cfdf328107c: 'new',
  '8f59140f615d0cf0e471e13306969e8ef3d10c2a744cd8cd326443ff4733d644': 'old',
}

function tableSource(path: string, table: Table): Layout {
  return {
    ...tableSamples(table, tableSample),
    layout: 'vlmevalkit-tsv',
    hasImages: true,
    files: [path],
    revision: async () => `sha256:${await fileSha256(path)}`,
    labels: async () => knownTables[await fileSha256(path)] ?? 'unknown',
    published: keys => keys.every(({id}) => /^\d+$/.test(id)),
  }
}

/** Rotations of an item in BLINK_circular.tsv have the item's index plus multiples of this. */
const rotationStep = 1_000_000

function tableSample(row: TableRow): Sample {
  const item = vlmEvalKitItem(row)
  const index = text(item, 'index')
  const category = text(item, 'category').replaceAll(' ', '_')
  const letters = [...item.options.keys()]
  const itemIndex = String(Number(index) % rotationStep)
  return {
    id: index,
    benchmark: 'blink',
    subtask: blink.subtasks.find(({name}) => name.toLowerCase() === category.toLowerCase())?.name ?? category,
    images: item.images,
    question: text(item, 'question'),
    options: [...item.options.values()],
    letters,
    gold: letterIn(item, 'answer'),
    cluster: itemIndex,
    group: itemIndex,
  }
}

// --- answers alone --------------------------------------------------------------------------------------------------

/** The file as zeyofu/BLINK_Benchmark published it. */
const publishedAnswers = {
  sha256: '8fbc6cf8db4ca90829a0fd326a3655d4d40123b247e98e2f8e3c7b0cdf6b98b9',
  commit: '2d6a779be4aa1ad0d38d7aa539bcb43b6dd81592',
}

function answersSource(path: string): Layout {
  const read = async function* (): AsyncGenerator<Sample | LanternError> {
    const answers = await readJson(path)
    if (typeof answers !== 'object' || answers === null || Array.isArray(answers)) {
      throw new LanternError(
        'bad-file',
        `${path} is not an object of answers by id.`,
        'Fetch eval/val_answers.json of zeyofu/BLINK_Benchmark.',
      )
    }
    for (const [id, answer] of Object.entries(answers)) yield await attempt(() => answerSample(path, id, answer))
  }
  const revision = async () => ((await fileSha256(path)) === publishedAnswers.sha256 ? publishedAnswers.commit : null)
  const facts = {layout: 'val-answers', hasImages: false, files: [path], published: haveOfficialIds}
  return {...facts, read, revision, labels: labelsOf(read)}
}

function answerSample(path: string, id: string, answer: unknown): Sample {
  const row = {where: path, values: {[id]: answer}}
  const subtask = blink.subtasks.find(({name}) => name === subtaskOfId(id))
  if (!subtask) throw wrongField(row, id, 'names no subtask of BLINK')
  const gold = letterIn(row, id)
  const letters = Array.from({length: subtask.choices!}, (_, i) => letterOf(i))
  return {id, benchmark: 'blink', subtask: subtask.name, images: [], question: '', letters, gold}
}

/** The subtask of an official id: the part between the split and the last underscore (`val_Art_Style_1`). */
export function subtaskOfId(id: string): string | undefined {
  const name = /^(?:val|test)_(.+)_[^_]+$/.exec(id)?.[1]
  return blink.subtasks.find(subtask => subtask.name === name)?.name
}

/**
 * Whether every id is an official one of its subtask: val_Counting_1 to val_Counting_120. The counts show gaps, since
 * each id occurs once.
 */
function haveOfficialIds(keys: readonly SampleKey[]): boolean {
  return keys.every(({id, subtask}) => {
    const [, split, name, number] = /^(val|test)_(.+)_(\d+)$/.exec(id) ?? []
    const expected = blink.subtasks.find(one => one.name === subtask)?.expected[split ?? ''] ?? 0
    // The numbers of the test split are not published; those of val have no gaps.
    return name === subtask && (split === 'test' || (Number(number) >= 1 && Number(number) <= expected))
  })
}
