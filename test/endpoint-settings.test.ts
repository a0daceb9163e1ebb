// What `run` can send to an endpoint beside the question, over real HTTP: headers, body fields, prices, the cache.
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Plan} from '../src/evaluation/plan.js'
import {readLock, settledRecords} from '../src/run-folder/reader.js'
import {cli} from './support/cli.js'
import {type Behaviour, type OpenAIServer, type ReceivedRequest, startOpenAIServer} from './support/openai-server.js'

const secret = 'hunter22'
let folder: string
let servers: OpenAIServer[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'endpoint-'))
  servers = []
})
afterEach(async () => {
  for (const server of servers) await server.close()
  await rm(folder, {recursive: true, force: true})
})

async function serve(behave: (request: ReceivedRequest) => Behaviour): Promise<OpenAIServer> {
  const server = await startOpenAIServer({behave})
  servers.push(server)
  return server
}

const run = (
  server: OpenAIServer,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  {model = 'openai:m', out = 'run'} = {},
) => {
  const asked = ['--bench', 'blink', '--data', 'builtin', '--model', model, '--base-url', server.url]
  return cli(['run', ...asked, '--out', join(folder, out), ...args], {
    env: {LANTERN_EVAL_CACHE_DIR: join(folder, 'cache'), HF_HUB_OFFLINE: '1', ...env},
  })
}

/** Everything that a run wrote, as one text. */
async function everythingWritten(): Promise<string> {
  const entries = await readdir(folder, {recursive: true, withFileTypes: true})
  const texts = entries
    .filter(entry => entry.isFile())
    .map(entry => readFile(join(entry.parentPath, entry.name), 'utf8'))
  return (await Promise.all(texts)).join('\n')
}

describe('--header', () => {
  test.each(['flag', 'variable', 'file'])(
    'given by %s is sent with every request, and its value is written nowhere even when the endpoint repeats it',
    async way => {
      const line = `X-Api-Secret: ${secret}`
      const server = await serve(({index, headers}) => {
        const echoed = String(headers['x-api-secret'])
        return index % 2 === 1
          ? {kind: 'status', status: 400, body: {error: {message: `not with ${echoed}`}}}
          : {kind: 'answer', text: `(A), said ${echoed}`}
      })
      const config = join(folder, '..', `${way}-${process.pid}.yaml`)
      await writeFile(config, `header: "${line}"\n`)
      const {stdout, stderr} = await run(
        server,
        [
          ...['--limit', '6', '--max-error-rate', '1', '--log-level', 'debug', '--json', '--save-latents'],
          ...(way === 'flag' ? ['--header', line] : way === 'file' ? ['--config', config] : []),
        ],
        way === 'variable' ? {LANTERN_EVAL_HEADER: line} : {},
      )
      await rm(config)
      expect(server.requests.length).toBeGreaterThanOrEqual(6)
      for (const {headers} of server.requests) expect(headers['x-api-secret']).toBe(secret)
      const written = await everythingWritten()
      expect(written).toContain('said [redacted]')
      expect(written).toContain('not with [redacted]')
      expect([written, stdout, stderr].join('\n')).not.toContain(secret)
      expect((await readLock(join(folder, 'run'))).environment['headers']).toEqual(['x-api-secret'])
    },
  )

  test('may be repeated, may hold commas, and replaces the key if it is an Authorization header', async () => {
    const server = await serve(() => ({kind: 'answer', text: '(A)'}))
    const headers = ['--header', 'X-List: a, b', '--header', 'Authorization: Basic abcdefgh']
    await run(server, ['--limit', '1', ...headers], {OPENAI_API_KEY: 'sk-of-the-environment'})
    expect(server.requests[0]!.headers).toMatchObject({'x-list': 'a, b', authorization: 'Basic abcdefgh'})
  })

  test('is not sent to a judge on another server, and neither are extra body fields', async () => {
    const model = await serve(() => ({kind: 'answer', text: 'a cat'}))
    const judge = await serve(() => ({kind: 'answer', text: '1'}))
    await run(model, [
      ...['--bench', 'viscot', '--limit', '2', '--judge', 'openai:judge', '--judge-base-url', judge.url],
      ...['--header', `X-Api-Secret: ${secret}`, '--extra-body', '{"top_a": 1}', '--max-error-rate', '1'],
    ])
    expect(judge.requests.length).toBeGreaterThan(0)
    for (const {headers, body} of judge.requests) {
      expect(headers['x-api-secret']).toBeUndefined()
      expect(body).not.toHaveProperty('top_a')
    }
  })
})

