// hops: follow arrows over 4 x 4 cards, and controls that need one look or none. The project's own benchmark, a task
// that a shallow model can only solve step by step. hops-pairs: counterfactual pairs of the same task, two pictures
// that differ in one card. Layouts: a folder from `bench make`, or its recipe alone, from which the items are
// generated.
import {dirname, join} from 'node:path'
import {LanternError} from '../core/errors.js'
import {type Box, letterOf, type Sample} from '../core/sample.js'
import type {Benchmark, DataProblem, DataSet, LoadOptions} from './benchmark.js'
import {builtinMark, type DataSource, dataSetOf} from './data-set.js'
import {defineBenchmark} from './define.js'
import {itemsFile} from './generators/hops-folder.js'
import {hopsPairsTasks} from './generators/hops-pairs-tasks.js'
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
  origin: originOf('hops'),
  async load(path, options) {
    return load(this, path, options)
  },
}).part

export const hopsPairs: Benchmark = defineBenchmark({
  id: 'hops-pairs',
  title: 'hops-pairs',
  subtasks: hopsPairsTasks.map(({name, choices}) => ({name, expected: {}, choices})),
  splits: ['test'],
  defaultSplit: 'test',
  scoring: {
    answer: 'choice',
    metric: 'accuracy',
    // Who answers by the question alone, or by what most pictures show, is right on one of two at most.
    aggregate: 'group',
    headline: hopsPairsTasks.filter(({flips}) => flips).map(({name}) => name),
  },
  prompts: hops.prompts,
  origin: originOf('hops-pairs'),
  async load(path, options) {
    return load(this, path, options)
  },
}).part

function originOf(id: string): Benchmark['origin'] {
  return {repo: '', revision: `${generatorVersion}`, licence: 'Apache-2.0', url: `lantern-eval bench make ${id}`}
}

type Layout = Pick<DataSource, 'layout' | 'files' | 'read' | 'find'>

async function load(benchmark: Benchmark, path: string, {split}: LoadOptions): Promise<DataSet> {
  const {id} = benchmark
  const [items] = await findFiles(path, name => name === itemsFile)
  const [mark] = await findFiles(path, name => name === builtinMark)
  const layout =
    items !== undefined
      ? await folder(id, items, await findFiles(path, name => name.endsWith('.png')))
      : mark !== undefined
        ? await drawn(id, mark)
        : undefined
  if (layout === undefined) {
    throw new LanternError(
      'data-absent',
      `${path} holds no ${id} data.`,
      `Draw some with \`lantern-eval bench make ${id} --n 500 --seed 1 --out ${path}\`.`,
    )
  }
  // Items of hops always come from the project's generator, even if users drew them.
  const check = benchmark.scoring.aggregate === 'group' ? () => pairProblems(layout.read()) : undefined
  return dataSetOf({benchmark, ...(check && {check}), split, root: path, kind: 'builtin', hasImages: true, ...layout})
}

// --- a folder of pictures and items.jsonl ---------------------------------------------------------------------------

async function folder(id: string, path: string, pictures: readonly string[]): Promise<Layout> {
  const samples = tableSamples(await openTable(path), row => folderSample(id, path, row))
  return {layout: 'items-jsonl', files: [path, ...pictures], ...samples}
}

function folderSample(benchmark: string, path: string, row: Row): Sample {
  const image = text(row, 'image')
  if (dirname(join(dirname(path), image)) !== dirname(path))
    throw wrongField(row, 'image', `names no file beside ${itemsFile}: "${image}"`)
  const options = texts(row, 'options')
  const letters = options.map((_, k) => letterOf(k))
  const gold = letterIn(row, 'answer')
  return {
    id: text(row, 'id'),
    benchmark,
    subtask: text(row, 'subtask'),
    images: [imageFile(dirname(path), image)],
    question: text(row, 'question'),
    options,
    letters,
    gold,
    ...(row.values['group'] !== undefined && {group: text(row, 'group')}),
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

async function drawn(id: string, mark: string): Promise<Layout> {
  const recipe = (await readJson(mark)) as Partial<Recipe>
  const {n, seed, subtasks, version, benchmark} = recipe
  if (
    benchmark !== id ||
    !Number.isSafeInteger(n) ||
    !Number.isSafeInteger(seed) ||
    !Array.isArray(subtasks) ||
    version !== generatorVersion
  ) {
    throw new LanternError(
      'bad-file',
      `${mark} is not a recipe of ${id}, generator version ${generatorVersion}.`,
      `Draw the items with \`lantern-eval bench make ${id}\`.`,
    )
  }
  const read = async function* (): AsyncGenerator<Sample> {
    for (const {items} of sharesOf(recipe as Recipe)) for (const item of items) yield toSample(id, item)
  }
  return {layout: 'drawn', files: [mark], read}
}

// --- pairs ----------------------------------------------------------------------------------------------------------

/** Pairs that cannot show what they are for: not two, not the same question, or answers that should (not) differ. */
async function* pairProblems(samples: AsyncIterable<Sample | LanternError>): AsyncGenerator<DataProblem> {
  const pairs = new Map<string, Sample[]>()
  for await (const sample of samples) {
    if (sample instanceof LanternError) continue
    const name = sample.group ?? sample.id
    pairs.set(name, [...(pairs.get(name) ?? []), sample])
  }
  const problem = (id: string, kind: string, what: string): DataProblem => ({
    ...{id, kind, severity: 'problem'},
    message: `${id}: ${what}.`,
  })
  for (const [name, [one, other, ...more]] of pairs) {
    if (one === undefined || other === undefined || more.length > 0) {
      yield problem(name, 'pair', `the pair has ${pairs.get(name)!.length} samples instead of 2`)
      continue
    }
    const asked = ({question, options}: Sample) => JSON.stringify([question, options])
    if (asked(one) !== asked(other)) yield problem(name, 'pair', 'the samples of the pair ask another question')
    const flips = hopsPairsTasks.find(task => task.name === one.subtask)?.flips ?? true
    if ((one.gold === other.gold) === flips)
      yield problem(name, 'pair', `the gold answers of the pair ${flips ? 'are the same' : 'differ'}`)
  }
}
