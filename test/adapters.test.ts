// What an adapter declares reaches a run: prompts and limits in the lock, and a user's own benchmark beside the
// built-in ones. Commands run in this process, so that a benchmark can be registered.
import {cp, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {captureOutput} from '@oclif/test'
import BenchVerify from '../src/commands/bench/verify.js'
import Run from '../src/commands/run.js'
import {type Benchmark, dataSetOf, defineBenchmark, registerBenchmark, type Sample} from '../src/index.js'
import {readLock, settledRecords} from '../src/run-folder/reader.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const published = `replay:${join(root, 'fixtures/replay/GPT4o')}`

async function json(command: {run(argv: string[], root: string): Promise<unknown>}, ...argv: string[]) {
  const {stdout} = await captureOutput(async () => command.run([...argv, '--json', '--log-level', 'error'], root))
  process.exitCode = undefined
  return JSON.parse(stdout)
}
const dryLock = async (...argv: string[]): Promise<string> => (await json(Run, '--dry-run', ...argv)).lock

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-adapters-'))
  process.env['LANTERN_EVAL_CACHE_DIR'] = join(folder, 'cache')
  process.env['HF_HOME'] = join(folder, 'hub')
})
afterAll(() => rm(folder, {recursive: true}))

/** Two questions with trivial pictures, in a file of our own. */
const mine: Benchmark = defineBenchmark({
  id: 'mine',
  title: 'My Bench',
  subtasks: [{name: 'all', expected: {test: 2}}],
  splits: ['test'],
  defaultSplit: 'test',
  scoring: {answer: 'choice', metric: 'accuracy', aggregate: 'micro'},
  prompts: {'lantern-eval': {text: '{question}\n{options}', option: '{letter}) {text}', images: 'first'}},
  maxNewTokens: {direct: 5},
  origin: {repo: '', revision: '', licence: 'mine', url: 'here'},
  async load(path, {split}) {
    const read = async function* (): AsyncGenerator<Sample> {
      for (const [k, gold] of ['A', 'B'].entries()) {
        const facts = {id: `${k}`, benchmark: 'mine', subtask: 'all', images: [], question: 'Which?'}
        yield {...facts, options: ['red', 'blue'], letters: ['A', 'B'], gold}
      }
    }
    const source = {benchmark: mine, split, root: path, layout: 'own', hasImages: false, files: [path], read}
    return dataSetOf({...source, published: () => true})
  },
}).part

test('a further benchmark and its prompts do not change the lock of a run', async () => {
  const blink = ['--bench', 'blink', '--model', published]
  const before = await dryLock(...blink)
  registerBenchmark(mine)
  expect(await dryLock(...blink)).toBe(before)
  expect(await dryLock(...blink, '--prompt-style', 'lantern')).not.toBe(before)
})

test('a user’s own benchmark is run, titled, verified and limited as its definition says', async () => {
  const data = join(folder, 'mine.txt')
  const answers = join(folder, 'answers.jsonl')
  const out = join(folder, 'mine')
  await writeFile(data, 'two questions')
  await writeFile(answers, '{"id": "0", "text": "<answer>A</answer>"}\n{"id": "1", "text": "<answer>A</answer>"}\n')
  const args = ['--bench', 'mine', '--data', `mine=${data}`, '--model', `replay:${answers}`]
  const document = await json(Run, ...args, '--out', out)
  expect(document.rows[0]).toMatchObject({bench: 'mine', score: 0.5, n: 2, sample: 'official'})
  expect(document.groups[0].title).toBe('My Bench')
  expect((await settledRecords(out)).map(({outcome}) => outcome)).toEqual(['correct', 'wrong'])
  const lock = await readLock(out)
  expect(lock.decoding.maxNewTokens).toEqual({direct: 5})
  expect(lock.benchmarks[0]).toMatchObject({verified: true, promptsSha256: expect.stringMatching(/^[0-9a-f]{64}$/)})
  expect(await json(BenchVerify, 'mine', '--data', data)).toMatchObject({ok: true, verified: true})
})

test('a benchmark whose option order has a meaning is asked in no other order', async () => {
  registerBenchmark({...mine, id: 'ordered', optionOrders: false})
  const data = join(folder, 'mine.txt')
  const asked = ['--bench', 'ordered', '--data', data, '--model', published, '--dry-run']
  expect((await json(Run, ...asked)).verdict).toBe('plan')
  expect((await json(Run, ...asked, '--options', 'circular')).error.code).toBe('usage')
})

test('limits of new tokens come from the benchmark, are in its own entry where benchmarks differ, and a flag overrides them', async () => {
  const arms = async (...argv: string[]) => (await json(Run, '--dry-run', '--mode', 'direct', ...argv)).arms
  const control = ['--model', 'builtin:nano-direct', '--data', 'builtin', '--limit', '2']
  expect(await arms('--bench', 'viscot', ...control)).toMatchObject([{maxNewTokens: 128, newTokensAtMost: 256}])
  expect(await arms('--bench', 'blink', ...control)).toMatchObject([{maxNewTokens: 16, newTokensAtMost: 32}])
  expect(await arms('--bench', 'viscot', ...control, '--max-new-tokens', '7')).toMatchObject([{maxNewTokens: 7}])

  const out = join(folder, 'both')
  const both = ['--bench', 'blink,viscot', ...control]
  expect(await arms(...both)).toMatchObject([{maxNewTokens: 128, newTokensAtMost: 2 * 16 + 2 * 128}])
  const {rows} = await json(Run, ...both, '--mode', 'direct', '--out', out)
  const lock = await readLock(out)
  expect(lock.decoding.maxNewTokens).toEqual({})
  expect(lock.benchmarks.map(({id, maxNewTokens}) => [id, maxNewTokens])).toEqual([
    ['blink', {direct: 16}],
    ['viscot', {direct: 128}],
  ])
  expect(rows.map(({bench, differences}: {bench: string; differences: object}) => [bench, differences])).toEqual([
    ['blink', {}],
    ['viscot', {}],
  ])
})

test('data that differ from the published ones are unverified, and refused if they have other subtasks', async () => {
  const answers = join(folder, 'val_answers.json')
  await writeFile(answers, '{"val_Counting_1": "(A)", "val_Jigsaw_7": "(B)"}')
  const run = ['--bench', 'blink', '--model', published, '--extractor', 'verbatim']
  const {rows} = await json(Run, ...run, '--data', answers, '--out', join(folder, 'part'))
  expect(rows[0]).toMatchObject({n: 2, sample: 'unverified'})
  expect((await json(Run, ...run, '--out', join(folder, 'whole'))).rows[0]).toMatchObject({n: 1901, sample: 'official'})
})

test('a sample whose picture is missing ends as an error, and the others are asked', async () => {
  const data = join(folder, 'vstar')
  await cp(join(root, 'fixtures/builtin/vstar'), data, {recursive: true})
  await rm(join(data, 'direct_attributes/sa_0.png'))
  const out = join(folder, 'blind')
  const run = ['--bench', 'vstar', '--data', data, '--model', 'builtin:nano-direct', '--mode', 'direct']
  await json(Run, ...run, '--sample', '0,1,2', '--out', out)
  const records = (await settledRecords(out)).sort((a, b) => Number(a.id) - Number(b.id))
  expect(records.map(({id, outcome}) => [id, outcome === 'error'])).toEqual([
    ['0', true],
    ['1', false],
    ['2', false],
  ])
  expect(records[0]).toMatchObject({score: null, text: '', error: {code: 'data-absent'}})
})
