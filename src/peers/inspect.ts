// inspect's `.eval` log: a ZIP with a header and a JSON member per sample (UKGovernmentBEIS/inspect_ai:
// src/inspect_ai/log/_recorders/eval.py).
import {open} from 'node:fs/promises'
import type {Stop} from '../core/generation.js'
import {letterOf} from '../core/sample.js'
import {goldOf, isObject, scoreOf, textOf, word} from './fields.js'
import {parseJson} from './json.js'
import {badFile, definePeerFormat, type PeerAnswer} from './peer.js'
import {benchOf, knownBench} from './task-names.js'
import {openZip} from './zip.js'

type Json = Record<string, unknown>

/** Values of its own scorers: correct, incorrect, partial, no answer. */
const marks = new Map([
  ['C', 1],
  ['I', 0],
  ['P', 0.5],
  ['N', 0],
])
const stops = new Map<unknown, Stop>([
  ['max_tokens', 'length'],
  ['model_length', 'length'],
  ['content_filter', 'refusal'],
])

export const inspectEval = definePeerFormat({
  name: 'inspect',
  files: 'an inspect .eval',

  async accepts(path) {
    if (!path.endsWith('.eval')) return false
    const file = await open(path)
    try {
      const {buffer, bytesRead} = await file.read(Buffer.alloc(2), 0, 2, 0)
      return bytesRead === 2 && buffer.toString('latin1') === 'PK'
    } finally {
      await file.close()
    }
  },

  async *read(path, {warn}) {
    const zip = await openZip(path)
    try {
      const record = async (name: string): Promise<Json> => {
        const value = parseJson(await zip.text(name), `${path}, member ${name},`)
        if (!isObject(value)) throw badFile(`${path}, member ${name},`, 'is not an object')
        return value
      }
      // The header is written last. A log without one belongs to a run that was cut off; its journal describes the run.
      const start = ['header.json', '_journal/start.json'].find(name => zip.names.includes(name))
      if (start === undefined) throw badFile(path, 'has neither header.json nor _journal/start.json')
      if (start !== 'header.json') warn(`${path} has no header: the run was cut off, and samples may be missing.`)
      const spec = (await record(start))['eval']
      const task = isObject(spec) ? (word(spec['task']) ?? 'task') : 'task'
      const model = isObject(spec) ? (word(spec['model']) ?? 'unknown') : 'unknown'
      const dataset = isObject(spec) && isObject(spec['dataset']) ? (word(spec['dataset']['name']) ?? '') : ''
      const bench = await benchOf((await knownBench(task)) !== undefined || dataset === '' ? task : dataset)
      const samples = zip.names.filter(name => /^samples\/[^/]+\.json$/.test(name))
      const chunked = new Set(zip.names.flatMap(name => /^samples\/([^/]+)\/.+/.exec(name)?.[1] ?? []))
      if (chunked.size > 0) warn(`${path}: ${chunked.size} samples are stored in chunks, which are not read.`)
      for (const name of samples) yield answerOf(await record(name), {task, model, bench}, `${path}, member ${name},`)
    } finally {
      zip.close()
    }
  },
})

function answerOf(
  sample: Json,
  {task, model, bench}: {task: string; model: string; bench: string},
  where: string,
): PeerAnswer {
  const id = word(sample['id'])
  if (id === undefined) throw badFile(where, 'has no id')
  const epoch = Number.isInteger(sample['epoch']) ? Number(sample['epoch']) : 1
  const output = isObject(sample['output']) ? sample['output'] : {}
  const [choice] = Array.isArray(output['choices']) ? output['choices'] : []
  const options =
    Array.isArray(sample['choices']) && sample['choices'].length > 0 ? sample['choices'].map(textOf) : undefined
  const metadata = isObject(sample['metadata']) ? sample['metadata'] : {}
  const error = isObject(sample['error']) ? (word(sample['error']['message']) ?? 'the sample failed') : undefined
  const usage = isObject(output['usage']) ? output['usage'] : {}
  const count = (key: string) => (typeof usage[key] === 'number' ? usage[key] : null)
  return {
    ...{where, bench, model, ...firstScore(sample['scores'])},
    // Repeats of a sample are not independent: they share its cluster.
    ...(epoch > 1 ? {id: `${id}#e${epoch}`, cluster: id} : {id}),
    subtask: word(metadata['sub_task']) ?? word(metadata['subtask']) ?? word(metadata['category']) ?? task,
    text: responseOf(output, choice),
    stop: (isObject(choice) && stops.get(choice['stop_reason'])) || 'eos',
    ...(error === undefined ? {} : {error}),
    gold: goldOf(sample['target']),
    ...(options ? {options, letters: options.map((_, index) => letterOf(index))} : {}),
    usage: {promptTokens: count('input_tokens'), textTokens: count('output_tokens')},
    timing: {totalMs: typeof output['time'] === 'number' ? 1000 * output['time'] : null},
  }
}

/** The answer without reasoning parts, which are thoughts. */
function responseOf(output: Json, choice: unknown): string {
  if (typeof output['completion'] === 'string') return output['completion']
  const message = isObject(choice) && isObject(choice['message']) ? choice['message']['content'] : undefined
  if (typeof message === 'string') return message
  const parts = Array.isArray(message) ? message : []
  return parts.flatMap(part => (isObject(part) && part['type'] === 'text' ? [textOf(part['text'])] : [])).join('\n')
}

function firstScore(scores: unknown): Pick<PeerAnswer, 'peer' | 'peerAnswer'> {
  const first = isObject(scores) ? (scores['choice'] ?? Object.values(scores)[0]) : undefined
  if (!isObject(first)) return {peer: null, peerAnswer: null}
  const {value} = first
  const peer = typeof value === 'string' ? (marks.get(value) ?? null) : scoreOf(value)
  return {peer, peerAnswer: word(first['answer']) ?? null}
}
