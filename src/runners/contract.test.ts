// Every runner under one contract; a new runner adds a row.
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {armOf, checkpointUnderTest, requestsOf} from '../../test/support/checkpoint-under-test.js'
import {type OpenAIServer, startOpenAIServer} from '../../test/support/openai-server.js'
import {type RunnerUnderTest, runnerContract} from '../../test/support/runner-contract.js'
import {runnerOptions} from '../../test/support/runner-options.js'
import type {Sample} from '../core/sample.js'
import {openRunner} from './index.js'

/** A question without pictures; its text contains `n`. */
const asked = (n: number | string): Sample => ({
  id: String(n),
  benchmark: 'blink',
  subtask: 's',
  images: [],
  question: `Question ${n}?`,
  options: ['yes', 'no'],
  letters: ['A', 'B'],
  gold: 'A',
})

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runners-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

runnerContract('a local checkpoint', () => checkpointUnderTest(openRunner, folder))

runnerContract('an endpoint', async (): Promise<RunnerUnderTest> => {
  const server: OpenAIServer = await startOpenAIServer({
    behave({body}) {
      const prompt = String(body!.messages.at(-1)!.content)
      return prompt.includes('Question broken?')
        ? {kind: 'status', status: 400, body: {error: {message: 'this prompt is not for me'}}}
        : {kind: 'answer', text: `reply to ${prompt}`}
    },
    delayMs: 5,
  })
  const options = runnerOptions({common: {cacheDir: folder}, remote: {baseUrls: {'*': server.url}}})
  const arms = [armOf('openai:m', 'direct'), armOf('openai:m', 'text-cot')]
  return {
    open: () => openRunner('openai:m', options),
    group: n => requestsOf(asked(n), arms, 16),
    failing: () => requestsOf(asked('broken'), arms, 16),
    close: () => server.close(),
  }
})

runnerContract('saved answers', async (): Promise<RunnerUnderTest> => {
  const path = join(folder, 'answers.jsonl')
  const lines = Array.from({length: 100}, (_, n) => JSON.stringify({id: String(n), text: `answer ${n}`}))
  await writeFile(path, `${lines.join('\n')}\n`)
  const ref = `replay:${path}`
  return {
    open: () => openRunner(ref, runnerOptions({common: {benchmarks: ['blink']}})),
    group: n => requestsOf(asked(n % lines.length), [armOf(ref, 'direct')], 16),
    failing: () => requestsOf(asked('unsaved'), [armOf(ref, 'direct')], 16),
  }
})
