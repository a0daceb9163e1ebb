// `run --dry-run` as a process, compared with the runs it predicts.
import {copyFile, mkdir, mkdtemp, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import type {Plan} from '../src/evaluation/plan.js'
import {readLock, settledRecords} from '../src/run-folder/reader.js'
import {cli} from './support/cli.js'
import {type Behaviour, type OpenAIServer, startOpenAIServer} from './support/openai-server.js'

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url))
let folder: string
let server: OpenAIServer | null
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plan-'))
  server = null
})
afterEach(async () => {
  await server?.close()
  await rm(folder, {recursive: true, force: true})
})

const run = (...args: string[]) =>
  cli(['run', '--out', join(folder, 'run'), ...args], {
    env: {LANTERN_EVAL_CACHE_DIR: join(folder, 'cache'), HF_HUB_OFFLINE: '1'},
  })
const plan = async (...args: string[]): Promise<Plan> => JSON.parse((await run('--dry-run', '--json', ...args)).stdout)

/** Totals over the settled records of an arm. */
async function usage(arm: string): Promise<{tokens: number; imageTokens: number; n: number}> {
  const mine = (await settledRecords(join(folder, 'run'))).filter(
    record => record.arm === arm && record.outcome !== 'error',
  )
  const sum = (key: 'promptTokens' | 'imageTokens') => mine.reduce((total, record) => total + record.usage[key]!, 0)
  return {tokens: sum('promptTokens'), imageTokens: sum('imageTokens'), n: mine.length}
}

describe('the plan of a local checkpoint', () => {
  const asked = [
    '--model',
    join(fixtures, 'goldens', 'checkpoints', 'nano-latent'),
    '--mode',
    'direct,latent',
    '--max-new-tokens',
    '2',
  ]

  it.each(['blink', 'vstar'])(
    'counts exactly the tokens that a run over %s takes, under the same lock, without loading a model',
    async bench => {
      const args = [
        ...asked,
        '--bench',
        bench,
        '--data',
        'builtin',
        '--limit',
        '12',
        '--max-error-rate',
        '1',
        '--intervention',
        'own,zeros',
      ]
      const {arms, lock, cost} = await plan(...args)
      // The cache holds the hash of the weights but no graph.
      expect(await readdir(join(folder, 'cache'))).not.toContain('graphs')
      expect(cost).toBeNull()
      await run(...args)
      expect((await readLock(join(folder, 'run'))).hash).toBe(lock)
      expect(arms).toHaveLength(3)
      for (const {id, prompts} of arms) {
        const {n, ...taken} = await usage(id)
        expect(n).toBe(12)
        expect(prompts).toMatchObject({...taken, basis: 'counted', failing: 0})
      }
      const {arms: after} = await plan(...args)
      expect(after.map(({settled, newTokensAtMost, prompts}) => [settled, newTokensAtMost, prompts?.tokens])).toEqual(
        arms.map(() => [12, 0, 0]),
      )
    },
  )

  it('reports how many prompts will fail, and counts the others', async () => {
    const data = join(folder, 'data')
    await mkdir(data)
    await copyFile(join(fixtures, 'goldens', 'images', 'rgb.jpg'), join(data, 'a.jpg'))
    await writeFile(join(data, 'broken.jpg'), 'no picture')
    const line = (image: string, id: number) => ({
      image,
      text: 'What?\n(A) this\n(B) that\nAnswer.',
      category: 'direct_attributes',
      label: 'A',
      question_id: id,
    })
    const lines = ['a.jpg', 'broken.jpg', 'absent.jpg'].map(line).map(value => JSON.stringify(value))
    await writeFile(join(data, 'test_questions.jsonl'), `${lines.join('\n')}\n`)
    const args = [...asked, '--bench', 'vstar', '--data', data, '--max-error-rate', '1']
    const {arms} = await plan(...args)
    await run(...args)
    for (const {id, prompts} of arms) {
      const {n, ...taken} = await usage(id)
      expect([n, prompts]).toMatchObject([1, {...taken, failing: 2}])
    }
  })
})

