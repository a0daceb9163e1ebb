import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {
  type Behaviour,
  type OpenAIServer,
  type ReceivedRequest,
  startOpenAIServer,
} from '../../../test/support/openai-server.js'
import {askEndpoint, type RemoteTestOptions, remoteOptions} from '../../../test/support/remote-session.js'
import type {Mode, Request} from '../../core/generation.js'
import type {RunnerEvent} from '../runner.js'

type Token = readonly [token: string, logProb: number]

const options = ['red car', 'blue']

function request(id: string, mode: Mode = 'direct'): Request {
  return {
    sample: {id, benchmark: 'vstar', subtask: 's', images: [], question: 'q', gold: 'A', options, letters: ['A', 'B']},
    arm: {id: `openai:m|${mode}`, model: 'openai:m', mode, protocol: null, latentSize: null, intervention: null},
    prompt: {system: null, parts: [{type: 'text', text: id}]},
    decoding: {maxNewTokens: 16, temperature: 0, seed: 0},
    continuations: options,
  }
}

const many = (count: number) => Array.from({length: count}, (_, index) => request(String(index)))

let server: OpenAIServer
let cacheDir: string
let events: RunnerEvent[]

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'scoring-'))
  events = []
})
afterEach(async () => {
  await server.close()
  await rm(cacheDir, {recursive: true})
})

const isScoring = ({body}: ReceivedRequest) => body!['prompt_logprobs'] !== undefined
const scoringRequests = () => server.requests.filter(isScoring)

/** Answers, and gives an option what `score` says. */
async function serve(score: (option: string, index: number) => Behaviour): Promise<void> {
  let scored = 0
  server = await startOpenAIServer({
    behave: received =>
      isScoring(received)
        ? score(String(received.body!.messages.at(-1)!.content), scored++)
        : {kind: 'answer', text: 'A', usage: {}},
  })
}

/** Like vLLM: the end of the template, then the words of the option. */
const supported = (option: string): Behaviour => ({
  kind: 'answer',
  text: 'x',
  finish: 'length',
  promptLogProbs: [
    ['assistant', -7],
    ['\n', -0.5],
    ...option.split(/(?= )/).map((word): Token => [word, -word.length]),
  ],
})

const ask = (requests: readonly Request[], more: RemoteTestOptions = {}) =>
  askEndpoint(
    requests,
    remoteOptions({cacheDir, benchmarks: ['vstar'], notify: event => events.push(event), ...more}, server.url),
  )

const warnings = () => events.filter(({type}) => type === 'warning')
const answered = {text: 'A', stop: 'eos'}
const scores = [[-3, -4], [-4]]

describe('option likelihood', () => {
  it('comes with the answer where the endpoint gives the log-probabilities of prompts', async () => {
    await serve(supported)
    const generations = await ask(many(20))
    expect(generations).toHaveLength(20)
    for (const generation of generations)
      expect(generation).toMatchObject({...answered, attempts: 1, continuationLogProbs: scores})
    expect(scoringRequests()).toHaveLength(40)
    expect(scoringRequests()[0]!.body).toEqual({
      model: 'm',
      messages: [
        {role: 'user', content: '0'},
        {role: 'assistant', content: 'red car'},
      ],
      max_tokens: 1,
      temperature: 0,
      prompt_logprobs: 0,
      add_generation_prompt: false,
      continue_final_message: true,
    })
    expect(warnings()).toEqual([])
  })

  const unable: [name: string, behaviour: Behaviour][] = [
    ['refuses the fields', {kind: 'status', status: 400, body: {error: {message: 'unknown field prompt_logprobs'}}}],
    ['refuses the fields as if the name were wrong', {kind: 'status', status: 404}],
    ['ignores the fields', {kind: 'answer', text: 'A'}],
    [
      'ends the turn after the option',
      {
        kind: 'answer',
        text: 'A',
        promptLogProbs: [
          ['red car', -1],
          ['<|im_end|>', -1],
        ],
      },
    ],
  ]
  it.each(unable)('is asked for once at an endpoint that %s, with one warning', async (_name, behaviour) => {
    await serve(() => behaviour)
    const generations = await ask(many(40))
    expect(generations).toHaveLength(40)
    for (const generation of generations) {
      expect(generation).toMatchObject(answered)
      expect(generation.continuationLogProbs).toBeUndefined()
    }
    expect(scoringRequests()).toHaveLength(1)
    expect(warnings()).toEqual([
      {type: 'warning', message: expect.stringMatching(/^Option likelihood is not available for openai:m: /)},
    ])
  })

  it('is missing where an option fails later, and neither answers nor the endpoint are given up for that', async () => {
    await serve((option, index) => (index < 4 ? supported(option) : {kind: 'status', status: 401}))
    const generations = await ask(many(100), {concurrency: 2})
    expect(generations).toHaveLength(100)
    for (const generation of generations) expect(generation).toMatchObject(answered)
    expect(generations.filter(({continuationLogProbs}) => continuationLogProbs).length).toBeGreaterThan(0)
    expect(warnings()).toEqual([])
  })

  it('is cached, apart from the answers', async () => {
    await serve(supported)
    await ask(many(3), {cache: true})
    const sent = server.requests.length
    const again = await ask(many(3), {cache: true})
    for (const generation of again)
      expect(generation).toMatchObject({...answered, cached: true, continuationLogProbs: scores})
    expect(server.requests).toHaveLength(sent)
  })

  it('counts against the budget, whose end leaves the answer', async () => {
    await serve(supported)
    const generations = await ask(many(10), {maxRequests: 5, concurrency: 1})
    expect(server.requests).toHaveLength(5)
    expect(generations[0]).toMatchObject({...answered, continuationLogProbs: scores})
    expect(generations.every(({stop}) => stop === 'eos')).toBe(true)
  })

  it('is not asked for where thoughts come before the answer', async () => {
    await serve(supported)
    const [generation] = await ask([request('1', 'text-cot')])
    expect(generation!.continuationLogProbs).toBeUndefined()
    expect(scoringRequests()).toHaveLength(0)
  })
})
