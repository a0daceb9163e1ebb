import {type Behaviour, type OpenAIServer, startOpenAIServer} from '../../test/support/openai-server.js'
import {runnerOptions} from '../../test/support/runner-options.js'
import type {Score, Scoring} from '../core/outcome.js'
import type {Sample} from '../core/sample.js'
import {openJudge} from './judge.js'

const scoring: Scoring = {answer: 'open', metric: 'match', aggregate: 'macro'}
const sample: Sample = {
  id: 'gqa/7',
  benchmark: 'viscot',
  subtask: 'gqa',
  images: [],
  question: 'What is it?',
  gold: 'window',
}
const wrong: Score = {outcome: 'wrong', score: 0, answer: 'a window', metrics: {match: 0}}

let server: OpenAIServer
afterEach(() => server.close())

async function judge(behaviour: Behaviour, score: Score = wrong) {
  server = await startOpenAIServer({behave: () => behaviour})
  const options = runnerOptions()
  const judge = await openJudge({ref: 'openai:judge', baseUrl: server.url}, [{id: 'viscot', scoring}], options)
  try {
    return {
      judged: await judge.judge(sample, 'a window', scoring, score, new AbortController().signal),
      identity: judge.identity,
    }
  } finally {
    await judge.close()
  }
}

it('asks the endpoint with the official prompt and takes its mark', async () => {
  const {judged, identity} = await judge({kind: 'answer', text: 'score: 0.9'})
  expect(judged).toEqual({
    score: {outcome: 'correct', score: 0.9, answer: 'a window', metrics: {match: 0, judge: 0.9}},
    judge: {name: 'viscot_official', reply: 'score: 0.9'},
  })
  expect(server.requests[0]!.body!.messages.map(({role}) => role)).toEqual(['system', 'user'])
  expect(identity).toMatchObject({
    ref: 'openai:judge',
    prompts: {viscot: 'viscot_official'},
    prompt: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
})

it('turns an unreadable verdict into an error', async () => {
  const {judged} = await judge({kind: 'answer', text: 'It is fine.'})
  expect(judged).toMatchObject({
    score: {outcome: 'error', score: null},
    error: {code: 'judge-unreadable'},
    judge: {reply: 'It is fine.'},
  })
})

it('asks nothing about an answer that was cut', async () => {
  const {judged} = await judge({kind: 'answer', text: 'score: 1'}, {...wrong, outcome: 'truncated'})
  expect(judged.judge).toBeNull()
  expect(server.requests).toHaveLength(0)
})

it('stops the run when the judge cannot be asked', async () => {
  await expect(judge({kind: 'status', status: 401})).rejects.toMatchObject({code: 'endpoint'})
})
