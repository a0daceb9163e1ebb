import {armOf, requestsOf} from '../../test/support/checkpoint-under-test.js'
import {failedGeneration, type Generation, type Request, unknownTiming, unknownUsage} from '../core/generation.js'
import {checkedSession} from './checked-session.js'
import type {Session} from './runner.js'

const identity = {ref: 'mine:x', latent: null, observesLatents: false, needsImages: false, remote: false}
const [request] = requestsOf(
  {id: '1', benchmark: 'blink', subtask: 's', images: [], question: 'Which?', gold: 'A'},
  [armOf('mine:x', 'direct')],
  4,
)
const answer: Generation = {
  request: request!,
  text: '',
  stop: 'eos',
  usage: unknownUsage,
  timing: unknownTiming,
  attempts: 1,
  seen: null,
}

const session = (answers: (request: Request) => readonly unknown[]): Session => ({
  describe: () => identity,
  async *generate(groups) {
    for await (const group of groups) for (const one of group) yield* answers(one) as Generation[]
  },
  close: async () => undefined,
})

async function answersOf(mine: Session, signal = new AbortController().signal): Promise<Generation[]> {
  async function* groups() {
    yield [request!]
  }
  const answers: Generation[] = []
  for await (const one of checkedSession('mine', mine).generate(groups(), signal)) answers.push(one)
  return answers
}

const refused = (message: string) =>
  expect.objectContaining({code: 'bad-config', message: `The runner "mine" ${message}.`})

test('whole answers and failures pass as they are', async () => {
  expect(await answersOf(session(() => [answer]))).toEqual([answer])
  const failed = failedGeneration(request!, 'no-letter', 'there is none')
  expect(await answersOf(session(() => [failed]))).toEqual([failed])
})

test('a session that pulls nothing is refused', async () => {
  const idle: Session = {...session(() => []), async *generate() {}}
  await expect(answersOf(idle)).rejects.toEqual(refused('ended before every request had an answer'))
})

test('after an abort requests may be left', async () => {
  expect(
    await answersOf(
      session(() => []),
      AbortSignal.abort(),
    ),
  ).toEqual([])
})

test.each([
  ['two answers', [answer, answer], 'answered a request twice, or one that it was not given'],
  ['no answer', [], 'ended before every request had an answer'],
  [
    'the answer to another request',
    [{...answer, request: {...request}}],
    'answered a request twice, or one that it was not given',
  ],
  ['nothing for an answer', [undefined], 'gave an answer that is no object'],
  ['no text', [{...answer, text: undefined}], 'gave an answer that has a wrong text: it must be a text'],
  [
    'an unknown stop',
    [{...answer, stop: 'done'}],
    'gave an answer that has a wrong stop: it must be one of eos, length, refusal, abort, error',
  ],
  ['no usage', [{...answer, usage: {}}], 'gave a usage that has a wrong promptTokens: it must be a number, or null'],
  ['a failure without an error', [{...answer, stop: 'error'}], 'gave an error that is no object'],
])('%s is refused', async (_what, answers, message) => {
  await expect(answersOf(session(() => answers))).rejects.toEqual(refused(message))
})

test.each([
  ['nothing', null, 'gave a session that is no object'],
  [
    'a session without generate',
    {describe: () => identity, close: async (): Promise<void> => undefined},
    'gave a session that has a wrong generate: it must be a function',
  ],
  [
    'an empty description',
    {...session(() => []), describe: () => ({})},
    'gave a description of its model that has a wrong ref: it must be a text that is not empty',
  ],
])('%s is refused when it is opened', (_what, mine, message) => {
  expect(() => checkedSession('mine', mine as never)).toThrow(refused(message))
})
