// One set of generations, scored in every way: live, rescored (from the records and from the data), merged from shards,
// replayed and imported. The records differ only in what each way cannot know.
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {basename, join} from 'node:path'
import {startOpenAIServer} from '../../test/support/openai-server.js'
import {plainRun} from '../../test/support/run-spec.js'
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
  ...plainRun,
  data: {'*': 'builtin'},
  limit: 24,
  out: join(folder, out),
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
    for await (const group of groups)
      for (const request of group) {
        expect(request.decoding.seed).toBe(request.repeat ?? 0)
        yield generationOf(request)
      }
  },
})

function generationOf(request: Request): Generation {
  const {sample} = request
  // Another answer at every repeat.
  const k = [...sample.id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) + 3 * (request.repeat ?? 0)
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
    costUsd: k % 3 === 0 ? 0 : 0.001,
    seen: {promptSha256: 'b'.repeat(64), images: sample.images.map(() => image), dropped: ['seed']},
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
  const key = ({bench, id, repeat = 0}: LogRecord) => `${bench} ${id} ${repeat}`
  return records.sort((a, b) => (key(a) < key(b) ? -1 : 1))
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
  expect([...figures].sort()).toEqual(['box', 'exact', 'iou', 'match'])
})

it('rescored from the records alone, nothing changes', async () => {
  expect(await rescored('again')).toMatchObject({changed: 0})
  expect(await sorted('again')).toEqual(records)
})

it('rescored from the data, nothing changes', async () => {
  expect(await rescored('from-data', {data: {'*': 'builtin'}})).toMatchObject({changed: 0})
  expect(await sorted('from-data')).toEqual(records)
})

it('an answer that is the likeliest option stays so when it is scored again', async () => {
  const asked = {benchmarks: [{id: 'vstar'}], promptStyle: 'vstar-official' as const}
  const before = await live('likeliest', asked)
  expect(new Set(before.map(({outcome}) => outcome))).toEqual(new Set(['correct', 'wrong', 'error']))
  expect(await rescored('likeliest-again', {from: join(folder, 'likeliest')})).toMatchObject({changed: 0})
  expect(await sorted('likeliest-again')).toEqual(before)
})

it('in shards and merged nothing changes', async () => {
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
  const unknown = ['arm', 'attempts', 'seen', 'cached', 'costUsd', 'likeliest', 'error']
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
  const unknown = ['arm', 'usage', 'timing', 'attempts', 'seen', 'cached', 'costUsd', 'error']
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

describe('with repeats and circular options', () => {
  const several = {repeats: 3, optionOrders: {kind: 'circular'}, limit: 4} as const
  let all: LogRecord[]
  beforeAll(async () => {
    all = await live('several', several)
  })

  it('every sample is there at every repeat, each once', () => {
    expect(new Set(all.map(({bench, id, repeat}) => `${bench} ${id} ${repeat}`)).size).toBe(all.length)
    const ids = new Set(all.map(({bench, id}) => `${bench} ${id}`))
    expect(all).toHaveLength(3 * ids.size)
    expect(new Set(all.map(({item}) => item)).size).toBeGreaterThan(8)
    expect(all.every(({item, id}) => item === undefined || id.startsWith(`${item}#o`))).toBe(true)
    expect(new Set(all.filter(({id}) => id === all[0]!.id).map(({text}) => text)).size).toBeGreaterThan(1)
  })

  it('the same command asks for nothing again, and for what is missing alone', async () => {
    const log = join(folder, 'several', 'log.jsonl')
    const text = await readFile(log, 'utf8')
    const lines = text.trimEnd().split('\n')
    const asked = new Set(lines.filter((_, index) => index % 4 > 0))
    await writeFile(log, [...asked].map(line => `${line}\n`).join(''))
    expect(await live('several', several)).toEqual(all)
    const after = (await readFile(log, 'utf8')).trimEnd().split('\n')
    const news = after.slice(asked.size).map(line => JSON.parse(line) as LogRecord)
    const errors = [...asked].filter(line => (JSON.parse(line) as LogRecord).outcome === 'error')
    expect(news).toHaveLength(lines.length - asked.size + errors.length)
  })

  it('scored again, from the records or the data, nothing changes', async () => {
    const from = join(folder, 'several')
    expect(await rescored('several-again', {from})).toMatchObject({changed: 0, total: all.length})
    expect(await sorted('several-again')).toEqual(all)
    expect(await rescored('several-data', {from, data: {'*': 'builtin'}})).toMatchObject({changed: 0})
    expect(await sorted('several-data')).toEqual(all)
  })

  it('in shards and merged nothing changes, and what is missing is counted', async () => {
    const dirs = [1, 2, 3].map(index => join(folder, `several-${index}`))
    for (const [k, dir] of dirs.entries()) await live(basename(dir), {...several, shard: {index: k + 1, count: 3}})
    await expect(mergeRuns(dirs.slice(1), join(folder, 'several-part'), false)).rejects.toMatchObject({
      code: 'incomplete-merge',
    })
    const merged = await mergeRuns(dirs, join(folder, 'several-merged'), false)
    expect(merged).toMatchObject({missing: 0, records: all.length, warnings: []})
    expect(await sorted('several-merged')).toEqual(all)
  })

  it('replayed, from the run folder or from lines, every repeat is its own', async () => {
    const lines = all.map(({bench, id, repeat, text, stop, error}) => ({
      ...{bench, id, repeat, text, stop},
      ...(error === null ? {} : {error: error.message}),
    }))
    const path = join(folder, 'several.jsonl')
    await writeFile(path, lines.map(one => `${JSON.stringify(one)}\n`).join(''))
    const unknown = ['arm', 'attempts', 'seen', 'cached', 'costUsd', 'likeliest', 'error']
    for (const [source, more] of [
      ['several', []],
      ['several.jsonl', ['usage', 'timing']],
    ] as const) {
      const models = [{ref: `replay:${join(folder, source)}`, modes: ['direct' as const]}]
      const prepared = await prepare(specOf(`replay-${source}`, {...several, models}), () => {})
      await evaluate(prepared, () => {}, signal)
      expect(without(await sorted(`replay-${source}`), ...unknown, ...more)).toEqual(without(all, ...unknown, ...more))
    }
  })

  it('replayed without repeats, the first are taken and the rest is told', async () => {
    const models = [{ref: `replay:${join(folder, 'several')}`, modes: ['direct' as const]}]
    const warnings: string[] = []
    const prepared = await prepare(specOf('once', {...several, repeats: 1, models}), event => {
      if (event.type === 'warning') warnings.push(event.message)
    })
    await evaluate(prepared, () => {}, signal)
    expect(warnings).toEqual([expect.stringMatching(/answers some samples 3 times, of which the first 1 are taken/)])
    const first = all.filter(({repeat}) => repeat === 0)
    expect((await sorted('once')).map(({id, text, repeat}) => [id, text, repeat])).toEqual(
      first.map(({id, text}) => [id, text, undefined]),
    )
  })
})
