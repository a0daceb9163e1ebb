import {mkdtemp, readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type Behaviour, type OpenAIServer, startOpenAIServer} from '../../../test/support/openai-server.js'
import {askEndpoint, type RemoteTestOptions, remoteOptions, stream} from '../../../test/support/remote-session.js'
import type {Arm, Generation, PromptPart, Request} from '../../core/generation.js'
import {sha256} from '../../core/hash.js'
import {random} from '../../core/random.js'
import {openRunner} from '../index.js'
import type {RunnerEvent} from '../runner.js'

/** A PNG of one pixel (the smallest valid file). */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)
const arm: Arm = {
  id: 'openai:m|direct',
  model: 'openai:m',
  mode: 'direct',
  protocol: null,
  latentSize: null,
  intervention: null,
}

function request(id: string, parts: readonly PromptPart[] = [{type: 'text', text: id}]): Request {
  return {
    sample: {id, benchmark: 'blink', subtask: 's', images: [], question: 'q', gold: 'A'},
    arm,
    prompt: {system: null, parts},
    decoding: {maxNewTokens: 16, temperature: 0, seed: 0},
  }
}

let server: OpenAIServer
let cacheDir: string
let events: RunnerEvent[]

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'remote-'))
  events = []
})
afterEach(async () => {
  await server?.close()
  await rm(cacheDir, {recursive: true})
})

const good: Behaviour = {kind: 'answer', text: 'A'}

async function serve(behave: (index: number, prompt: string) => Behaviour, delayMs = 0): Promise<void> {
  server = await startOpenAIServer({
    behave: ({index, body}) => behave(index, String(body!.messages.at(-1)!.content)),
    delayMs,
  })
}

const options = (more: RemoteTestOptions = {}) =>
  remoteOptions({cacheDir, benchmarks: ['blink'], notify: event => events.push(event), ...more}, server.url)
const ask = (requests: readonly Request[], more?: RemoteTestOptions, signal?: AbortSignal) =>
  askEndpoint(requests, options(more), signal)

const many = (count: number) => Array.from({length: count}, (_, index) => request(String(index)))

describe('what is sent', () => {
  it('is the original bytes of the pictures, in the order of the prompt', async () => {
    await serve(() => good)
    const image = {source: 'x.png', orientation: 'ignore' as const, bytes: async () => png}
    const asked = request('1', [
      {type: 'text', text: 'a "quoted" ü'},
      {type: 'image', image},
      {type: 'text', text: 'b'},
    ])
    const [generation] = await ask([{...asked, prompt: {...asked.prompt, system: 'be brief'}}])
    expect(server.requests[0]!.path).toBe('/v1/chat/completions')
    expect(server.requests[0]!.body).toEqual({
      model: 'm',
      messages: [
        {role: 'system', content: 'be brief'},
        {
          role: 'user',
          content: [
            {type: 'text', text: 'a "quoted" ü'},
            {type: 'image_url', image_url: {url: `data:image/png;base64,${png.toString('base64')}`}},
            {type: 'text', text: 'b'},
          ],
        },
      ],
      max_tokens: 16,
      temperature: 0,
    })
    expect(generation!.seen!.images).toEqual([{sha256: sha256(png), width: 1, height: 1, sentWidth: 1, sentHeight: 1}])
  })

  it('is scaled down where a pixel limit asks for it', async () => {
    await serve(() => good)
    const {default: sharp} = await import('sharp')
    const bytes = await sharp({create: {width: 200, height: 100, channels: 3, background: 'red'}})
      .png()
      .toBuffer()
    const image = {source: 'x.png', orientation: 'ignore' as const, bytes: async () => bytes}
    const [generation] = await ask([request('1', [{type: 'image', image}])], {maxPixels: 5000})
    expect(generation!.seen!.images[0]).toMatchObject({width: 200, height: 100, sentWidth: 100, sentHeight: 50})
  })

  it('carries the key of the environment, and no output holds it', async () => {
    const key = 'very-secret-key-0123456789'
    await serve(() => ({kind: 'answer', text: `you sent ${key}`}))
    const [generation] = await ask([request('1')], {env: {OPENAI_API_KEY: key}})
    expect(server.requests[0]!.headers.authorization).toBe(`Bearer ${key}`)
    expect(generation!.text).toBe('you sent [redacted]')
  })

  it('uses the name of the token limit that the endpoint asks for', async () => {
    const refused = {
      error: {
        message: "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
        code: 'unsupported_parameter',
      },
    }
    await serve(index => (index === 0 ? {kind: 'status', status: 400, body: refused} : good))
    const generations = await ask(many(3))
    expect(generations.map(({stop}) => stop)).toEqual(['eos', 'eos', 'eos'])
    expect(server.requests[1]!.body).toMatchObject({max_completion_tokens: 16})
  })

  it('says where an answer ends, and the answer ends there even where the endpoint goes on', async () => {
    const said: Behaviour[] = [
      {kind: 'answer', text: 'A\n\nQ: more', finish: 'length'},
      {kind: 'answer', text: 'B', finish: 'stop'},
      {kind: 'answer', text: 'C, cut', finish: 'length'},
    ]
    await serve(index => said[index]!)
    const requests = ['1', '2', '3'].map(id => {
      const plain = request(id)
      return {...plain, decoding: {...plain.decoding, stop: ['Q:', '\n\n']}}
    })
    const generations = await ask(requests, {concurrency: 1})
    expect(generations.map(({text, stop}) => [text, stop])).toEqual([
      ['A', 'eos'],
      ['B', 'eos'],
      ['C, cut', 'length'],
    ])
    for (const {body} of server.requests) expect(body).toMatchObject({stop: ['Q:', '\n\n']})
  })

  it('is an error record for a picture that is none, and nothing is asked', async () => {
    await serve(() => good)
    const image = {source: 'broken.png', orientation: 'ignore' as const, bytes: async () => Buffer.from('no picture')}
    const [generation] = await ask([request('1', [{type: 'image', image}])])
    expect(generation).toMatchObject({
      stop: 'error',
      error: {code: 'bad-file', message: expect.stringContaining('broken.png')},
    })
    expect(server.requests).toHaveLength(0)
  })
})

