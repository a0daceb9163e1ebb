// One set of generations, scored in every way: live, rescored (from the records and from the data), merged from shards,
// replayed and imported. The records differ only in what each way cannot know.
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {startOpenAIServer} from '../../test/support/openai-server.js'
import {runnerOptions} from '../../test/support/runner-options.js'
import {builtinData} from '../benchmarks/data-places.js'
import {failedGeneration, type Generation, type Request, type Stop} from '../core/generation.js'
import {settledRecords} from '../run-folder/reader.js'
import type {LogRecord} from '../run-folder/record.js'
import type {Session} from '../runners/runner.js'
import {evaluate} from './evaluate.js'
import {importRun} from './import/index.js'
import {mergeRuns} from './merge.js'
import {prepare} from './prepare.js'
import {type RescoreSpec, rescore} from './rescore.js'
import type {RunSpec} from './spec.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'every-way-'))
  await writeFile(join(folder, 'none.jsonl'), '')
})
afterAll(() => rm(folder, {recursive: true}))

const signal = new AbortController().signal
const benchmarks = ['blink', 'vstar', 'viscot']
const runner = runnerOptions({remote: {concurrency: 1}})
const specOf = (out: string, changes: Partial<RunSpec> = {}): RunSpec => ({
  models: [{ref: `replay:${join(folder, 'none.jsonl')}`, modes: ['direct']}],
  benchmarks: benchmarks.map(id => ({id})),
  data: {'*': 'builtin'},
  limit: 24,
  seed: 0,
  shard: null,
  optionOrders: {kind: 'file'},
  interventions: ['own'],
  promptStyle: 'lantern-eval',
  extractor: 'lantern-eval',
  decoding: {temperature: 0},
  saveLatents: false,
  maxErrorRate: 1,
  out: join(folder, out),
  budget: {},
  runner,
  ...changes,
})

/** What the model answers to the k-th sample; every outcome occurs. */
function said({sample}: Request, k: number): {text: string; stop?: Stop} | null {
  const gold = [sample.gold].flat()[0]!
  return [
    {text: `<answer>${gold}</answer>`},
    {text: '<answer>A</answer>'},
    {text: `The answer is ${gold}.`},
    {text: 'It lies at [0.1, 0.1, 0.6, 0.6].'},
    {text: ''},
    {text: 'let me', stop: 'length' as const},
    {text: 'no', stop: 'refusal' as const},
    null,
  ][k % 8]!
}

/** A session that gives these answers, with everything that a real one reports. */
const scripted = (session: Session): Session => ({
  describe: () => session.describe(),
  close: () => session.close(),
  async *generate(groups) {
    for await (const group of groups) for (const request of group) yield generationOf(request)
  },
})

function generationOf(request: Request): Generation {
  const {sample} = request
  const k = [...sample.id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0)
  const answer = said(request, k)
  if (answer === null) return failedGeneration(request, 'endpoint', 'HTTP 500', 3)
  const image = {sha256: 'a'.repeat(64), width: 3, height: 2, sentWidth: 28, sentHeight: 28}
  return {
    request,
    ...{stop: 'eos', ...answer},
    usage: {promptTokens: 300 + k, imageTokens: 64, textTokens: 9, latentSteps: null, markerTokens: null, blocks: null},
    timing: {firstTokenMs: 40, totalMs: k, perStepMs: 2},
    attempts: 2,
    cached: k % 3 === 0,
    seen: {promptSha256: 'b'.repeat(64), images: sample.images.map(() => image)},
    ...(request.continuations && {continuationLogProbs: request.continuations.map((_, i) => [-1 - ((i + k) % 4)])}),
  }
}

async function live(out: string, changes: Partial<RunSpec> = {}): Promise<LogRecord[]> {
  const prepared = await prepare(specOf(out, changes), () => {})
  const models = prepared.models.map(({session, arms}) => ({session: scripted(session), arms}))
  try {
    await evaluate({...prepared, models}, () => {}, signal)
  } finally {
    await prepared.close()
  }
  return sorted(out)
}

async function sorted(out: string): Promise<LogRecord[]> {
  const records = await settledRecords(join(folder, out))
  return records.sort((a, b) => (`${a.bench} ${a.id}` < `${b.bench} ${b.id}` ? -1 : 1))
}

function without(records: readonly LogRecord[], ...names: string[]): object[] {
  return records.map(record => {
    const metrics = Object.entries(record.metrics).filter(([name]) => !names.includes(`metrics.${name}`))
    const kept = Object.entries({...record, metrics: Object.fromEntries(metrics)})
    return Object.fromEntries(kept.filter(([name]) => !names.includes(name)))
  })
}

