// hops: follow arrows over 4 x 4 cards, and controls that need one look or none. The project's own benchmark, a task
// that a shallow model can only solve step by step. Layouts: a folder from `bench make hops`, or its recipe alone, from
// which the items are generated.
import {dirname, join} from 'node:path'
import {LanternError} from '../core/errors.js'
import {type Box, letterOf, type Sample} from '../core/sample.js'
import type {Benchmark, DataSet, LoadOptions} from './benchmark.js'
import {builtinMark, type DataSource, dataSetOf} from './data-set.js'
import {defineBenchmark} from './define.js'
import {itemsFile} from './generators/hops-folder.js'
import {hopsTasks} from './generators/hops-tasks.js'
import {generatorVersion, type Recipe, sharesOf} from './generators/index.js'
import {toSample} from './generators/sample.js'
import {findFiles, imageFile, readJson} from './sources/files.js'
import {letterIn, type Row, text, texts, wrongField} from './sources/row.js'
import {openTable} from './sources/table.js'
import {tableSamples} from './sources/table-samples.js'

export const hops: Benchmark = defineBenchmark({
  id: 'hops',
  title: 'hops',
  subtasks: hopsTasks.map(({name, choices}) => ({name, expected: {}, choices})),
  // One subtask for each number of steps.
  shown: ['hops-0', 'hops-1', 'hops-2', 'hops-3', 'hops-4'],
  splits: ['test'],
  defaultSplit: 'test',
  scoring: {
    answer: 'choice',
    metric: 'accuracy',
    aggregate: 'micro',
    headline: ['hops-1', 'hops-2', 'hops-3', 'hops-4'],
  },
  prompts: {
    'lantern-eval': {text: '{question}\n{options}', option: '({letter}) {text}', images: 'first'},
    lantern: {text: '{question}\nOptions:\n{options}', option: '{letter}. {text}', images: 'first', exact: true},
  },
  origin: {repo: '', revision: `${generatorVersion}`, licence: 'Apache-2.0', url: 'lantern-eval bench make hops'},
  load,
}).part

type Layout = Pick<DataSource, 'layout' | 'files' | 'read' | 'find'>

async function load(path: string, {split}: LoadOptions): Promise<DataSet> {
  const [items] = await findFiles(path, name => name === itemsFile)
  const [mark] = await findFiles(path, name => name === builtinMark)
  const layout =
    items !== undefined
      ? await folder(items, await findFiles(path, name => name.endsWith('.png')))
      : mark !== undefined
        ? await drawn(mark)
        : undefined
  if (layout === undefined) {
    throw new LanternError(
      'data-absent',
      `${path} holds no hops data.`,
      `Draw some with \`lantern-eval bench make hops --n 500 --seed 1 --out ${path}\`.`,
    )
  }
  // Items of hops always come from the project's generator, even if users drew them.
  return dataSetOf({benchmark: hops, split, root: path, kind: 'builtin', hasImages: true, ...layout})
}

// --- a folder of pictures and items.jsonl ---------------------------------------------------------------------------

async function folder(path: string, pictures: readonly string[]): Promise<Layout> {
  const samples = tableSamples(await openTable(path), row => folderSample(path, row))
  return {layout: 'items-jsonl', files: [path, ...pictures], ...samples}
}

function folderSample(path: string, row: Row): Sample {
  const image = text(row, 'image')
  if (dirname(join(dirname(path), image)) !== dirname(path))
    throw wrongField(row, 'image', `names no file beside ${itemsFile}: "${image}"`)
  const options = texts(row, 'options')
  const letters = options.map((_, k) => letterOf(k))
  const gold = letterIn(row, 'answer')
  return {
    id: text(row, 'id'),
    benchmark: 'hops',
    subtask: text(row, 'subtask'),
    images: [imageFile(dirname(path), image)],
    question: text(row, 'question'),
    options,
    letters,
    gold,
    boxes: boxes(row),
    extra: {chain: texts(row, 'chain')},
  }
}

function boxes(row: Row): Box[] {
  const value = row.values['boxes']
  const isBox = (box: unknown): box is Box => Array.isArray(box) && box.length === 4 && box.every(Number.isFinite)
  if (!Array.isArray(value) || !value.every(isBox)) throw wrongField(row, 'boxes', 'is not a list of [x1, y1, x2, y2]')
  return value
}

// --- the recipe alone -----------------------------------------------------------------------------------------------

async function drawn(mark: string): Promise<Layout> {
  const recipe = (await readJson(mark)) as Partial<Recipe>
  const {n, seed, subtasks, version} = recipe
  if (
    !Number.isSafeInteger(n) ||
    !Number.isSafeInteger(seed) ||
    !Array.isArray(subtasks) ||
    version !== generatorVersion
  ) {
    throw new LanternError(
      'bad-file',
      `${mark} is not a recipe of generator version ${generatorVersion}.`,
      'Draw the items with `lantern-eval bench make hops`.',
    )
  }
  const read = async function* (): AsyncGenerator<Sample> {
    for (const {items} of sharesOf(recipe as Recipe)) for (const item of items) yield toSample('hops', item)
  }
  return {layout: 'drawn', files: [mark], read}
}