describe('what comes back', () => {
  const cases: [name: string, behaviour: Behaviour, expected: object][] = [
    [
      'an answer',
      good,
      {stop: 'eos', text: 'A', attempts: 1, usage: {promptTokens: 100, textTokens: 3, latentSteps: null}},
    ],
    [
      'an answer in parts',
      {kind: 'answer', text: null, message: {content: [{type: 'text', text: 'A'}]}},
      {stop: 'eos', text: 'A'},
    ],
    [
      'a reply that was cut by length',
      {kind: 'answer', text: 'Well', finish: 'length'},
      {stop: 'length', text: 'Well'},
    ],
    ['a filtered reply', {kind: 'answer', text: '', finish: 'content_filter'}, {stop: 'refusal'}],
    ['a refusal', {kind: 'answer', text: null, message: {refusal: 'I cannot'}}, {stop: 'refusal', text: 'I cannot'}],
    ['no reason to finish', {kind: 'answer', text: 'A', finish: null}, {stop: 'eos'}],
    [
      'no reason to finish, and all tokens used',
      {kind: 'answer', text: 'A', finish: null, usage: {prompt_tokens: 1, completion_tokens: 16}},
      {stop: 'length'},
    ],
    [
      'an unknown reason to finish',
      {kind: 'answer', text: 'A', finish: 'abort'},
      {stop: 'error', error: {code: 'malformed'}},
    ],
    ['half a body', {kind: 'cut', length: 'none'}, {stop: 'error', error: {code: 'malformed'}}],
    ['a body shorter than it said', {kind: 'cut', length: 'true'}, {stop: 'error', error: {code: 'connection'}}],
    ['a web page', {kind: 'raw', body: '<html>busy</html>'}, {stop: 'error', error: {code: 'malformed'}}],
    ['no choice', {kind: 'raw', body: '{"choices":[]}'}, {stop: 'error', error: {code: 'malformed'}}],
    [
      'an error with status 200',
      {kind: 'raw', body: '{"error":{"message":"upstream"}}'},
      {stop: 'error', error: {message: /upstream/}},
    ],
    ['a server error', {kind: 'status', status: 500}, {stop: 'error', error: {code: 'http-500'}}],
    [
      'a refused request',
      {kind: 'status', status: 400, body: {error: {message: 'too long'}}},
      {stop: 'error', error: {message: 'HTTP 400: too long'}},
    ],
    ['a reset connection', {kind: 'reset'}, {stop: 'error', error: {code: 'connection'}}],
    ['silence', {kind: 'hang'}, {stop: 'error', error: {code: 'timeout'}}],
    ['a reply that never ends', {kind: 'drip', everyMs: 50}, {stop: 'error', error: {code: 'timeout'}}],
  ]
  it.each(cases)('%s', async (_name, behaviour, expected) => {
    await serve(index => (index === 0 ? good : behaviour))
    const generations = await ask(many(2), {
      timeoutMs: behaviour.kind === 'hang' || behaviour.kind === 'drip' ? 300 : 5000,
    })
    expect(generations[0]).toMatchObject({stop: 'eos'})
    const {error, ...rest} = expected as {error?: {code?: string; message?: string | RegExp}}
    expect(generations[1]).toMatchObject(rest)
    if (error?.code !== undefined) expect(generations[1]!.error!.code).toBe(error.code)
    if (error?.message !== undefined) expect(generations[1]!.error!.message).toMatch(error.message)
  })
})