describe('the plan of an endpoint', () => {
  const answer: Behaviour = {
    kind: 'answer',
    text: '<answer>A</answer>',
    usage: {prompt_tokens: 321, completion_tokens: 3},
  }
  const asked = (name: string) => [
    '--model',
    `openai:${name}`,
    '--bench',
    'blink',
    '--data',
    'builtin',
    '--no-cache',
    '--max-retries',
    '0',
  ]

  it('estimates tokens by a named rule, and the cost where a price is known', async () => {
    const args = [...asked('gpt-4o'), '--mode', 'direct,text-cot', '--limit', '24']
    const {arms, cost} = await plan(...args)
    const [direct] = arms as [Plan['arms'][0]]
    expect(direct).toMatchObject({items: 24, settled: 0, requests: 24, newTokensAtMost: 24 * 16})
    const {tokens, textTokens, imageTokens, basis, rule} = direct.prompts!
    expect([basis, tokens]).toEqual(['estimated', textTokens! + imageTokens!])
    expect(rule).toContain('170 for each tile')
    // Each drawn picture fits into one tile; a sample has one to three.
    expect(imageTokens! % 255).toBe(0)
    expect(imageTokens).toBeGreaterThanOrEqual(24 * 255)
    expect(direct.cost!.promptUsd).toBeCloseTo((tokens! * 2.5) / 1e6, 12)
    expect(direct.cost!.newUsdAtMost).toBeCloseTo((24 * 16 * 10) / 1e6, 12)
    expect(cost!.newUsdAtMost).toBeCloseTo((24 * (16 + 1024) * 10) / 1e6, 12)
    const stdout = (await run('--dry-run', ...args)).stdout.replace(/\s+/g, ' ')
    expect(stdout).toMatch(/prompts: about \d+ tokens, \d+ of them pictures \(estimated: /)
    expect(stdout).toMatch(
      /cost: about 0\.0\d+ USD for prompts, at most 0\.0038 USD for new tokens \(OpenAI's list prices/,
    )
    expect(stdout).toMatch(/All arms: about 0\.\d+ USD for prompts, at most 0\.25 USD for new tokens/)
  })

  it('reports what is unknown about an unknown model, and measures the replies once there are some', async () => {
    server = await startOpenAIServer({
      behave: ({index}) => (index > 0 && index % 2 === 0 ? {kind: 'status', status: 400} : answer),
    })
    const args = [...asked('m'), '--base-url', server.url, '--limit', '24']
    const before = await plan(...args)
    expect(before.arms[0]!.prompts).toMatchObject({tokens: null, imageTokens: null, basis: 'estimated'})
    expect(before.arms[0]!.prompts!.textTokens).toBeGreaterThan(0)
    expect(before).toMatchObject({requests: 24, cost: null, judge: null})
    expect(server.requests).toHaveLength(0)
    await expect(readdir(join(folder, 'run'))).rejects.toThrow()

    await run(...args)
    const {n} = await usage('openai:m|direct')
    expect([n > 0, n < 24]).toEqual([true, true])
    const after = await plan(...args)
    expect(after).toMatchObject({items: 24, requests: 24 - n, lock: before.lock})
    expect(after.arms[0]).toMatchObject({settled: n, newTokensAtMost: (24 - n) * 16})
    expect(after.arms[0]!.prompts).toMatchObject({tokens: 321 * (24 - n), imageTokens: null, basis: 'measured'})
  })

  it('counts the requests that a judge may get', async () => {
    const judged = await plan(...asked('m'), '--limit', '12', '--judge', 'openai:j')
    expect(judged.judge).toEqual({requestsAtMost: 12})
  })

  it('refuses like the run itself when the folder holds another run', async () => {
    server = await startOpenAIServer({behave: () => answer})
    const args = [...asked('m'), '--base-url', server.url, '--limit', '12']
    await run(...args)
    const {code, stdout} = await run('--dry-run', '--json', ...args, '--seed', '1')
    expect(code).toBe(5)
    expect(stdout).toContain('holds another run')
  })
})

it('plans only the number of items for saved answers', async () => {
  const {arms, requests} = await plan('--bench', 'blink', '--model', `replay:${join(fixtures, 'replay', 'GPT4o')}`)
  expect(requests).toBe(0)
  expect(arms[0]).toMatchObject({items: 1901, settled: 0, prompts: null, cost: null})
})
