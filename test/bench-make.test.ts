import {mkdtemp, readdir, readFile, rename, rm, truncate} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {captureOutput} from '@oclif/test'
import {generatorVersion} from '../src/benchmarks/generators/index.js'
import {loadBenchmark} from '../src/benchmarks/index.js'
import BenchMake from '../src/commands/bench/make.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = (...argv: string[]) => captureOutput(async () => BenchMake.run(argv, root))

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-make-'))
})
afterEach(async () => {
  process.exitCode = undefined
  await rm(folder, {recursive: true})
})

test('hops: writes items.jsonl with the keys of the contract, one PNG per item, and the mark', async () => {
  const out = join(folder, 'new', 'hops')
  const {stdout} = await run('hops', '--n', '6', '--seed', '7', '--subtask', 'hops-1,attr,count-hops-3', '--out', out)
  expect(stdout.replace(/\s+/g, ' ')).toBe(`6 items of hops (hops-1, count-hops-3, attr), seed 7, written to ${out}. `)
  const items = (await readFile(join(out, 'items.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(items.map(({id}) => id)).toEqual([
    'hops-1-0',
    'hops-1-1',
    'count-hops-3-0',
    'count-hops-3-1',
    'attr-0',
    'attr-1',
  ])
  for (const item of items)
    expect(Object.keys(item)).toEqual(['id', 'subtask', 'image', 'question', 'options', 'answer', 'boxes', 'chain'])
  expect((await readdir(out)).sort()).toEqual(['builtin.json', 'items.jsonl', ...items.map(({image}) => image)].sort())
})

test('V* with --json: writes the official folders and prints the recipe', async () => {
  const out = join(folder, 'vstar')
  const {stdout} = await run('vstar', '--n', '2', '--out', out, '--json')
  expect(JSON.parse(stdout)).toEqual({
    generator: 'lantern-eval',
    version: generatorVersion,
    benchmark: 'vstar',
    seed: 0,
    n: 2,
    subtasks: ['direct_attributes', 'relative_position'],
    out,
  })
  expect((await readdir(out)).sort()).toEqual([
    'builtin.json',
    'direct_attributes',
    'relative_position',
    'test_questions.jsonl',
  ])
})

test('it goes on in a folder in which it was stopped, and nothing reads the folder before', async () => {
  const out = join(folder, 'hops')
  const make = (seed: string) => run('hops', '--n', '6', '--seed', seed, '--out', out, '--json')
  await make('7')
  const whole = await contents(out)
  await rename(join(out, 'builtin.json'), join(out, 'builtin.json.part'))
  await truncate(join(out, 'items.jsonl'), 300)
  await rm(join(out, 'hops-1-0.png'))
  const hops = await loadBenchmark('hops')
  await expect(hops.load(out, {split: 'test', seed: 0})).rejects.toMatchObject({
    code: 'bad-file',
    message: expect.stringContaining('is not finished'),
  })
  expect(JSON.parse((await make('8')).stdout)).toMatchObject({exitCode: 2})
  await make('7')
  expect(await contents(out)).toEqual(whole)
})

async function contents(dir: string): Promise<Record<string, string>> {
  const names = (await readdir(dir)).sort()
  return Object.fromEntries(
    await Promise.all(names.map(async name => [name, (await readFile(join(dir, name))).toString('latin1')])),
  )
}

test.each([
  ['an unknown subtask', ['blink', '--subtask', 'Art_Style'], 'blink has no generated subtask "Art_Style".'],
  ['a folder that is not empty', ['hops'], 'is not empty'],
])('%s is a usage error', async (_, argv, message) => {
  const out = argv[0] === 'hops' ? root : join(folder, 'out')
  const {stdout} = await run(...argv, '--out', out, '--json')
  expect(JSON.parse(stdout)).toMatchObject({
    error: {code: 'usage', message: expect.stringContaining(message)},
    exitCode: 2,
  })
})
