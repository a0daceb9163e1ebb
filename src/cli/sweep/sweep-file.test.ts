// A sweep file as units: what is crossed, how runs are named, and what is refused.
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {readSweepFile} from './sweep-file.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-file-'))
})
afterEach(() => rm(folder, {recursive: true}))

async function readAll(...lines: string[]) {
  const file = join(folder, 'sweep.yaml')
  await writeFile(file, lines.join('\n'))
  return readSweepFile(file)
}

const read = (...lines: string[]) => readAll('models: [builtin:nano-latent]', 'benchmarks: [hops]', ...lines)
const readModels = (...models: string[]) => readAll(`models: ${JSON.stringify(models)}`, 'benchmarks: [hops]')

test('each seed is a run of its own, cut into the same shards', async () => {
  const {units} = await read('seeds: [0, 7]', 'shards: 2')
  expect(units.map(({run, seed, shard}) => [run, seed, shard])).toEqual([
    ['hops-builtin_nano-latent-seed-0', 0, '1/2'],
    ['hops-builtin_nano-latent-seed-0', 0, '2/2'],
    ['hops-builtin_nano-latent-seed-7', 7, '1/2'],
    ['hops-builtin_nano-latent-seed-7', 7, '2/2'],
  ])
})

test('a single seed is a setting like others', async () => {
  const {units, settings} = await read('seed: 7')
  expect(units).toEqual([
    {index: 0, model: 'builtin:nano-latent', bench: 'hops', shard: '1/1', run: 'hops-builtin_nano-latent'},
  ])
  expect(settings).toEqual({seed: 7})
})

test('what cannot be meant is refused with its place', async () => {
  await expect(read('seeds: []')).rejects.toThrow(/sweep\.yaml:3:\d+: "seeds" is not a list of whole numbers/)
  await expect(read('seeds: [a]')).rejects.toThrow('"seeds": a is not a whole number')
  await expect(read('seeds: [1.0e30]')).rejects.toThrow('"seeds": 1e+30 is not a whole number')
  await expect(read('seeds: [1]', 'seed: 1')).rejects.toThrow('"seed" goes with no "seeds"')
  await expect(read('device: cuda:1')).rejects.toThrow('"device" names one card; write cuda')
})

test.each([
  [['benchmarks: [hops]'], '"models" is missing'],
  [['models: []', 'benchmarks: [hops]'], '"models" is not a list of names'],
  [['models: [" "]', 'benchmarks: [hops]'], '"models" is not a list of names'],
  [['models: [builtin:nano-latent]', 'benchmarks: [hopz]'], 'sweep.yaml:2:1: "benchmarks": hopz'],
  [['models: [builtin:nano-nope]', 'benchmarks: [hops]'], 'sweep.yaml:1:1: "models": builtin:nano-nope'],
  [['models: ["opnai:m"]', 'benchmarks: [hops]'], '"models" names opnai:m, which no runner serves'],
  [['models: [./step-*]', 'benchmarks: [hops]'], '"models" matches nothing: ./step-*'],
])('a name that no worker could use is refused before there is a plan: %j', async (lines, sentence) => {
  await expect(readAll(...lines)).rejects.toThrow(sentence)
})

test('a setting is said once, and a misspelt one is offered', async () => {
  await expect(read('mode: latent', 'modes: [direct]')).rejects.toThrow('"modes" says "mode" a second time')
  await expect(read('max_new_tokens: 4')).rejects.toMatchObject({
    suggestion: expect.stringContaining('Did you mean max-new-tokens?'),
  })
})

test('more units than a worker could read are refused', async () => {
  await expect(read('shards: 100000000')).rejects.toThrow('"shards" makes 100000000 units of 1 runs')
  await expect(read('shards: 0')).rejects.toThrow('"shards" is not a whole number from 1')
})

test('globs keep the spelling of the file, and one folder is one model however it is spelt', async () => {
  for (const name of ['step-1', 'step-2', 'sp ace "q" ü']) await mkdir(join(folder, 'ck', name), {recursive: true})
  const {units, doubts} = await readModels('./ck/step-*', 'ck/step-1/', join(folder, 'ck', 'step-2'), './ck/sp*')
  expect(units.map(({model}) => model)).toEqual(['./ck/step-1', './ck/step-2', './ck/sp ace "q" ü'])
  expect(new Set(units.map(({run}) => run)).size).toBe(3)
  expect(doubts).toEqual([])
})

test('a checkpoint that is not there yet is a doubt, because the training may still write it', async () => {
  const {units, doubts} = await readModels('./late')
  expect(units).toHaveLength(1)
  expect(doubts).toEqual([`There is no ${join(folder, 'late')} yet; without it the units of ./late fail.`])
})

test('files that settings name are looked for beside the sweep file, and the current folder stays', async () => {
  const before = process.cwd()
  await writeFile(join(folder, 'mine.jsonl'), '{"id": "1", "question": "?", "options": ["a", "b"], "answer": "A"}\n')
  const {units} = await readAll('models: [builtin:nano-latent]', 'benchmarks: [mine=mine.jsonl]')
  expect(units[0]).toMatchObject({bench: 'mine=mine.jsonl'})
  expect(process.cwd()).toBe(before)
})

test('the example is a sweep file', async () => {
  const {units, doubts} = await readSweepFile(fileURLToPath(new URL('../../../examples/sweep.yaml', import.meta.url)))
  expect(units).toHaveLength(2 * 2 * 2 * 4)
  expect(doubts).toEqual([])
})
