// What BLINK's own code saves: raw responses per subtask (`saved_outputs/<model>/<Subtask>.json`), and final
// predictions (`saved_val_predictions/<model>.json`) (zeyofu/BLINK_Benchmark: eval/).
import {readdir, readFile, stat} from 'node:fs/promises'
import {basename, dirname, extname, join} from 'node:path'
import {
  badFile,
  goldOf,
  type ImportContext,
  isObject,
  type PeerAnswer,
  type PeerFormat,
  parseJson,
  word,
} from './peer-answer.js'

export const blinkOfficial: PeerFormat = {
  name: 'blink-official',

  async accepts(path) {
    if ((await stat(path)).isDirectory()) return (await jsonFiles(path)).length > 0
    if (extname(path) !== '.json') return false
    const value = await jsonOf(path)
    return isObject(value) && (isOutputs(value) || Object.keys(value).every(key => /^(?:val|test)_.+_\d+$/.test(key)))
  },

  async *read(path, context) {
    if ((await stat(path)).isDirectory()) {
      for (const file of await jsonFiles(path)) yield* outputs(file, basename(path), context)
      return
    }
    const value = await jsonOf(path)
    if (isObject(value) && isOutputs(value)) yield* outputs(path, basename(dirname(path)), context)
    else yield* predictions(value as Record<string, unknown>, basename(path, '.json'), path, context)
  },
}

async function jsonFiles(folder: string): Promise<string[]> {
  return (await readdir(folder))
    .filter(name => extname(name) === '.json')
    .sort()
    .map(name => join(folder, name))
}

async function jsonOf(path: string): Promise<unknown> {
  return parseJson(await readFile(path, 'utf8'), path)
}

function isOutputs(value: Record<string, unknown>): boolean {
  return ['val', 'test'].some(split => Array.isArray(value[split]))
}

async function* outputs(path: string, model: string, {split = 'val'}: ImportContext): AsyncGenerator<PeerAnswer> {
  const value = await jsonOf(path)
  if (!isObject(value) || !isOutputs(value)) throw badFile(path, 'holds no list of outputs under "val" or "test"')
  for (const [index, item] of (Array.isArray(value[split]) ? value[split] : []).entries()) {
    const id = isObject(item) ? word(item['idx']) : undefined
    if (id === undefined) throw badFile(`${path}, ${split}[${index}],`, 'has no idx')
    const {answer, full_prediction: text, prediction} = item as Record<string, unknown>
    const gold = goldOf(answer)
    yield {
      ...{bench: 'blink', model, id, subtask: subtaskOf(id), stop: 'eos' as const, gold},
      ...(typeof text === 'string' ? {text} : {text: '', error: 'the saved response is null'}),
      // The official rule compares as strings.
      peer: gold === null || typeof prediction !== 'string' ? null : Number(prediction === answer),
      peerAnswer: word(prediction) ?? null,
    }
  }
}

/** Predictions alone: the gold answers come from the benchmark's data. */
async function* predictions(
  value: Record<string, unknown>,
  model: string,
  path: string,
  context: ImportContext,
): AsyncGenerator<PeerAnswer> {
  const facts = await context.facts('blink')
  for (const [id, prediction] of Object.entries(value)) {
    if (typeof prediction !== 'string') throw badFile(`${path}, ${id},`, 'is no text')
    const gold = facts.get(id)?.gold ?? null
    const peer = typeof gold === 'string' ? Number(prediction === `(${gold})`) : null
    yield {
      bench: 'blink',
      model,
      id,
      subtask: subtaskOf(id),
      text: prediction,
      stop: 'eos',
      gold,
      peer,
      peerAnswer: prediction,
    }
  }
}

/** The subtask of an official key: what stands between the split and the last `_`. */
function subtaskOf(id: string): string {
  return /^(?:val|test)_(.+)_\d+$/.exec(id)?.[1] ?? 'unknown'
}