const rescored = (out: string, changes: Partial<RescoreSpec> = {}) => {
  const spec = {from: join(folder, 'live'), out: join(folder, out), data: {}, maxErrorRate: 1, chat: runner}
  return rescore({...spec, ...changes}, signal)
}

let records: LogRecord[]
beforeAll(async () => {
  records = await live('live')
})

it('live, every outcome and every further metric occurs', () => {
  expect(records).toHaveLength(72)
  expect(new Set(records.map(({outcome}) => outcome))).toEqual(
    new Set(['correct', 'wrong', 'unanswered', 'truncated', 'refused', 'error']),
  )
  const figures = new Set(records.flatMap(({metrics}) => Object.keys(metrics)))
  expect([...figures].sort()).toEqual(['box', 'exact', 'iou', 'likelihood', 'match'])
})

it('rescored from the records alone, nothing changes', async () => {
  expect(await rescored('again')).toMatchObject({changed: 0})
  expect(await sorted('again')).toEqual(records)
})

it('rescored from the data, nothing changes', async () => {
  expect(await rescored('from-data', {data: {'*': 'builtin'}})).toMatchObject({changed: 0})
  expect(await sorted('from-data')).toEqual(records)
})

it('in shards and merged, nothing changes', async () => {
  const shards = [1, 2, 3].map(index => ({index, count: 3}))
  for (const shard of shards) await live(`shard-${shard.index}`, {shard})
  const dirs = shards.map(({index}) => join(folder, `shard-${index}`))
  expect(await mergeRuns(dirs, join(folder, 'merged'), false)).toMatchObject({missing: 0, records: 72, warnings: []})
  expect(await sorted('merged')).toEqual(records)
})

it('replayed, only the model, what it saw and its log-probabilities are missing', async () => {
  const models = [{ref: `replay:${join(folder, 'live')}`, modes: ['direct' as const]}]
  const prepared = await prepare(specOf('replayed', {models}), () => {})
  await evaluate(prepared, () => {}, signal)
  const unknown = ['arm', 'attempts', 'seen', 'cached', 'likeliest', 'metrics.likelihood', 'error']
  const failed = (one: LogRecord) => one.outcome === 'error'
  const replayed = await sorted('replayed')
  expect(without(replayed, ...unknown)).toEqual(without(records, ...unknown))
  expect(replayed.filter(failed).map(({error}) => error?.message)).toEqual(
    records.filter(failed).map(({error}) => error?.message),
  )
})

it('imported, only what the file does not hold is missing', async () => {
  // BLINK's own files know only one stop reason.
  const said = records.filter(({bench, stop}) => bench === 'blink' && (stop === 'eos' || stop === 'error'))
  const val = said.map(({id, gold, text, outcome}) => ({
    ...{idx: id, answer: `(${gold})`, prediction: '(A)'},
    full_prediction: outcome === 'error' ? null : text,
  }))
  const path = join(folder, 'Counting.json')
  await writeFile(path, JSON.stringify({val}))
  const out = join(folder, 'imported')
  const machine = {cacheDir: folder, env: {}}
  const data = {blink: builtinData('blink')!}
  await importRun({paths: [path], out, extractor: 'lantern-eval', mode: 'direct', data, machine})
  const theirs = ['peerAnswer', 'differs', 'metrics.peer']
  const unknown = ['arm', 'usage', 'timing', 'attempts', 'seen', 'cached', 'error']
  const imported = await sorted('imported')
  expect(imported.length).toBeGreaterThan(8)
  expect(without(imported, ...theirs, ...unknown)).toEqual(without(said, ...unknown))
})

it('judged live or afterwards, nothing differs; without the judge, the records are as before', async () => {
  // A mark for open answers; choices ignore this reply.
  const server = await startOpenAIServer({behave: () => ({kind: 'answer', text: 'score: 0.9'})})
  try {
    const judge = {ref: 'openai:judge', baseUrl: server.url}
    const judged = await live('judged', {judge})
    const codes = new Set(judged.map(({error}) => error?.code))
    expect(codes).toEqual(new Set([undefined, 'endpoint', 'judge-unreadable']))
    expect(judged.filter(({metrics}) => metrics['judge'] === 0.9).length).toBeGreaterThan(5)
    await rescored('judged-after', {judge, data: {'*': 'builtin'}})
    expect(await sorted('judged-after')).toEqual(judged)
    await rescored('judge-gone', {from: join(folder, 'judged')})
    expect(await sorted('judge-gone')).toEqual(records)
  } finally {
    await server.close()
  }
})