describe('retries', () => {
  it('are bounded, visible and counted', async () => {
    await serve(index => (index < 2 ? {kind: 'status', status: 503} : good))
    const [generation] = await ask([request('1')], {maxRetries: 2})
    expect(generation).toMatchObject({stop: 'eos', attempts: 3})
    expect(events.filter(({type}) => type === 'retry')).toHaveLength(2)
  })

  it('wait as long as Retry-After asks', async () => {
    await serve(index => (index === 0 ? {kind: 'status', status: 429, headers: {'retry-after': '1'}} : good))
    const started = Date.now()
    await ask([request('1')], {maxRetries: 1})
    expect(Date.now() - started).toBeGreaterThanOrEqual(1000)
    expect(events).toContainEqual(expect.objectContaining({type: 'retry', reason: 'HTTP 429'}))
  })
})

describe('the first request', () => {
  const wrong: [name: string, behaviour: Behaviour][] = [
    ['a wrong key', {kind: 'status', status: 401, body: {error: {message: 'bad key'}}}],
    ['a wrong name', {kind: 'status', status: 404, body: {error: {message: 'no such model', code: 'model_not_found'}}}],
    ['a wrong URL', {kind: 'raw', body: '<html></html>'}],
    ['a used-up account', {kind: 'status', status: 429, body: {error: {message: 'quota', code: 'insufficient_quota'}}}],
  ]
  it.each(wrong)('is sent alone and stops the run at once for %s', async (_name, behaviour) => {
    await serve(() => behaviour)
    await expect(ask(many(20), {maxRetries: 5})).rejects.toMatchObject({code: 'endpoint', exitCode: 4})
    expect(server.requests).toHaveLength(1)
  })

  it('stops the run at once when nothing listens', async () => {
    await serve(() => good)
    await server.close()
    await expect(ask(many(20), {maxRetries: 5})).rejects.toMatchObject({
      code: 'endpoint',
      suggestion: expect.stringContaining('--base-url'),
    })
  })

  it('may fail for a reason of its own', async () => {
    await serve(index => (index === 0 ? {kind: 'status', status: 413} : good))
    const generations = await ask(many(5))
    expect(generations.map(({stop}) => stop).sort()).toEqual(['eos', 'eos', 'eos', 'eos', 'error'])
  })
})

it('gives up an endpoint that never answers, with fewer retries once one sample has used up its own', async () => {
  await serve(() => ({kind: 'status', status: 500, headers: {'retry-after-ms': '1'}}))
  await expect(ask(many(20), {maxRetries: 3})).rejects.toMatchObject({code: 'endpoint'})
  expect(server.requests).toHaveLength(4 + 8 * 2)
})

it('gives up an endpoint that goes away during the run, after what was finished', async () => {
  await serve(index => (index < 30 ? good : {kind: 'status', status: 401}))
  const session = await openRunner('openai:m', options())
  const finished: Generation[] = []
  const all = async () => {
    for await (const generation of session.generate(stream(many(500)), new AbortController().signal))
      finished.push(generation)
  }
  await expect(all()).rejects.toMatchObject({code: 'endpoint'})
  await session.close()
  expect(finished.filter(({stop}) => stop === 'eos')).toHaveLength(30)
  expect(server.requests.length).toBeLessThanOrEqual(30 + 17 + 8)
})

describe('budgets', () => {
  it('stop the asking and leave the rest out', async () => {
    await serve(() => good)
    expect(await ask(many(50), {maxRequests: 20})).toHaveLength(20)
    expect(server.requests).toHaveLength(20)
    expect(events).toContainEqual({type: 'warning', message: expect.stringContaining('20 requests')})
  })

  it('in dollars hold where the endpoint says what a request costs', async () => {
    await serve(() => ({kind: 'answer', text: 'A', usage: {prompt_tokens: 1, completion_tokens: 1, cost: 0.01}}))
    const generations = await ask(many(50), {maxCostUsd: 0.1})
    expect(generations.length).toBeGreaterThanOrEqual(9)
    expect(generations.length).toBeLessThanOrEqual(10)
  })

  it('in dollars are refused where costs are unknown', async () => {
    await serve(() => good)
    await expect(ask(many(5), {maxCostUsd: 1})).rejects.toMatchObject({
      code: 'endpoint',
      message: expect.stringContaining('--max-cost'),
    })
  })
})

