// A built-in model behind the server, asked as clients ask.
import {armOf, checkpointUnderTest, requestsOf} from '../../test/support/checkpoint-under-test.js'
import {type ServedForTest, serveForTest} from '../../test/support/served-model.js'
import type {Generation, Request} from '../core/generation.js'
import {openRunner} from '../runners/index.js'

const model = 'builtin:nano-latent'
let served: ServedForTest
beforeAll(async () => {
  served = await serveForTest(model, {key: 'secret'})
})
afterAll(() => served?.close())

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
  const {group, open} = await checkpointUnderTest(openRunner, served.folder)
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
  const {group} = await checkpointUnderTest(openRunner, served.folder)
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

it('frees the row of a client that goes away', async () => {
  const leaving = new AbortController()
  const reply = await post({...hello, stream: true, max_tokens: 4096}, {signal: leaving.signal})
  await reply.body!.getReader().read()
  leaving.abort()
  await served.idle()
  expect((await post(hello)).status).toBe(200)
}, 60_000)

it('gives a request that joins a running batch the text that it gives it alone', async () => {
  const alone = await json(hello)
  const long = {...hello, messages: [{role: 'user', content: 'Count.'}], max_tokens: 300, stream: true}
  const running = await Promise.all([0, 1].map(() => post(long)))
  const readers = running.map(reply => reply.body!.getReader())
  for (const reader of readers) await reader.read()
  const joined = await json(hello)
  expect(joined.choices[0].message).toEqual(alone.choices[0].message)
  expect(joined.usage).toEqual(alone.usage)
  for (const reader of readers) await reader.cancel()
  await served.idle()
}, 60_000)
