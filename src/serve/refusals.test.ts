// What clients do wrong, on purpose or not: each gets a status and OpenAI's error object, and the server goes on.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import sharp from 'sharp'
import {fillQueue, rawConnection, type ServedForTest, serveForTest} from '../../test/support/served-model.js'
import {writeTinyCheckpoint} from '../../test/support/tiny-checkpoint.js'
import {serveLimits} from '../core/limits.js'

const model = 'builtin:nano-latent'
let served: ServedForTest
beforeAll(async () => {
  served = await serveForTest(model, {key: 'secret'})
})
afterAll(() => served?.close())

const messages = [{role: 'user', content: 'Which colour?'}]
const hello = {model, messages, temperature: 0, max_tokens: 4}
const withPicture = (url: unknown) => ({
  ...hello,
  messages: [{role: 'user', content: [{type: 'image_url', image_url: {url}}]}],
})

function send(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${served.url}${path}`, {headers: {authorization: 'Bearer secret'}, ...init})
}
const post = (body: unknown) =>
  send('/chat/completions', {method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body)})

/** OpenAI's error object, whose message is a sentence. */
async function errorOf(reply: Response): Promise<{message: string; param: string | null; code: string | null}> {
  expect(reply.headers.get('content-type')).toBe('application/json')
  const {error} = (await reply.json()) as {error: {message: string; type: string; param: string; code: string}}
  expect(error).toEqual({
    message: expect.stringMatching(/\.$/),
    type: expect.stringMatching(/_error$/),
    ...{param: error.param ?? null, code: error.code ?? null},
  })
  return error
}

it.each<[string, unknown, number, string | null]>([
  ['what is not JSON', '{', 400, null],
  ['nothing', '', 400, null],
  ['deep brackets', '['.repeat(100_000), 400, null],
  ['a list', '[]', 400, null],
  ['a body without a model', {messages}, 400, 'model'],
  ['an unknown model', {...hello, model: 'gpt-4'}, 404, 'model'],
  ['no messages', {model}, 400, 'messages'],
  ['an unknown role', {...hello, messages: [{role: 'tool', content: 'x'}]}, 400, 'messages[0].role'],
  [
    'a system after the user',
    {...hello, messages: [...messages, {role: 'system', content: 'x'}]},
    400,
    'messages[1].role',
  ],
  [
    'an end with the assistant',
    {...hello, messages: [...messages, {role: 'assistant', content: 'x'}]},
    400,
    'messages',
  ],
  ['content of a wrong type', {...hello, messages: [{role: 'user', content: 7}]}, 400, 'messages[0].content'],
  ['a sound', {...hello, messages: [{role: 'user', content: [{type: 'input_audio'}]}]}, 400, 'messages[0].content[0]'],
  ['no tokens', {...hello, max_tokens: 0}, 400, 'max_tokens'],
  ['many tokens', {...hello, max_completion_tokens: 1e12}, 400, 'max_completion_tokens'],
  ['half a token', {...hello, max_tokens: 1.5}, 400, 'max_tokens'],
  ['two answers', {...hello, n: 2}, 400, 'n'],
  ['a hot temperature', {...hello, temperature: 2.1}, 400, 'temperature'],
  ['a temperature of a wrong type', {...hello, temperature: 'hot'}, 400, 'temperature'],
  ['a share beyond one', {...hello, top_p: 1.01}, 400, 'top_p'],
  ['a penalty', {...hello, frequency_penalty: 1}, 400, 'frequency_penalty'],
  ['many likely tokens', {...hello, logprobs: true, top_logprobs: 21}, 400, 'top_logprobs'],
  ['likely tokens alone', {...hello, top_logprobs: 2}, 400, 'top_logprobs'],
  ['tools', {...hello, tools: [{type: 'function', function: {name: 'f'}}]}, 400, 'tools'],
  ['a schema for the answer', {...hello, response_format: {type: 'json_object'}}, 400, 'response_format'],
  ['an unknown intervention', {...hello, latents: {intervention: 'nothing-like-it'}}, 400, 'latents.intervention'],
  ['an unknown protocol', {...hello, latents: {protocol: 'nothing-like-it'}}, 400, 'latents.protocol'],
  ['vectors that are none', {...hello, latents: {inject: [[['x']]]}}, 400, 'latents.inject[0][0]'],
  ['a donor without latents', {...hello, latents: {intervention: 'swap'}}, 400, 'latents.inject'],
  ['noise without statistics', {...hello, latents: {intervention: 'matched-noise'}}, 400, 'latents.statistics'],
  ['another picture that is not sent', {...hello, latents: {intervention: 'other-image'}}, 400, 'latents.pictures'],
  ['boxes that are none', {...hello, latents: {sample: {boxes: [[1, 2, 3]]}}}, 400, 'latents.sample.boxes'],
  ['a picture of http', withPicture('http://127.0.0.1:1/x.png'), 400, 'messages[0].content[0].image_url'],
  ['a picture of https', withPicture('https://example.org/x.png'), 400, 'messages[0].content[0].image_url'],
  ['a picture on the disk', withPicture('file:///etc/passwd'), 400, 'messages[0].content[0].image_url'],
  ['a picture without an address', withPicture(7), 400, 'messages[0].content[0].image_url'],
  ['bytes that are no picture', withPicture('data:image/png;base64,AAAA'), 400, 'messages[0].content[0].image_url'],
  [
    'a drawing',
    withPicture(asUri('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')),
    400,
    'messages[0].content[0].image_url',
  ],
])('refuses %s', async (_, body, status, param) => {
  const reply = await post(body)
  expect(reply.status).toBe(status)
  expect((await errorOf(reply)).param).toBe(param)
})

it('says why it fetches no picture', async () => {
  const {message} = await errorOf(await post(withPicture('http://169.254.169.254/latest/meta-data')))
  expect(message).toContain('this server fetches nothing from the network')
})

it('refuses a picture of which only the beginning came, and a few bytes that would be a huge picture', async () => {
  const png = await sharp({create: {width: 64, height: 64, channels: 3, background: 'red'}})
    .png()
    .toBuffer()
  expect((await post(withPicture(asUri(png.subarray(0, 60))))).status).toBe(400)
  expect((await post(withPicture(asUri(png)))).status).toBe(200)
  // The size is said in the header (PNG specification, 11.2.2): 2.5 thousand million pixels of one colour.
  const bomb = Buffer.from(png)
  bomb.writeUInt32BE(50_000, 16)
  bomb.writeUInt32BE(50_000, 20)
  const reply = await post(withPicture(asUri(bomb)))
  expect(reply.status).toBe(400)
  expect((await errorOf(reply)).message).toContain(`more than ${serveLimits.pixels} pixels`)
}, 60_000)

it('goes on after a method that this checkpoint has no tokens for', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'plain-'))
  const plainModel = await writeTinyCheckpoint(join(folder, 'plain'), {latentSize: null})
  const plain = await serveForTest(plainModel)
  const ask = (more: object) =>
    fetch(`${plain.url}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({...hello, model: plainModel, ...more}),
    })
  try {
    const reply = await ask({latents: {protocol: 'monet'}})
    expect(reply.status).toBe(400)
    expect((await errorOf(reply)).code).toBe('unsupported')
    expect((await ask({latents: {}})).status).toBe(400)
    expect((await ask({})).status).toBe(200)
  } finally {
    await plain.close()
    await rm(folder, {recursive: true})
  }
}, 60_000)

