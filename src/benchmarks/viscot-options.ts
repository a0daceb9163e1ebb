// VisCoT questions rewritten to four options, one JSON record a line (`question`, `options`, `answer`, `img_path`,
// `bbox`): not the official benchmark. Schema: GuilhermeViveiros/LanteRn 65f64b2, evals/viscot_blink_vstar_eval.py. Ids
// are line numbers from 0.
import {basename, dirname} from 'node:path'
import {LanternError} from '../core/errors.js'
import {type Box, letterOf, type Sample} from '../core/sample.js'
import type {Benchmark, DataProblem} from './benchmark.js'
import type {DataSource} from './data-set.js'
import {imageFile} from './sources/files.js'
import {type JsonlRow, jsonlRows} from './sources/jsonl.js'
import {attempt, type Row, text, texts, wrongField} from './sources/row.js'

/** Items with another number of options are left out, as their authors do. */
const optionCount = 4

/** Whether a file of JSON lines holds such records, by its first one. */
export async function isOptionsFile(path: string): Promise<boolean> {
  for await (const row of jsonlRows(path, basename(path))) {
    if (!(row instanceof LanternError)) return ['question', 'options', 'answer'].every(field => field in row.values)
  }
  return false
}

type Layout = Omit<DataSource, 'split' | 'root'>

/**
 * The layout of such a file. Its items are choices and are averaged over samples, whatever the official benchmark does.
 */
export async function optionsLayout(viscot: Benchmark, path: string, pictures: string | undefined): Promise<Layout> {
  const name = basename(path)
  const read = async function* (): AsyncGenerator<Sample | LanternError> {
    for await (const row of jsonlRows(path, name)) {
      if (row instanceof LanternError) yield row
      else if (hasFourOptions(row))
        yield await attempt(() => sampleOf(row, pictures ?? dirname(path), pictures !== undefined))
    }
  }
  return {
    benchmark: {
      ...viscot,
      subtasks: viscot.subtasks.map(({name: subtask}) => ({name: subtask, expected: {}, choices: optionCount})),
      scoring: {answer: 'choice', metric: 'accuracy', aggregate: 'micro'},
    },
    layout: 'four-options',
    hasImages: pictures !== undefined,
    files: [path],
    read,
    check: () => checkOptions(path, name),
  }
}

function hasFourOptions(row: Row): boolean {
  const options = row.values['options']
  return !Array.isArray(options) || options.length === optionCount
}

function sampleOf(row: JsonlRow, root: string, withPictures: boolean): Sample {
  const image = text(row, 'img_path')
  const options = texts(row, 'options').map(option => option.replace(/^\s*\(?[A-Z][.):]\s*/, '').trim())
  const box = boxOf(row)
  return {
    id: String(row.index),
    benchmark: 'viscot',
    subtask: subtaskOf(image),
    images: withPictures ? [imageFile(root, image)] : [],
    question: text(row, 'question'),
    options,
    letters: options.map((_, k) => letterOf(k)),
    gold: goldOf(row),
    ...(box && {boxes: [box]}),
    cluster: image,
  }
}

/** The data set a picture comes from: the folder below cot/. */
function subtaskOf(image: string): string {
  const folder = /(?:^|\/)cot\/([^/]+)\//.exec(image)?.[1] ?? 'viscot'
  return folder === 'v7w' ? 'visual7w' : folder
}

/** `A`, `\nA\n`, `A. cat` and `(A)` all mean A. */
function goldOf(row: Row): string {
  const letter = /^\s*\(?([A-Z])(?:[.):\s]|$)/.exec(text(row, 'answer'))?.[1]
  if (!letter) throw wrongField(row, 'answer', 'does not start with a letter')
  return letter
}

/** One box `[x1, y1, x2, y2]`, or a list of one. */
function boxOf(row: Row): Box | undefined {
  const value = row.values['bbox']
  const box: unknown = Array.isArray(value) && Array.isArray(value[0]) ? value[0] : value
  return Array.isArray(box) && box.length === 4 && box.every(Number.isFinite) ? (box as unknown as Box) : undefined
}

/** Says what a constant answer earns: the answers are far from balanced, so plain accuracy flatters. */
async function* checkOptions(path: string, name: string): AsyncGenerator<DataProblem> {
  const counts = new Map<string, number>()
  let total = 0
  let left = 0
  for await (const row of jsonlRows(path, name)) {
    if (row instanceof LanternError) continue
    if (!hasFourOptions(row)) {
      left++
      continue
    }
    const gold = await attempt(() => goldOf(row))
    if (gold instanceof LanternError) continue
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
