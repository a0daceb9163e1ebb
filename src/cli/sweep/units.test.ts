// A sweep file as units: what is crossed, how runs are named, and what is refused.
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {readSweepFile} from './units.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sweep-file-'))
})
afterEach(() => rm(folder, {recursive: true}))

async function read(...lines: string[]) {
  const file = join(folder, 'sweep.yaml')
  await writeFile(file, ['models: [builtin:nano-latent]', 'benchmarks: [hops]', ...lines].join('\n'))
  return readSweepFile(file)
}

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
  await expect(read('seeds: [a]')).rejects.toThrow('"seeds" is not a list of whole numbers')
  await expect(read('seeds: [1]', 'seed: 1')).rejects.toThrow('"seed" goes with no "seeds"')
  await expect(read('device: cuda:1')).rejects.toThrow('"device" names one card; write cuda')
})