it('refuses vectors of another width than those of the model', async () => {
  const wide = {intervention: 'swap', inject: [[[1, 2, 3]]]}
  const reply = await post({...hello, latents: wide})
  expect(reply.status).toBe(400)
  expect((await errorOf(reply)).message).toContain('3 numbers')
})

it('asks for its key, and tells nothing of it', async () => {
  for (const authorization of ['', 'Bearer wrong', 'Bearer secret2', 'secret', 'Basic c2VjcmV0'])
    for (const path of ['/models', '/chat/completions']) {
      const reply = await send(path, {headers: authorization ? {authorization} : {}})
      expect(reply.status).toBe(401)
      const error = await errorOf(reply)
      expect(error.code).toBe('invalid_api_key')
      expect(JSON.stringify(error)).not.toContain('secret')
    }
})

it('knows its paths and methods', async () => {
  expect((await send('/models')).status).toBe(200)
  expect((await send(`/models/${encodeURIComponent(model)}`)).status).toBe(200)
  expect((await errorOf(await send('/models/gpt-4'))).code).toBe('model_not_found')
  expect((await send('/completions', {method: 'POST', body: '{}'})).status).toBe(404)
  const head = await send('/models', {method: 'HEAD'})
  expect([head.status, await head.text()]).toEqual([200, ''])
  for (const method of ['OPTIONS', 'GET', 'PUT', 'DELETE']) {
    const reply = await send('/chat/completions', {method})
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'POST'])
    await errorOf(reply)
  }
  expect((await fetch(served.url.replace('/v1', '/health'), {method: 'HEAD'})).status).toBe(200)
})

