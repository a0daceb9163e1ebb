// The pure parts of the remote runner: reading failures, waiting, budgets, prices, sizes, and the moving window.

import {Budget} from '../budget.js'
import {backoffMs} from './backoff.js'
import {chatBody} from './body.js'
import {resolveEndpoint} from './endpoint.js'
import {connectionFailure, httpFailure, retryAfter, toldShort} from './failure.js'
import {sizeWithin} from './images.js'
import {costOf, priceOf} from './prices.js'
import {inWindow} from './window.js'

describe('an HTTP failure', () => {
  const read = (status: number, body: unknown = {}) => httpFailure(status, {}, JSON.stringify(body), 0)

  it('is tried again when it passes, and not when the request is wrong', () => {
    for (const status of [408, 409, 425, 429, 500, 502, 503, 529])
      expect([status, read(status).retry]).toEqual([status, true])
    for (const status of [301, 400, 401, 403, 404, 413, 422])
      expect([status, read(status).retry]).toEqual([status, false])
  })

  it('speaks for a wrong endpoint by its status or by the word in its body', () => {
    for (const status of [302, 401, 403, 404]) expect([status, read(status).blame]).toEqual([status, 'endpoint'])
    expect(read(400, {error: {message: 'no such model', code: 'model_not_found'}}).blame).toBe('endpoint')
    expect(read(400, {error: {message: 'too long'}})).toMatchObject({blame: 'request', message: 'HTTP 400: too long'})
  })

  it('quotes what servers say, in each of their forms, and no more than a line of it', () => {
    expect(read(500, {error: 'out of memory'}).message).toBe('HTTP 500: out of memory')
    expect(read(500, {message: 'overloaded', code: 503}).message).toBe('HTTP 500: overloaded')
    expect(toldShort(read(500, {error: {message: 'x'.repeat(5000)}})).message.length).toBeLessThan(400)
    expect(httpFailure(502, {}, '<html>', 0).message).toBe('HTTP 502')
  })
})

it('reads Retry-After as seconds, as a date, and in milliseconds', () => {
  const now = Date.parse('2026-11-22T10:00:00Z')
  expect(retryAfter({'retry-after': '3'}, now)).toBe(3000)
  expect(retryAfter({'retry-after': 'Sun, 22 Nov 2026 10:00:07 GMT'}, now)).toBe(7000)
  expect(retryAfter({'retry-after': 'Sun, 22 Nov 2026 09:00:00 GMT'}, now)).toBe(0)
  expect(retryAfter({'retry-after-ms': '20', 'retry-after': '1'}, now)).toBe(20)
  expect(retryAfter({'retry-after': 'soon'}, now)).toBeUndefined()
  expect(retryAfter({}, now)).toBeUndefined()
})

it('tells a slow connection from a refused one and from a lost one', () => {
  const thrown = (code: string) => connectionFailure(Object.assign(new Error('m'), {code}), 2000)
  expect(thrown('UND_ERR_HEADERS_TIMEOUT')).toMatchObject({code: 'timeout', retry: true, blame: 'request'})
  expect(thrown('ECONNREFUSED')).toMatchObject({code: 'connection', blame: 'endpoint'})
  expect(thrown('UND_ERR_SOCKET')).toMatchObject({code: 'connection', blame: 'request'})
})

it('waits twice as long each time, with jitter, up to a bound, and never less than the server asks', () => {
  expect([1, 2, 3, 10].map(attempt => backoffMs(attempt, undefined, 1))).toEqual([500, 1000, 2000, 30_000])
  expect(backoffMs(1, undefined, 0)).toBe(125)
  expect(backoffMs(1, 4000, 0)).toBe(4000)
  expect(backoffMs(1, 4000, 1)).toBe(4400)
})

