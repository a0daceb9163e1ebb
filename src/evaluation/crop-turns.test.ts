// The mode crop through a whole run: at an endpoint and with a local checkpoint, interrupted, resumed and rescored.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type OpenAIServer, startOpenAIServer} from '../../test/support/openai-server.js'
import {plainRun} from '../../test/support/run-spec.js'
import {runnerOptions} from '../../test/support/runner-options.js'
import {settledRecords} from '../run-folder/reader.js'
import {evaluate} from './evaluate.js'
import {planOf} from './plan.js'
import {prepare} from './prepare.js'
import {rescore} from './rescore.js'
import type {RunSpec} from './spec.js'

let folder: string
let server: OpenAIServer
const boxRequest = 'Please provide the bounding box'
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crop-turns-'))
  server = await startOpenAIServer({
    behave: ({body}) => ({
      kind: 'answer',
      text: JSON.stringify(body!.messages.at(-1)).includes(boxRequest) ? '[0.2, 0.2, 0.6, 0.6]' : 'red',
      usage: {prompt_tokens: 100, completion_tokens: 10},
    }),
  })
})
afterEach(async () => {
  await server.close()
  await rm(folder, {recursive: true})
})

const specOf = (changes: Partial<RunSpec> = {}): RunSpec => ({
  models: [{ref: 'openai:m', modes: ['crop']}],
  benchmarks: [{id: 'viscot'}],
  ...plainRun,
  data: {'*': 'builtin'},
  limit: 5,
  promptStyle: 'viscot-official',
  out: join(folder, 'run'),
  runner: runnerOptions({
    common: {cacheDir: join(folder, 'cache')},
    remote: {baseUrls: {'*': server.url}, concurrency: 2, cache: true},
  }),
  ...changes,
})

async function run(spec: RunSpec) {
  const prepared = await prepare(spec, () => {})
  try {
    return {plan: await planOf(prepared), end: await evaluate(prepared, () => {}, new AbortController().signal)}
  } finally {
    await prepared.close()
  }
}

test('asks twice a sample, and the record counts both', async () => {
  const {plan, end} = await run(specOf())
  expect(plan).toMatchObject({items: 5, requests: 10, arms: [{items: 5, maxNewTokens: 128, newTokensAtMost: 1280}]})
  expect(end).toMatchObject({verdict: 'done', settled: 5})
  expect(server.requests).toHaveLength(10)
  for (const record of await settledRecords(join(folder, 'run')))
    expect(record).toMatchObject({
      text: 'red',
      attempts: 2,
      usage: {promptTokens: 200, textTokens: 20},
      steps: [{text: '[0.2, 0.2, 0.6, 0.6]', box: [0.2, 0.2, 0.6, 0.6], usage: {promptTokens: 100}}],
    })
})

test('goes on after a budget where it stopped, with the boxes that are paid for from the cache', async () => {
  expect((await run(specOf({budget: {maxRequests: 7}}))).end).toMatchObject({verdict: 'partial'})
  expect(server.requests).toHaveLength(7)
  const {end} = await run(specOf())
  expect(end).toMatchObject({verdict: 'done', settled: 5})
  expect(server.requests).toHaveLength(10)
  const records = await settledRecords(join(folder, 'run'))
  expect(records.filter(({steps}) => steps![0]!['cached']).length).toBe(3)
  // An answer that was asked for is not from the cache, whatever came before it.
  expect(records.filter(({cached}) => cached)).toEqual([])
})

test('reads all of it from the cache the second time', async () => {
  await run(specOf())
  await run(specOf({out: join(folder, 'again')}))
  expect(server.requests).toHaveLength(10)
  const records = await settledRecords(join(folder, 'again'))
  expect(records.map(({cached, attempts}) => [cached, attempts])).toEqual(Array(5).fill([true, 0]))
})

test('keeps the steps and the figures of the boxes when it is scored again', async () => {
  await run(specOf())
  const before = await settledRecords(join(folder, 'run'))
  await rescore(
    {from: join(folder, 'run'), out: join(folder, 'rescored'), data: {}, maxErrorRate: 1, chat: runnerOptions()},
    new AbortController().signal,
  )
  const after = await settledRecords(join(folder, 'rescored'))
  expect(after.map(({steps, metrics}) => ({steps, metrics}))).toEqual(
    before.map(({steps, metrics}) => ({steps, metrics})),
  )
})

test('counts a failed first request as the failure of the sample, asked again on the next run', async () => {
  let broken = true
  await server.close()
  server = await startOpenAIServer({
    behave: ({body}) =>
      broken && JSON.stringify(body!.messages).includes(boxRequest)
        ? {kind: 'status', status: 400, body: {error: {message: 'this prompt is too long for me'}}}
        : {kind: 'answer', text: 'red'},
  })
  expect((await run(specOf({limit: 2}))).end).toMatchObject({errors: 2, settled: 0})
  broken = false
  expect((await run(specOf({limit: 2}))).end).toMatchObject({errors: 0, settled: 2})
})

test('gives a local checkpoint both pictures, in the turns they belong to', async () => {
  const models = [{ref: 'builtin:nano-direct', modes: ['crop', 'direct']}] as const
  const {end} = await run(specOf({models, limit: 3}))
  expect(end).toMatchObject({verdict: 'done', settled: 6, errors: 0})
  for (const record of await settledRecords(join(folder, 'run'))) {
    const crops = record.arm.endsWith('|crop')
    expect(record.seen!.images).toHaveLength(crops ? 2 : 1)
    expect(record.steps?.map(({seen}) => seen!.images.length)).toEqual(crops ? [1] : undefined)
    if (crops) expect(record.seen!.images[0]).toEqual(record.steps![0]!.seen!.images[0])
  }
})
