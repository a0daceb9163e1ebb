// What servers say, and what it must not be taken for. Their replies in full are in test/support/endpoint-cases.ts.
import {brotliCompressSync, gzipSync} from 'node:zlib'
import {startOpenAIServer} from '../../../test/support/openai-server.js'
import {askEndpoint, remoteOptions} from '../../../test/support/remote-session.js'
import {limits} from '../../core/limits.js'
import {bodyText} from './body-text.js'
import {faultIn} from './faults.js'
import {finishOf} from './finish.js'
import {refusedParameter} from './refused-parameter.js'
import {readReply} from './reply.js'
import {saidError} from './said-error.js'

describe('a refused parameter', () => {
  const refused = (message: string, {status = 400, param = ''} = {}) =>
    refusedParameter({message, code: '', param}, status, ['max_tokens', 'temperature', 'top_p'])

  test.each([
    ['a token limit that is too large', "'max_tokens' is too large: 1024. The model supports at most 512."],
    ['a prompt that leaves no room', 'max_tokens must be at least 1, got -5'],
    ['a field of another name', 'Unknown name "temperature_2" is not supported'],
    ['a complaint of pictures', 'image_url is not supported'],
  ])('is not %s', (_, message) => {
    expect(refused(message)).toBeUndefined()
  })

  test('is none where the key or the speed is to blame', () => {
    for (const status of [401, 403, 429]) expect(refused('temperature is not supported', {status})).toBeUndefined()
  })

  test('is known by its own field, and in either spelling', () => {
    expect(refused('Invalid value', {param: 'temperature'})).toBe('temperature')
    expect(refused('topP is not supported for this model')).toBe('top_p')
  })

  test('may be stop, where a server means the parameter and not the word', () => {
    const stop = (message: string) => refusedParameter({message, code: '', param: ''}, 400, ['stop'])
    for (const message of ["'stop' is too long", 'stop_sequences: no white space', 'Argument not supported: stop'])
      expect([message, stop(message)]).toEqual([message, 'stop'])
    expect(stop('Please stop sending pictures: they are not supported')).toBeUndefined()
  })
})

describe('a reply', () => {
  const choice = {index: 0, message: {content: 'A'}, finish_reason: 'stop'}

  test.each([
    ['packed beside a message that says ok', {code: 0, msg: 'ok', data: {choices: [choice]}}],
    ['within a list', [{choices: [choice]}]],
    ['whose message is a text', {choices: [{...choice, message: 'A'}]}],
    ['with an empty error beside it', {choices: [choice], error: {code: 0, message: ''}}],
  ])('%s is an answer', async (_, body) => {
    expect(await readReply(JSON.stringify(body), 16)).toMatchObject({kind: 'reply', reply: {text: 'A', stop: 'eos'}})
  })
})

describe('the words of a server', () => {
  const fault = (message: string, status = 400) => faultIn({message, code: ''}, status)

  test.each([
    ['a limit of speed', 'Rate limit reached: too many tokens per min. Limit: 30000', 429],
    [
      'a filter that is set up wrongly',
      'Your request contains invalid content filter policy. Please provide a valid policy.',
      400,
    ],
    ['an account that is locked', 'Your account was disabled for violating our usage policies.', 403],
    ['a model that cannot be loaded', 'error loading model: out of memory', 500],
    ['a wrong name', 'The model `m` does not exist or you do not have access to it.', 404],
    ['a voice', 'no such voice', 400],
  ])('are not taken for more than they say: %s', (_, message, status) => {
    expect(fault(message, status)).toBeUndefined()
  })

  test('are read for what they mean', () => {
    expect(fault('Loading model', 503)).toBe('loading')
    expect(fault('llm server loading model', 500)).toBe('loading')
    expect(fault('image input is not supported - hint: you may need to provide the mmproj', 500)).toBe('no-pictures')
    expect(fault('You exceeded your current quota, please check your plan', 429)).toBe('no-credit')
  })
})

test('words of filters are refusals, words nobody knows are stops', () => {
  expect(finishOf('content-filter')).toEqual({stop: 'refusal', known: true})
  expect(finishOf('Max Tokens')).toEqual({stop: 'length', known: true})
  expect(finishOf('hasOwnProperty')).toEqual({stop: 'eos', known: false})
})

test('an error that is too long to be looked at is not quoted', () => {
  expect(saidError(JSON.stringify({error: 'x'.repeat(limits.errorChars + 1)})).message).toBe(
    `an error of ${limits.errorChars + 1} characters`,
  )
})

test('an answer beyond its bound is no answer', async () => {
  const body = JSON.stringify({choices: [{message: {content: 'A'.repeat(limits.answerChars + 1)}}]})
  expect(await readReply(body, 16)).toMatchObject({kind: 'malformed', final: true})
})

test('what is nested as no server nests it is no reply, and takes no time', async () => {
  const began = performance.now()
  for (const body of ['['.repeat(4e6), `{"choices":${'['.repeat(2e6)}${']'.repeat(2e6)}}`, 'data: x\n\n'.repeat(4e5)])
    expect(await readReply(body, 16)).toMatchObject({kind: 'malformed'})
  expect(performance.now() - began).toBeLessThan(5_000)
})

describe('a body', () => {
  async function* sent(bytes: Uint8Array) {
    yield bytes
  }

  test('that unpacks to more than its bound is refused', async () => {
    const bomb = brotliCompressSync(Buffer.alloc(limits.replyBytes + 1))
    await expect(bodyText(sent(bomb), {'content-encoding': 'br'})).rejects.toMatchObject({
      message: 'the reply is larger than 16 MB',
      final: true,
    })
  })

  test('is unpacked as often as it was packed, and where no header says so', async () => {
    const text = '{"a": 1}'
    expect(await bodyText(sent(brotliCompressSync(gzipSync(text))), {'content-encoding': 'gzip, br'})).toBe(text)
    expect(await bodyText(sent(gzipSync(text)), {})).toBe(text)
  })

  test('that was cut, or is packed in an unknown way, says so', async () => {
    const cut = gzipSync('x'.repeat(1000)).subarray(0, 20)
    await expect(bodyText(sent(cut), {'content-encoding': 'gzip'})).rejects.toThrow('cannot be unpacked or was cut')
    await expect(bodyText(sent(Buffer.from([1, 2, 3])), {'content-encoding': 'lzma'})).rejects.toThrow('lzma')
  })
})

test('waiting for a model that loads uses no budget, and ends with the time limit', async () => {
  const loading = {
    kind: 'status' as const,
    status: 503,
    headers: {'retry-after-ms': '20'},
    body: {error: 'Loading model'},
  }
  let server = await startOpenAIServer({behave: ({index}) => (index < 5 ? loading : {kind: 'answer', text: 'A'})})
  const request = {
    sample: {id: '1', benchmark: 'blink', subtask: 's', images: [], question: 'q', gold: 'A'},
    arm: {id: 'a', model: 'openai:m', mode: 'direct' as const, protocol: null, latentSize: null, intervention: null},
    prompt: {system: null, parts: [{type: 'text' as const, text: 'q'}]},
    decoding: {maxNewTokens: 16, temperature: 0, seed: 0},
  }
  const [generation] = await askEndpoint([request], remoteOptions({maxRequests: 1}, server.url))
  expect(generation).toMatchObject({text: 'A', attempts: 6})
  await server.close()
  server = await startOpenAIServer({behave: () => loading})
  await expect(askEndpoint([request], remoteOptions({timeoutMs: 200}, server.url))).rejects.toMatchObject({
    code: 'endpoint',
    suggestion: expect.stringContaining('--timeout'),
  })
  await server.close()
})
