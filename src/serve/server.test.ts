// A built-in model behind the server, asked as clients ask.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {armOf, checkpointUnderTest, requestsOf} from '../../test/support/checkpoint-under-test.js'
import {runnerOptions} from '../../test/support/runner-options.js'
import type {Generation, Request} from '../core/generation.js'
import {openRunner} from '../runners/index.js'
import type {Session} from '../runners/runner.js'
import {type ServedModel, serveModel} from './server.js'

const model = 'builtin:nano-latent'
let folder: string
let session: Session
let served: ServedModel
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serve-'))
  const common = {cacheDir: folder, keepLatents: true}
  session = await openRunner(model, runnerOptions({common, local: {threads: 1, joins: true}}))
  served = await serveModel(session, {host: '127.0.0.1', port: 0, key: 'secret'})
})
afterAll(async () => {
  await served?.close()
  await session?.close()
  await rm(folder, {recursive: true, force: true})
})

const post = (body: unknown, more: RequestInit = {}) =>
  fetch(`${served.url}/chat/completions`, {
    method: 'POST',
    headers: {authorization: 'Bearer secret', 'content-type': 'application/json'},
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...more,
  })
// biome-ignore lint/suspicious/noExplicitAny: replies are read as clients read them
const json = async (body: unknown): Promise<any> => (await post(body)).json()
const messages = [{role: 'user', content: 'Which colour?'}]
const hello = {model, messages, temperature: 0, max_tokens: 24}

/** The body of a request of a run. */
async function bodyOf({prompt, decoding}: Request) {
  const content = []
  for (const part of prompt.parts)
    content.push(
      part.type === 'text'
        ? part
        : {
            type: 'image_url',
            image_url: {url: `data:image/png;base64,${Buffer.from(await part.image.bytes()).toString('base64')}`},
          },
    )
  return {model, messages: [{role: 'user', content}], temperature: 0, max_tokens: decoding.maxNewTokens}
}

it('answers as the runner does, with own latents and zeros, several at once', async () => {
  const {group, open} = await checkpointUnderTest(openRunner, folder)
  const local = await open()
  const arms = [armOf(model, 'latent', 'own'), armOf(model, 'latent', 'zeros')]
  const requests = [0, 1, 2].flatMap(n => requestsOf(group(n)[0]!.sample, arms, 24))
  const expected: Generation[] = []
  const one = (async function* () {
    for (const request of requests) yield [request]
  })()
  for await (const generation of local.generate(one, new AbortController().signal)) expected.push(generation)
  await local.close()
  const replies = await Promise.all(
    requests.map(async request => {
      const {protocol, latentSize, intervention} = request.arm
      const latents = {protocol, latentSize, intervention, return: 'vectors'}
      return json({...(await bodyOf(request)), latents})
    }),
  )
  for (const [i, request] of requests.entries()) {
    const {text, usage, tokenIds} = expected.find(generation => generation.request === request)!
    const [choice] = replies[i].choices
    expect([choice.message.content, choice.latents.usage, choice.latents.tokenIds]).toEqual([text, usage, tokenIds])
    expect(choice.latents.engaged).toBe(true)
    expect(choice.latents.blocks[0].steps).toBe(5)
  }
}, 60_000)

it('streams the text that it gives at once, with usage and log-probabilities', async () => {
  const whole = await json({...hello, logprobs: true, top_logprobs: 2})
  const {content} = whole.choices[0].logprobs
  expect(content.length).toBeGreaterThan(0)
  expect(content[0].logprob).toBe(content[0].top_logprobs[0].logprob)
  const events = await (await post({...hello, stream: true, stream_options: {include_usage: true}})).text()
  const lines = events.trim().split('\n\n')
  expect(lines.pop()).toBe('data: [DONE]')
  const chunks = lines.map(line => JSON.parse(line.slice('data: '.length)))
  const text = chunks.map(({choices}) => choices[0]?.delta.content ?? '').join('')
  expect(text).toBe(whole.choices[0].message.content)
  expect(chunks.at(-1).usage).toEqual(whole.usage)
  expect(chunks.length).toBeGreaterThan(3)
}, 60_000)

it('feeds the vectors that it is given, and refuses those of another width', async () => {
  const {group} = await checkpointUnderTest(openRunner, folder)
  const [request] = requestsOf(group(0)[0]!.sample, [armOf(model, 'latent', 'zeros')], 24)
  const body = await bodyOf(request!)
  const zeros = (await json({...body, latents: {intervention: 'zeros', return: 'vectors'}})).choices[0]
  const inject = zeros.latents.blocks.map(({vectors}: {vectors: string[]}) => vectors)
  const fed = (await json({...body, latents: {intervention: 'own', inject}})).choices[0]
  const own = (await json({...body, latents: {intervention: 'own'}})).choices[0]
  expect(fed.message.content).toBe(zeros.message.content)
  expect([...new Set(fed.latents.blocks[0].norms)]).toEqual([0])
  expect(own.latents.blocks[0].norms[0]).toBeGreaterThan(0)
  const narrow = await post({...body, latents: {intervention: 'own', inject: [[[0, 0, 0]]]}})
  expect(narrow.status).toBe(400)
}, 60_000)

it.each([
  ['what is not JSON', '{', 400],
  ['deep brackets', '['.repeat(100_000), 400],
  ['a list', '[]', 400],
  ['no messages', {model}, 400],
  ['an unknown model', {...hello, model: 'gpt-4'}, 404],
  ['an unknown role', {model, messages: [{role: 'tool', content: 'x'}]}, 400],
  ['content of a wrong type', {model, messages: [{role: 'user', content: 7}]}, 400],
  ['a broken picture', {model, messages: [{role: 'user', content: [picture('data:image/png;base64,AAAA')]}]}, 400],
  ['a picture elsewhere', {model, messages: [{role: 'user', content: [picture('http://127.0.0.1/x.png')]}]}, 400],
  ['many tokens', {...hello, max_tokens: 1e12}, 400],
  ['two answers', {...hello, n: 2}, 400],
  ['tools', {...hello, tools: [{}]}, 400],
  ['a temperature of a wrong type', {...hello, temperature: 'hot'}, 400],
  ['an unknown intervention', {...hello, latents: {intervention: 'nothing-like-it'}}, 400],
  ['latents of a wrong type', {...hello, latents: {inject: [[['x']]]}}, 400],
])('refuses %s', async (_, body, status) => {
  const reply = await post(body)
  expect(reply.status).toBe(status)
  expect(((await reply.json()) as {error: unknown}).error).toEqual(
    expect.objectContaining({message: expect.stringMatching(/\.$/)}),
  )
})

it('refuses a large body, a missing key and an unknown path, and is in health', async () => {
  expect((await post('x'.repeat(65 * 2 ** 20)).catch(() => ({status: 413}))).status).toBe(413)
  expect((await post(hello, {headers: {}})).status).toBe(401)
  expect((await post(hello, {method: 'PUT'})).status).toBe(405)
  expect((await fetch(served.url.replace('/v1', '/health'))).status).toBe(200)
})

it('frees the row of a client that goes away', async () => {
  const leaving = new AbortController()
  const reply = await post({...hello, stream: true, max_tokens: 4096}, {signal: leaving.signal})
  await reply.body!.getReader().read()
  leaving.abort()
  const health = async () => ((await (await fetch(served.url.replace('/v1', '/health'))).json()) as {open: number}).open
  while ((await health()) > 0) await new Promise(resolve => setTimeout(resolve, 20))
  expect((await post(hello)).status).toBe(200)
}, 60_000)

function picture(url: string) {
  return {type: 'image_url', image_url: {url}}
}
