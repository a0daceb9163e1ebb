// VLMEvalKit's predictions (`<model>/<model>_<data set>.xlsx|tsv|json`) and its scored ones (`..._result`, with the
// column `hit`) (open-compass/VLMEvalKit: vlmeval/dataset/image_mcq.py, vlmeval/smp/file.py).
import {basename, dirname, extname} from 'node:path'
import {goldOf, isObject, scoreOf, word} from './fields.js'
import {readJson} from './json.js'
import {badFile, definePeerFormat, type PeerAnswer} from './peer.js'
import {isTable, type TableRow, tableColumns, tableRows} from './table.js'
import {benchOf, knownBench} from './task-names.js'

/** What it writes for a request that failed for good; its own scoring reads it as an answer. */
const failure = /^Failed to obtain answer via API/
const required = ['index', 'prediction']
const letter = /^[A-Z]$/

export const vlmevalkit = definePeerFormat({
  name: 'vlmevalkit',
  files: 'a VLMEvalKit XLSX, TSV or JSON of predictions',

  async accepts(path) {
    if (extname(path) === '.json') return recordsOf(await readJson(path)).next().value?.isPrediction === true
    if (!isTable(path)) return false
    const columns = await tableColumns(path)
    return required.every(column => columns.includes(column))
  },

  async *read(path) {
    const place = await placeOf(path)
    if (extname(path) !== '.json') for await (const row of tableRows(path)) yield answerOf(row, place)
    else {
      let index = 0
      for (const {row} of recordsOf(await readJson(path)))
        yield answerOf(
          {where: `${path}, record ${index++},`, columns: Object.keys(row), cell: key => word(row[key])},
          place,
        )
    }
  },

  repeated(paths) {
    const others = new Map<string, string>()
    const stem = (path: string) => path.slice(0, path.length - extname(path).length)
    for (const path of paths) {
      // Its scored table repeats the predictions; with several judges there is one table for each.
      const scored = paths.filter(other => stem(other).startsWith(`${stem(path)}_`) && stem(other).endsWith('_result'))
      for (const other of scored.length > 0 ? [path, ...scored.slice(1)] : []) others.set(other, scored[0]!)
    }
    return others
  },
})

/** Model and data set, from the names of folder and file. The content names neither. */
async function placeOf(path: string): Promise<{bench: string; model: string}> {
  const name = basename(path, extname(path))
  const folder = basename(dirname(path))
  if (name.startsWith(`${folder}_`)) {
    const task = name.slice(folder.length + 1).replace(/(?:_[^_]+)?_result$/, '')
    return {bench: await benchOf(task), model: folder}
  }
  for (let at = name.indexOf('_'); at > 0; at = name.indexOf('_', at + 1)) {
    // The data set is the first part that names one by itself, so a model may be called Blinky.
    const [task = ''] = name.slice(at + 1).split('_')
    if ((await knownBench(task)) !== undefined) return {bench: await benchOf(task), model: name.slice(0, at)}
  }
  return {bench: await benchOf(name), model: name}
}

/** A table as JSON: a list of rows, or columns of cells by row. Only the columns that are read are checked. */
function* recordsOf(value: unknown): Generator<{row: Record<string, unknown>; isPrediction: boolean}> {
  const isPrediction = (row: Record<string, unknown>) => required.every(key => key in row)
  if (Array.isArray(value)) for (const row of value.filter(isObject)) yield {row, isPrediction: isPrediction(row)}
  if (!isObject(value) || !isObject(value['index'])) return
  const read = (name: string) => letter.test(name) || [...required, 'answer', 'category', 'hit'].includes(name)
  const columns = Object.entries(value).filter(
    (column): column is [string, Record<string, unknown>] => read(column[0]) && isObject(column[1]),
  )
  for (const key of Object.keys(value['index'])) {
    const row = Object.fromEntries(columns.map(([name, cells]) => [name, cells[key]]))
    yield {row, isPrediction: isPrediction(row)}
  }
}

function answerOf({where, columns, cell}: TableRow, place: {bench: string; model: string}): PeerAnswer {
  const id = cell('index')
  if (id === undefined) throw badFile(where, 'has no index')
  const letters = columns.filter(column => letter.test(column) && cell(column) !== undefined).sort()
  const text = cell('prediction') ?? ''
  const subtask = cell('category')?.replaceAll(' ', '_')
  return {
    ...{...place, where, id, text, stop: 'eos' as const},
    ...(subtask === undefined ? {} : {subtask}),
    ...(failure.test(text) ? {error: text} : {}),
    gold: goldOf(cell('answer')),
    ...(letters.length > 0 ? {letters, options: letters.map(column => cell(column)!)} : {}),
    peer: scoreOf(cell('hit')),
    peerAnswer: null,
  }
}