it('refuses a body that is too large, whether its size is said or not', async () => {
  const {bodyBytes} = serveLimits
  const head = ['POST /v1/chat/completions HTTP/1.1', 'host: x', 'authorization: Bearer secret']
  const said = rawConnection(served.url, [...head, `content-length: ${bodyBytes + 1}`, '', ''].join('\r\n'))
  const reply = await said.reply
  expect(reply).toMatch(/^HTTP\/1\.1 413 /)
  expect(JSON.parse(reply.split('\r\n\r\n')[1]!).error.message).toContain(String(bodyBytes))
  let left = bodyBytes / 2 ** 20 + 8
  const pieces = new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new Uint8Array(2 ** 20))
      else controller.close()
    },
  })
  const endless = send('/chat/completions', {method: 'POST', body: pieces, duplex: 'half'} as RequestInit)
  // The connection may be closed before the client reads why.
  const status = await endless.then(reply => reply.status).catch(() => 413)
  expect(status).toBe(413)
  expect((await post(hello)).status).toBe(200)
}, 60_000)

it('tells clients to come back while its queue is full', async () => {
  await served.idle()
  const empty = await fillQueue(served, 'secret')
  const reply = await post(hello)
  expect(reply.status).toBe(429)
  expect(reply.headers.get('retry-after')).toBe(String(serveLimits.retryAfterSeconds))
  expect((await errorOf(reply)).code).toBe('queue_full')
  empty()
  while ((await post(hello)).status === 429) await new Promise(resolve => setTimeout(resolve, 20))
}, 60_000)

it('does not wait for headers and bodies that never come whole', async () => {
  const hasty = await serveForTest(model, {bodyMs: 400})
  try {
    const replies = [
      'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n',
      'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{',
    ]
    for (const begun of replies) {
      const reply = await rawConnection(hasty.url, begun).reply
      expect(reply).toMatch(/^HTTP\/1\.1 408 /)
      expect(JSON.parse(reply.split('\r\n\r\n')[1]!).error.type).toBe('invalid_request_error')
    }
    await hasty.idle()
  } finally {
    await hasty.close()
  }
}, 60_000)

it.each([
  ['what is not HTTP', 'hello\r\n\r\n', 400],
  ['long headers', `GET /health HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`, 431],
])('answers %s in words', async (_, text, status) => {
  const reply = await rawConnection(served.url, text).reply
  expect(reply).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  expect(JSON.parse(reply.split('\r\n\r\n')[1]!).error.message).toMatch(/\.$/)
})

it('serves others beside a client that never reads its stream', async () => {
  const body = JSON.stringify({...hello, stream: true, max_tokens: 400, logprobs: true, top_logprobs: 20})
  const head = ['POST /v1/chat/completions HTTP/1.1', 'host: x', 'authorization: Bearer secret']
  const {socket} = rawConnection(served.url, [...head, `content-length: ${body.length}`, '', body].join('\r\n'))
  socket.pause()
  expect((await post(hello)).status).toBe(200)
  await served.idle()
  socket.destroy()
}, 60_000)

function asUri(bytes: Uint8Array | string): string {
  return `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`
}
