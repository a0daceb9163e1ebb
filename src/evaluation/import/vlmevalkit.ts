// VLMEvalKit's predictions (`<model>_<data set>.tsv|json`) and its scored ones (`..._result`, with the column `hit`)
// (open-compass/VLMEvalKit: vlmeval/dataset/image_mcq.py, vlmeval/smp/file.py).
import {readFile} from 'node:fs/promises'
import {basename, extname} from 'node:path'
import {tsvColumns, tsvRows} from '../../benchmarks/sources/tsv.js'
import {LanternError} from '../../core/errors.js'
import {badFile, benchOf, goldOf, isObject, type PeerAnswer, type PeerFormat, parseJson, word} from './peer-answer.js'

/** What it writes for a request that failed for good; its own scoring reads it as an answer. */
const failure = /^Failed to obtain answer via API/
const required = ['index', 'prediction']

export const vlmevalkit: PeerFormat = {
  name: 'vlmevalkit',

  async accepts(path) {
    if (extname(path) === '.tsv') return isTable(path)
    if (extname(path) !== '.json') return false
    const [first] = records(await jsonOf(path))
    return first !== undefined && required.every(key => key in first)
  },

  async *read(path) {
    const place = await placeOf(path)
    if (extname(path) === '.json') {
      const rows = records(await jsonOf(path))
      for (const [index, row] of rows.entries())
        yield answerOf(key => word(row[key]), Object.keys(row), place, `${path}, record ${index}`)
      return
    }
    const columns = await tsvColumns(path)
    for await (const row of tsvRows(path, path)) {
      if (row instanceof LanternError) throw row
      // pandas writes nothing for an empty cell.
      yield answerOf(key => row.text(key) || undefined, columns, place, `${path}, row ${row.index}`)
    }
  },
}

async function isTable(path: string): Promise<boolean> {
  const columns = await tsvColumns(path)
  return required.every(column => columns.includes(column))
}

/** Model and data set from the file name: neither may be told apart inside. */
async function placeOf(path: string): Promise<{bench: string; model: string}> {
  const name = basename(path, extname(path))
  const named = /^(.*?)_((?:BLINK|VStarBench).*)$/i.exec(name)
  return named === null
    ? {bench: await benchOf(name), model: name}
    : {bench: await benchOf(named[2]!), model: named[1]!}
}

async function jsonOf(path: string): Promise<unknown> {
  return parseJson(await readFile(path, 'utf8'), path)
}

/** A table as JSON: a list of rows, or columns of cells by row. */
function records(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.filter(isObject)
  if (!isObject(value) || !isObject(value['index'])) return []
  const columns = Object.entries(value).filter((column): column is [string, Record<string, unknown>] =>
    isObject(column[1]),
  )
  return Object.keys(value['index']).map(row => Object.fromEntries(columns.map(([name, cells]) => [name, cells[row]])))
}

function answerOf(
  cell: (key: string) => string | undefined,
  columns: readonly string[],
  place: {bench: string; model: string},
  where: string,
): PeerAnswer {
  const id = cell('index')
  if (id === undefined) throw badFile(where, 'has no index')
  const letters = columns.filter(column => /^[A-Z]$/.test(column) && cell(column) !== undefined).sort()
  const text = cell('prediction') ?? ''
  const subtask = cell('category')?.replaceAll(' ', '_')
  const hit = Number(cell('hit') ?? Number.NaN)
  return {
    ...{...place, id, text, stop: 'eos' as const},
    ...(subtask === undefined ? {} : {subtask}),
    ...(failure.test(text) ? {error: text} : {}),
    gold: goldOf(cell('answer')),
    ...(letters.length > 0 ? {letters, options: letters.map(letter => cell(letter)!)} : {}),
    peer: hit >= 0 && hit <= 1 ? hit : null,
    peerAnswer: null,
  }
}