test('--extra-body is merged into every body, is part of the lock, and has its own replies in the cache', async () => {
  const server = await serve(() => ({kind: 'answer', text: '(A)'}))
  const extra = {chat_template_kwargs: {enable_thinking: false}, temperature: 0.25}
  const lockOf = async (out: string, ...args: string[]) => {
    await run(server, ['--limit', '2', ...args], {}, {out})
    return readLock(join(folder, out))
  }
  const without = await lockOf('plain')
  const lock = await lockOf('extra', '--extra-body', JSON.stringify(extra))
  expect(server.requests).toHaveLength(4)
  expect(server.requests.slice(2).map(({body}) => body)).toEqual([
    expect.objectContaining({...extra, model: 'm'}),
    expect.objectContaining({...extra, model: 'm'}),
  ])
  expect(lock.models[0]!.details).toEqual({extraBody: extra})
  expect(lock.hash).not.toBe(without.hash)
})

describe('--price', () => {
  test('gives a plan its cost', async () => {
    const server = await serve(() => ({kind: 'answer', text: '(A)'}))
    const args = ['--limit', '4', '--dry-run', '--json', '--price', '2,8']
    const priced = await run(server, args, {}, {model: 'openai:gpt-4o'})
    const {arms, cost} = JSON.parse(priced.stdout) as Plan
    expect(cost).toEqual({
      promptUsd: (arms[0]!.prompts!.tokens! * 2) / 1e6,
      newUsdAtMost: (arms[0]!.newTokensAtMost * 8) / 1e6,
    })
    expect(server.requests).toHaveLength(0)
  })

  test('makes --max-cost work if replies do not state costs', async () => {
    const usage = {prompt_tokens: 1000, completion_tokens: 100}
    const server = await serve(() => ({kind: 'answer', text: '(A)', usage}))
    // 1,000 x 10 / 10^6 + 100 x 100 / 10^6 = 0.02 a reply
    const {code, stderr} = await run(server, ['--max-cost', '0.1', '--price', '10,100', '--concurrency', '1'])
    expect(code).toBe(4)
    expect(stderr).toContain('the budget of 0.1 USD is used up')
    expect(server.requests).toHaveLength(5)
    expect(await settledRecords(join(folder, 'run'))).toHaveLength(5)
  })

  test('is required before anything is sent if --max-cost needs it', async () => {
    const server = await serve(() => ({kind: 'answer', text: '(A)'}))
    const {stderr} = await run(server, ['--max-cost', '1', '--dry-run'])
    expect(stderr).toContain('The price of openai:m is not known')
    expect(stderr).toContain('--price IN,OUT')
    expect(server.requests).toHaveLength(0)
  })
})

test('--no-cache, its variable and its key ask again, and --cache overrides them', async () => {
  const server = await serve(() => ({kind: 'answer', text: '(A)'}))
  const off = join(folder, 'off.yaml')
  await writeFile(off, 'no-cache: true\n')
  const asked = async (args: string[], env: Record<string, string> = {}) => {
    const before = server.requests.length
    await rm(join(folder, 'run'), {recursive: true, force: true})
    await run(server, ['--limit', '2', ...args], env)
    return server.requests.length - before
  }
  expect(await asked([])).toBe(2)
  expect(await asked([])).toBe(0)
  expect(await asked(['--no-cache'])).toBe(2)
  expect(await asked([], {LANTERN_EVAL_NO_CACHE: '1'})).toBe(2)
  expect(await asked(['--config', off])).toBe(2)
  expect(await asked(['--config', off, '--cache'])).toBe(0)
})
