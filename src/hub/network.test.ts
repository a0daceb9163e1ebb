import {type OpenAIServer, startOpenAIServer} from '../../test/support/openai-server.js'
import {type ProxyServer, startProxy} from '../../test/support/proxy-server.js'
import {connectionsTo, proxyStatusOf, request} from './network.js'

/** A name that only the proxy knows. */
const origin = 'http://model.test'
const inFlight = 8
const requests = 80

let server: OpenAIServer
let proxy: ProxyServer

beforeEach(async () => {
  server = await startOpenAIServer({behave: () => ({kind: 'answer', text: 'A'}), delayMs: 20})
  proxy = await startProxy({routes: {'model.test:80': Number(new URL(server.url).port)}, credentials: 'user:pass'})
})
afterEach(async () => {
  await proxy.close()
  await server.close()
})

const env = () => ({HTTP_PROXY: `http://user:pass@${proxy.host}`})

/** Posts `requests` bodies, `inFlight` at a time, and returns the statuses. */
async function ask(from: string, variables: Record<string, string>): Promise<number[]> {
  const connections = connectionsTo(from, variables, {silenceMs: 5000})
  const statuses: number[] = []
  const one = async () => {
    while (statuses.length < requests) {
      const place = statuses.push(0) - 1
      const {statusCode, body} = await connections.request({
        origin: from,
        method: 'POST',
        path: '/v1/chat/completions',
        body: '{}',
      })
      await body.dump()
      statuses[place] = statusCode
    }
  }
  try {
    await Promise.all(Array.from({length: inFlight}, one))
  } finally {
    await connections.destroy()
  }
  return statuses
}

describe('connections to an endpoint', () => {
  it('run as many at a time through the proxy as without it, and are kept open', async () => {
    expect(await ask(origin, env())).toEqual(new Array(requests).fill(200))
    expect(server.requests).toHaveLength(requests)
    expect(server.requests.every(({headers}) => headers.host === 'model.test')).toBe(true)
    expect(server.peak()).toBe(inFlight)
    // A pool may open one extra connection per request in flight, as it does without a proxy.
    expect(proxy.connections()).toBeLessThanOrEqual(2 * inFlight)
    expect(proxy.passages).toHaveLength(requests)
    expect(proxy.passages.every(({kind, target}) => kind === 'forward' && target === 'model.test:80')).toBe(true)
  })

  it('bypass the proxy for this machine and for hosts in NO_PROXY', async () => {
    expect(await ask(new URL(server.url).origin, env())).toEqual(new Array(requests).fill(200))
    expect(server.peak()).toBe(inFlight)
    await expect(ask(origin, {...env(), NO_PROXY: '.test'})).rejects.toThrow(/model\.test/)
    expect(proxy.connections()).toBe(0)
  })

  it('report it when the proxy requires a password', async () => {
    const refusal = await ask(origin, {HTTP_PROXY: proxy.host}).catch((error: unknown) => error)
    expect(proxyStatusOf(refusal)).toBe(407)
    expect(server.requests).toHaveLength(0)
  })
})

describe('single requests', () => {
  it('share their connections to the proxy', async () => {
    for (let i = 0; i < 5; i++) {
      const {statusCode, body} = await request(`${origin}/models`, {env: env()})
      await body.dump()
      expect(statusCode).toBe(200)
    }
    expect(proxy.passages).toHaveLength(5)
    expect(proxy.connections()).toBeLessThanOrEqual(2)
  })
})