describe('a budget', () => {
  it('counts requests, also those that fail', () => {
    const budget = new Budget({maxRequests: 2})
    expect(budget.admit()).toBeUndefined()
    budget.settle(null)
    expect(budget.admit()).toBeUndefined()
    expect(budget.admit()).toContain('2 requests')
  })

  it('counts those under way with the mean cost so far', () => {
    const budget = new Budget({maxCostUsd: 1})
    budget.admit()
    budget.settle(0.4)
    expect(budget.admit()).toBeUndefined()
    expect(budget.admit()).toBeUndefined()
    expect(budget.admit()).toContain('1 USD')
  })
})

it('knows a price by the endpoint, by a proxy, or not at all', () => {
  const usage = {
    promptTokens: 1000,
    textTokens: 100,
    imageTokens: null,
    latentSteps: null,
    markerTokens: null,
    blocks: null,
  }
  const openai = {url: 'https://api.openai.com/v1', name: 'gpt-4o-2024-08-06'}
  // 1,000 x 2.50 / 10^6 + 100 x 10 / 10^6
  expect(costOf(priceOf(openai, undefined), usage, {})).toBeCloseTo(0.0035, 12)
  const own = {...openai, url: 'http://localhost/v1'}
  expect(costOf(priceOf(own, undefined), usage, {})).toBeNull()
  expect(costOf(priceOf(own, {input: 1, output: 2}), usage, {})).toBeCloseTo(0.0012, 12)
  expect(costOf(priceOf(own, undefined), usage, {'x-litellm-response-cost': '0.002'})).toBe(0.002)
})

it('scales a picture to the nearest size of its shape within the limits', () => {
  expect(sizeWithin(200, 100, {})).toEqual([200, 100])
  expect(sizeWithin(200, 100, {maxPixels: 5000})).toEqual([100, 50])
  expect(sizeWithin(10, 10, {minPixels: 400})).toEqual([20, 20])
  const [width, height] = sizeWithin(1921, 1081, {maxPixels: 1_000_000})
  expect(width * height).toBeLessThanOrEqual(1_000_000)
})

describe('the body', () => {
  const decoding = {maxNewTokens: 16, temperature: 0, seed: 3}
  const read = (more: object) =>
    JSON.parse(
      chatBody('m', [{role: 'user', content: [{type: 'text', text: 'q'}]}], {
        decoding: {...decoding, ...more},
        tokenParameter: 'max_tokens',
      }).bytes.toString(),
    )

  it('carries pictures of any length as base64, byte for byte', () => {
    for (const length of [1, 3 * 2 ** 14, 3 * 2 ** 14 + 1, 150_001]) {
      const bytes = Uint8Array.from({length}, (_, i) => (i * 31) % 251)
      const content = [{type: 'image' as const, mime: 'image/png', bytes}]
      const body = JSON.parse(
        chatBody('m', [{role: 'user', content}], {decoding, tokenParameter: 'max_tokens'}).bytes.toString(),
      )
      expect(body.messages[0].content[0].image_url.url).toBe(
        `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`,
      )
    }
  })

  it('leaves out what is not set, and carries a seed only where decoding is random', () => {
    expect(read({})).toEqual({model: 'm', messages: [{role: 'user', content: 'q'}], max_tokens: 16, temperature: 0})
    expect(read({temperature: 0.7, topP: 0.9, topK: 5})).toMatchObject({
      temperature: 0.7,
      top_p: 0.9,
      top_k: 5,
      seed: 3,
    })
  })
})

