// What BLINK's own code saves: raw responses per subtask (`saved_outputs/<model>/<Subtask>.json`), and final
// predictions (`saved_val_predictions/<model>.json`) (zeyofu/BLINK_Benchmark: eval/).
import {basename, dirname, extname} from 'node:path'
import {goldOf, isObject, word} from './fields.js'
import {readJson} from './json.js'
import {badFile, definePeerFormat, type PeerAnswer, type PeerContext} from './peer.js'
import {benchOf} from './task-names.js'

const splits = ['val', 'test']

export const blinkOfficial = definePeerFormat({
  name: 'blink-official',
  files: 'BLINK outputs or predictions',

  async accepts(path) {
    if (extname(path) !== '.json') return false
    const value = await readJson(path)
    if (!isObject(value)) return false
    const keys = Object.keys(value)
    return isOutputs(value) || (keys.length > 0 && keys.every(key => subtaskIn(key) !== undefined))
  },

  async *read(path, context) {
    const value = await readJson(path)
    if (!isObject(value)) throw badFile(path, 'is not an object')
    const bench = await benchOf('BLINK')
    if (isOutputs(value)) yield* outputs(value, bench, path, context)
    else yield* predictions(value, bench, path, context)
  },
})

function isOutputs(value: Record<string, unknown>): boolean {
  return splits.some(split => Array.isArray(value[split]))
}

function* outputs(
  value: Record<string, unknown>,
  bench: string,
  path: string,
  {split = 'val'}: PeerContext,
): Generator<PeerAnswer> {
  // The folder is named after the model.
  const model = basename(dirname(path))
  for (const name of split === '*' ? splits : [split]) {
    const items = value[name]
    for (const [index, item] of (Array.isArray(items) ? items : []).entries()) {
      const where = `${path}, ${name}[${index}],`
      const id = isObject(item) ? word(item['idx']) : undefined
      if (id === undefined) throw badFile(where, 'has no idx')
      const {answer, full_prediction: text, prediction} = item as Record<string, unknown>
      const gold = goldOf(answer)
      if (text === undefined) throw badFile(where, 'has no full_prediction')
      yield {
        ...{where, bench, model, id, subtask: subtaskIn(id) ?? 'unknown', stop: 'eos' as const, gold},
        ...(typeof text === 'string' ? {text} : {text: '', error: 'the saved response is null'}),
        // The official rule compares strings.
        peer: gold === null || typeof prediction !== 'string' ? null : Number(prediction === answer),
        peerAnswer: word(prediction) ?? null,
      }
    }
  }
}

/** Predictions only: the gold answers come from the benchmark's data. */
async function* predictions(
  value: Record<string, unknown>,
  bench: string,
  path: string,
  context: PeerContext,
): AsyncGenerator<PeerAnswer> {
  const facts = await context.facts(bench)
  const model = basename(path, '.json')
  for (const [id, prediction] of Object.entries(value)) {
    const where = `${path}, ${id},`
    if (typeof prediction !== 'string') throw badFile(where, 'is not text')
    const gold = facts.get(id)?.gold ?? null
    yield {
      ...{where, bench, model, id, subtask: subtaskIn(id) ?? 'unknown', text: prediction, stop: 'eos', gold},
      peer: typeof gold === 'string' ? Number(prediction === `(${gold})`) : null,
      peerAnswer: prediction,
    }
  }
}

/** The subtask of an official key: the part between the split and the last `_`. */
function subtaskIn(id: string): string | undefined {
  return /^(?:val|test)_(.+)_\d+$/.exec(id)?.[1]
}
