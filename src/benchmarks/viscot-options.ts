// VisCoT questions rewritten to four options, one JSON record per line (`question`, `options`, `answer`, `img_path`,
// `bbox`). Not the official benchmark. Ids are line numbers from 0.
// Schema: GuilhermeViveiros/LanteRn 65f64b2, evals/viscot_blink_vstar_eval.py.
import {dirname} from 'node:path'
import {LanternError} from '../core/errors.js'
import {type Box, letterOf, type Sample} from '../core/sample.js'
import type {Benchmark, DataProblem} from './benchmark.js'
import type {DataSource} from './data-set.js'
import {imageFile} from './sources/files.js'
import {optionalText, type Row, text, texts} from './sources/row.js'
import {openTable, type Table, type TableRow} from './sources/table.js'
import {tableSamples} from './sources/table-samples.js'

/** Items with another number of options are left out, as the authors do. */
const optionCount = 4

/** Whether a file of JSON lines holds such records, from its first one. */
export async function isOptionsFile(path: string): Promise<boolean> {
  for await (const row of (await openTable(path)).rows()) {
    if (!(row instanceof LanternError)) return ['question', 'options', 'answer'].every(field => field in row.values)
  }
  return false
}

type Layout = Omit<DataSource, 'split' | 'root'>

/** The layout of such a file. Its items are choices, averaged over samples, unlike the official benchmark. */
export async function optionsLayout(viscot: Benchmark, path: string, pictures: Pictures): Promise<Layout> {
  const table = await openTable(path)
  const dataSets = new Set(viscot.subtasks.map(({name: dataSet}) => dataSet))
  const hasImages = pictures.root !== undefined || pictures.imageRoot !== undefined
  const places = {...pictures, root: pictures.root ?? dirname(path)}
  const samples = tableSamples(table, row =>
    hasFourOptions(row) ? sampleOf(row, places, hasImages, dataSets) : undefined,
  )
  return {
    benchmark: {
      ...viscot,
      subtasks: [...viscot.subtasks.map(({name: subtask}) => subtask), unknownSource].map(subtask => ({
        name: subtask,
        expected: {},
        choices: optionCount,
      })),
      scoring: {answer: 'choice', metric: 'accuracy', aggregate: 'micro'},
      // The limits of the open questions do not apply.
      maxNewTokens: {},
    },
    layout: 'four-options',
    hasImages,
    files: [path],
    // No answer can match a gold answer of more than one letter; the authors score these the same way.
    keepsFlaws: true,
    ...samples,
    check: () => checkOptions(table),
  }
}

function hasFourOptions(row: Row): boolean {
  const options = row.values['options']
  return !Array.isArray(options) || options.length === optionCount
}

/** The folder that holds cot/, and the folder for pictures outside it. */
interface Pictures {
  readonly root: string | undefined
  readonly imageRoot: string | undefined
}

function sampleOf(
  row: TableRow,
  {root, imageRoot}: Pictures & {root: string},
  withPictures: boolean,
  dataSets: ReadonlySet<string>,
): Sample {
  const image = text(row, 'img_path')
  const asTheyStand = texts(row, 'options')
  const options = asTheyStand.map(option => option.replace(/^\s*\(?[A-Z][.):]\s*/, '').trim())
  const box = boxOf(row)
  return {
    id: String(row.number - 1),
    benchmark: 'viscot',
    subtask: subtaskOf(image, dataSets),
    images: withPictures ? [imageFile(root, image, imageRoot)] : [],
    question: text(row, 'question'),
    officialPrompt: `${text(row, 'question')}\nOptions:\n${asTheyStand.join('\n')}`,
    options,
    letters: options.map((_, k) => letterOf(k)),
    gold: text(row, 'answer'),
    ...(box && {boxes: [box]}),
    cluster: image,
  }
}

/** The subtask of pictures whose path does not name a data set. */
const unknownSource = 'other'

/** The data set of a picture: the last folder of its path that is named after one, wherever the path starts. */
function subtaskOf(image: string, dataSets: ReadonlySet<string>): string {
  const folders = image
    .split(/[\\/]/)
    .slice(0, -1)
    .map(folder => (folder === 'v7w' ? 'visual7w' : folder))
  return folders.findLast(folder => dataSets.has(folder)) ?? unknownSource
}

/** One box `[x1, y1, x2, y2]`, or a list with one box. */
function boxOf(row: Row): Box | undefined {
  const value = row.values['bbox']
  const box: unknown = Array.isArray(value) && Array.isArray(value[0]) ? value[0] : value
  return Array.isArray(box) && box.length === 4 && box.every(Number.isFinite) ? (box as unknown as Box) : undefined
}

/** Reports what a constant answer earns: the answers are far from balanced, so plain accuracy is misleading. */
async function* checkOptions(table: Table): AsyncGenerator<DataProblem> {
  const counts = new Map<string, number>()
  let total = 0
  let left = 0
  for await (const row of table.rows()) {
    if (row instanceof LanternError) continue
    if (!hasFourOptions(row)) {
      left++
      continue
    }
    const gold = optionalText(row, 'answer') ?? ''
    counts.set(gold, (counts.get(gold) ?? 0) + 1)
    total++
  }
  const note = (kind: string, message: string): DataProblem => ({id: null, kind, message, severity: 'note'})
  if (left > 0) yield note('left-out', `${left} items without exactly four options are left out.`)
  const [letter, most] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? []
  if (letter === undefined || most === undefined) return
  const per = (share: number) => `${(100 * share).toFixed(1)}%`
  yield note(
    'constant-answer',
    `Always answering "${letter}" scores ${per(most / total)} (balanced accuracy ${per(1 / counts.size)}): read accuracy beside balanced accuracy.`,
  )
}