describe('an endpoint', () => {
  const resolve = (env: Record<string, string>, baseUrls: Record<string, string> = {}) =>
    resolveEndpoint('openai:m', {env, baseUrls})

  it('is found by name, for all, in the environment, or is OpenAI', async () => {
    expect((await resolve({})).url).toBe('https://api.openai.com/v1')
    expect((await resolve({OPENAI_BASE_URL: 'http://a/v1/'})).url).toBe('http://a/v1')
    expect((await resolve({OPENAI_BASE_URL: 'http://a/v1'}, {'*': 'http://b/v1/chat/completions'})).url).toBe(
      'http://b/v1',
    )
    expect((await resolve({}, {'*': 'http://b/v1', m: 'http://c/v1'})).url).toBe('http://c/v1')
  })

  it('shows no credentials of its URL, and sends them', async () => {
    const endpoint = await resolve({}, {'*': 'http://user:password1@a/v1?api-version=2'})
    expect(endpoint).toMatchObject({url: 'http://a/v1', path: '/v1/chat/completions?api-version=2'})
    expect(endpoint.headers['authorization']).toBe(`Basic ${Buffer.from('user:password1').toString('base64')}`)
    expect(endpoint.redact('it was password1')).toBe('it was [redacted]')
  })

  it('needs the variable that was named, a clean key and an http URL', async () => {
    await expect(resolveEndpoint('openai:m', {env: {}, baseUrls: {}, apiKeyEnv: 'MY_KEY'})).rejects.toMatchObject({
      code: 'usage',
    })
    await expect(resolve({OPENAI_API_KEY: 'a\nb'})).rejects.toMatchObject({code: 'usage'})
    await expect(resolve({}, {'*': 'ftp://a'})).rejects.toMatchObject({code: 'usage'})
    await expect(resolve({OPENAI_API_KEY_FILE: '/nowhere'})).rejects.toMatchObject({code: 'usage'})
  })
})

describe('the moving window', () => {
  const signal = new AbortController().signal
  async function* numbers(count: number) {
    for (let i = 0; i < count; i++) yield i
  }

  it('keeps at most its size at work, pulls no further, and loses nothing while the consumer is slow', async () => {
    let atWork = 0
    let peak = 0
    let pulled = 0
    async function* source() {
      for await (const number of numbers(40)) {
        pulled++
        yield number
      }
    }
    const work = async (number: number) => {
      peak = Math.max(peak, ++atWork)
      await new Promise(resolve => setTimeout(resolve, 2))
      atWork--
      return number
    }
    const seen: number[] = []
    for await (const number of inWindow(source(), () => 4, work, signal)) {
      seen.push(number)
      expect(pulled).toBeLessThanOrEqual(seen.length + 9)
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    expect(peak).toBe(4)
    expect(seen.sort((a, b) => a - b)).toEqual([...Array(40).keys()])
  })

  it('keeps the place of a result until it is settled, and needs no settling to end', async () => {
    let [started, settled, most] = [0, 0, 0]
    const open: (() => void)[] = []
    const seen: number[] = []
    const work = async (number: number) => {
      most = Math.max(most, ++started - settled)
      return number
    }
    const onDisk = () => new Promise<void>(resolve => open.push(resolve))
    for await (const number of inWindow(numbers(18), () => 4, work, signal, onDisk)) {
      seen.push(number)
      if (open.length < 4 || settled === 16) continue
      await new Promise(resolve => setTimeout(resolve, 5))
      expect(started).toBe(settled + 4)
      settled += 4
      for (const resolve of open.splice(0)) resolve()
    }
    expect(most).toBe(4)
    expect(seen).toEqual([...Array(18).keys()])
  })

  it('gives what was finished before it throws a failure', async () => {
    const seen: number[] = []
    const work = async (number: number) => {
      if (number === 5) throw new Error('broken')
      return number
    }
    await expect(async () => {
      for await (const number of inWindow(numbers(100), () => 3, work, signal)) seen.push(number)
    }).rejects.toThrow('broken')
    expect(seen).toEqual(expect.arrayContaining([0, 1, 2, 3, 4]))
    expect(seen.length).toBeLessThan(12)
  })

  it('closes its source when the consumer leaves', async () => {
    let closed = false
    async function* source() {
      try {
        yield* numbers(100)
      } finally {
        closed = true
      }
    }
    for await (const _number of inWindow(
      source(),
      () => 2,
      async number => number,
      signal,
    ))
      break
    expect(closed).toBe(true)
  })
})
