// What `--observe-latents` does at endpoints that do not show their latents, or not as they should.

import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {armOf, checkpointUnderTest, requestsOf} from '../../../test/support/checkpoint-under-test.js'
import {startOpenAIServer} from '../../../test/support/openai-server.js'
import {askEndpoint, remoteOptions} from '../../../test/support/remote-session.js'
import type {Request} from '../../core/generation.js'
import {openRunner} from '../index.js'

const latent = {protocol: 'lantern', size: 5, ids: {start: 1, pad: 2, end: 3}}
const whole = {blocks: [{steps: 1, norms: [1]}], engaged: true, tokenIds: [7], latentAt: [0], pictures: []}
const usage = {promptTokens: 3, imageTokens: 1, textTokens: 2, latentSteps: 1, markerTokens: 2, blocks: 1}

let request: Request
beforeAll(async () => {
  const {group} = await checkpointUnderTest(openRunner, '')
  request = requestsOf(group(0)[0]!.sample, [armOf('openai:m', 'latent', 'own')], 8)[0]!
})

/** An endpoint with this list of models, whose choices hold `more`. */
async function endpoint(models: unknown, more: object, ask: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((incoming, outgoing) => {
    incoming.resume().on('end', () => {
      const choice = {index: 0, message: {role: 'assistant', content: 'A'}, finish_reason: 'stop', ...more}
      const reply = incoming.url!.endsWith('/models') ? models : {choices: [choice], usage: {completion_tokens: 1}}
      outgoing.setHeader('content-type', 'application/json').end(JSON.stringify(reply))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  try {
    await ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const served = {data: [{id: 'm', latent}]}
const observing = (url: string, keepLatents = false) => remoteOptions({observeLatents: true, keepLatents}, url)

it.each([
  [
    'lists models without their latents',
    {data: [{id: 'm', object: 'model'}]},
    'unsupported',
    'does not show the latents of m',
  ],
  ['lists nothing', {}, 'unsupported', 'does not show the latents of m'],
  ['lists other models', {data: [{id: 'other', latent}]}, 'endpoint', 'serves no model m'],
])('does not open an endpoint that %s', (_, models, code, sentence) =>
  endpoint(models, {}, async url => {
    await expect(openRunner('openai:m', observing(url))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(sentence),
    })
  }),
)

it('knows the checkpoint by what the endpoint says of it', () =>
  endpoint({data: [{id: 'm', latent, sha256: 'abc', precision: 'fp32', details: {graphs: 4}}]}, {}, async url => {
    const session = await openRunner('openai:m', observing(url))
    const identity = session.describe()
    await session.close()
    expect(identity).toMatchObject({
      sha256: 'abc',
      precision: 'fp32',
      details: {graphs: 4},
      latent,
      observesLatents: true,
    })
  }))

it.each([
  ['ignores what was asked', {}, false],
  ['says null', {latents: null}, false],
  ['says something else', {latents: {engaged: true}}, false],
  ['leaves the vectors out', {latents: {...whole, usage}}, true],
])('records an error, not an answer without latents, where an endpoint %s', (_, more, keep) =>
  endpoint(served, more, async url => {
    const [generation] = await askEndpoint([request], observing(url, keep))
    expect(generation).toMatchObject({stop: 'error', error: {code: 'no-latents'}})
  }),
)

it('takes counts from what the endpoint says', () =>
  endpoint(served, {latents: {...whole, usage}}, async url => {
    const [generation] = await askEndpoint([request], observing(url))
    expect(generation).toMatchObject({stop: 'eos', text: 'A', usage, tokenIds: [7], latentAt: [0]})
    expect(generation!.costUsd).toBeUndefined()
  }))

it('asks nobody for latents without the flag', async () => {
  const server = await startOpenAIServer({behave: () => ({kind: 'answer', text: 'A'})})
  try {
    await askEndpoint([request], remoteOptions({}, server.url))
    expect(server.requests.map(({path, body}) => [path, body!['latents']])).toEqual([
      ['/v1/chat/completions', undefined],
    ])
  } finally {
    await server.close()
  }
})