describe('the cache', () => {
  it('keeps a reply for each repeat, the first as if it were the only one, and says what was paid', async () => {
    await serve(index => ({kind: 'answer', text: String(index)}))
    const repeated = [0, 1, 2].map(repeat => ({...request('x'), repeat}))
    const paid = {cache: true, concurrency: 1, price: {input: 1_000_000, output: 0}} as const
    const first = await ask(repeated, paid)
    expect(new Set(first.map(({text}) => text)).size).toBe(3)
    for (const {costUsd, usage, cached} of first) expect([costUsd, cached]).toEqual([usage.promptTokens, false])
    const again = await ask([request('x'), ...repeated.slice(1)], paid)
    expect(server.requests).toHaveLength(3)
    const texts = (generations: readonly {text: string}[]) => generations.map(({text}) => text).sort()
    expect(texts(again)).toEqual(texts(first))
    expect(again.map(({costUsd, cached}) => [costUsd, cached])).toEqual([
      [0, true],
      [0, true],
      [0, true],
    ])
  })

  it('gives whole replies again, and only those', async () => {
    await serve((_index, prompt) => (prompt === '0' ? good : {kind: 'answer', text: 'Well', finish: 'length'}))
    await ask(many(2), {cache: true})
    const again = await ask(many(2), {cache: true})
    expect(again.find(({cached}) => cached)).toMatchObject({text: 'A', attempts: 0, request: {sample: {id: '0'}}})
    expect(server.requests).toHaveLength(3)
    expect(
      (await readdir(join(cacheDir, 'responses'), {recursive: true})).filter(name => name.endsWith('.json')),
    ).toHaveLength(1)
  })

  it('keeps what was left out of a request, and keeps no empty reply', async () => {
    const refusal = {error: {message: 'temperature is not supported', param: 'temperature'}}
    const usage = {prompt_tokens: 1, completion_tokens: 9, completion_tokens_details: {reasoning_tokens: 7}}
    await serve((index, prompt) =>
      index === 0
        ? {kind: 'status', status: 400, body: refusal}
        : {kind: 'answer', text: prompt === '0' ? 'A' : '', usage},
    )
    for (const cached of [false, true]) {
      const generations = await ask(many(2), {cache: true})
      const first = generations.find(({request: {sample}}) => sample.id === '0')!
      expect(first).toMatchObject({text: 'A', cached, seen: {dropped: ['temperature']}, usage: {thoughtTokens: 7}})
    }
    expect(server.requests).toHaveLength(4)
  })

  it('tells other prompts, pictures, endpoints and decodings apart', async () => {
    await serve(() => good)
    const image = (bytes: Buffer) => ({source: 'x', orientation: 'ignore' as const, bytes: async () => bytes})
    const {default: sharp} = await import('sharp')
    const other = await sharp(png).resize(2, 2).png().toBuffer()
    const base = request('1', [{type: 'image', image: image(png)}])
    await ask([base, base], {cache: true, concurrency: 1})
    expect(server.requests).toHaveLength(1)
    await ask(
      [request('1', [{type: 'image', image: image(other)}]), {...base, decoding: {...base.decoding, temperature: 1}}],
      {
        cache: true,
      },
    )
    expect(server.requests).toHaveLength(3)
  })
})

describe('load', () => {
  it('keeps 64 requests in flight, and no more', async () => {
    await serve(() => good, 400)
    await ask(many(200), {concurrency: 64})
    expect(server.peak()).toBe(64)
  })

  it('accounts for every one of 2,000 samples under 500s, 429s and cut answers, and calls none of them answered wrongly', async () => {
    const tries = new Map<string, number>()
    await serve((_index, prompt) => {
      const attempt = tries.get(prompt) ?? 0
      tries.set(prompt, attempt + 1)
      const draw = random(prompt, attempt).integer(100)
      if (draw < 10) return {kind: 'status', status: 500}
      if (draw < 20) return {kind: 'status', status: 429, headers: {'retry-after-ms': '20'}}
      if (draw < 25) return draw % 2 === 0 ? {kind: 'cut', length: 'true'} : {kind: 'cut', length: 'none'}
      return {kind: 'answer', text: `answer ${prompt}`}
    })
    const generations = await ask(many(2000), {concurrency: 64, maxRetries: 2})
    expect(new Set(generations.map(({request: {sample}}) => sample.id)).size).toBe(2000)
    expect(generations).toHaveLength(2000)
    for (const {request: asked, text, stop} of generations)
      if (stop !== 'error') expect(text).toBe(`answer ${asked.sample.id}`)
    const errors = generations.filter(({stop}) => stop === 'error').length
    expect(errors).toBeGreaterThan(0)
    expect(errors).toBeLessThan(100)
  })

  it('ends within a step when aborted, and leaves unfinished requests out', async () => {
    await serve(index => (index < 10 ? good : {kind: 'hang'}))
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 300)
    const generations = await ask(many(100), {}, abort.signal)
    expect(generations.every(({stop}) => stop === 'eos')).toBe(true)
    expect(generations).toHaveLength(10)
  })
})
