// OpenAI's own client, unchanged, against the server.
import OpenAI from 'openai'
import {armOf, checkpointUnderTest, requestsOf} from '../../test/support/checkpoint-under-test.js'
import {fillQueue, type ServedForTest, serveForTest} from '../../test/support/served-model.js'
import {openRunner} from '../runners/index.js'

const model = 'builtin:nano-latent'
let served: ServedForTest
let client: OpenAI
beforeAll(async () => {
  served = await serveForTest(model, {key: 'secret'})
  client = new OpenAI({baseURL: served.url, apiKey: 'secret', maxRetries: 0})
})
afterAll(() => served?.close())

const messages = [{role: 'user', content: 'Which colour?'}] satisfies OpenAI.ChatCompletionMessageParam[]
const hello = {model, messages, temperature: 0, max_tokens: 24}

it('lists the model', async () => {
  const {data} = await client.models.list()
  expect(data.map(({id}) => id)).toEqual([model])
  expect((await client.models.retrieve(model)).object).toBe('model')
})

it('gives a completion with usage and log-probabilities', async () => {
  const {choices, usage} = await client.chat.completions.create({...hello, logprobs: true, top_logprobs: 3})
  const {message, logprobs, finish_reason: reason} = choices[0]!
  expect(message.content).not.toBe('')
  expect(['stop', 'length']).toContain(reason)
  expect(logprobs!.content!.map(({token}) => token).join('')).toBe(message.content)
  expect(logprobs!.content![0]!.top_logprobs).toHaveLength(3)
  expect(usage!.prompt_tokens + usage!.completion_tokens).toBe(usage!.total_tokens)
})

it('streams the same text, and its usage at the end', async () => {
  const whole = await client.chat.completions.create(hello)
  const stream = await client.chat.completions.create({...hello, stream: true, stream_options: {include_usage: true}})
  let text = ''
  let usage: OpenAI.CompletionUsage | null | undefined
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? ''
    usage = chunk.usage ?? usage
  }
  expect(text).toBe(whole.choices[0]!.message.content)
  expect(usage).toEqual(whole.usage)
})

it('gathers a stream into a completion', async () => {
  const whole = await client.chat.completions.create(hello)
  const gathered = await client.chat.completions.stream(hello).finalChatCompletion()
  expect(gathered.choices[0]!.message.content).toBe(whole.choices[0]!.message.content)
})

it('sees a picture in a data URI', async () => {
  const {group} = await checkpointUnderTest(openRunner, served.folder)
  const [request] = requestsOf(group(0)[0]!.sample, [armOf(model, 'latent', 'own')], 24)
  const content: OpenAI.ChatCompletionContentPart[] = []
  for (const part of request!.prompt.parts)
    if (part.type === 'text') content.push(part)
    else {
      const bytes = Buffer.from(await part.image.bytes()).toString('base64')
      content.push({type: 'image_url', image_url: {url: `data:image/png;base64,${bytes}`, detail: 'high'}})
    }
  const {usage} = await client.chat.completions.create({...hello, messages: [{role: 'user', content}]})
  const details = usage!.prompt_tokens_details as {readonly image_tokens?: number}
  expect(details.image_tokens).toBeGreaterThan(0)
})

describe('throws the errors of its own', () => {
  const thrown = (from: OpenAI, more: object = {}) =>
    from.chat.completions.create({...hello, ...more}).then(
      () => undefined,
      (error: unknown) => error,
    )

  it('for a wrong key', async () => {
    const error = await thrown(new OpenAI({baseURL: served.url, apiKey: 'other', maxRetries: 0}))
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError)
    expect(error).toMatchObject({status: 401, code: 'invalid_api_key', type: 'authentication_error'})
  })

  it('for a wrong value', async () => {
    const error = await thrown(client, {temperature: 3})
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error).toMatchObject({status: 400, param: 'temperature', message: expect.stringContaining('from 0 to 2')})
  })

  it('for another model', async () => {
    const error = await thrown(client, {model: 'gpt-4'})
    expect(error).toBeInstanceOf(OpenAI.NotFoundError)
    expect(error).toMatchObject({status: 404, code: 'model_not_found'})
  })

  it('for a full queue, and comes back when it is told to', async () => {
    await served.idle()
    const empty = await fillQueue(served, 'secret')
    const error = await thrown(client)
    expect(error).toBeInstanceOf(OpenAI.RateLimitError)
    const again = new OpenAI({baseURL: served.url, apiKey: 'secret', maxRetries: 5}).chat.completions.create(hello)
    empty()
    expect((await again).choices).toHaveLength(1)
  }, 60_000)
})

it('leaves a stream that it does not want to the end', async () => {
  const stream = await client.chat.completions.create({...hello, max_tokens: 4096, stream: true})
  for await (const _ of stream) break
  await served.idle()
}, 60_000)
