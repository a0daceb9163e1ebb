// Checks that the committed built-in samples are what the generators draw now. After an intended change, run `npx tsx
// scripts/fixtures.ts`.
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, relative} from 'node:path'
import sharp from 'sharp'
import {sha256} from '../../core/hash.js'
import type {Sample} from '../../core/sample.js'
import {builtinData} from '../data-places.js'
import {builtinMark} from '../data-set.js'
import {loadBenchmark} from '../index.js'
import {generatedIds, type Recipe, sharesOf, writeGenerated} from './index.js'
import {toSample} from './sample.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-fixtures-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

async function hashes(root: string): Promise<Record<string, string>> {
  const files = (await readdir(root, {recursive: true, withFileTypes: true})).filter(entry => entry.isFile())
  const pairs = files.map(async entry => {
    const path = join(entry.parentPath, entry.name)
    return [relative(root, path), sha256(await readFile(path))] as const
  })
  return Object.fromEntries((await Promise.all(pairs)).sort())
}

const recipeAt = async (dir: string): Promise<Recipe> => JSON.parse(await readFile(join(dir, builtinMark), 'utf8'))

async function samplesOf(path: string, id: string): Promise<Sample[]> {
  const benchmark = await loadBenchmark(id)
  const data = await benchmark.load(path, {split: benchmark.defaultSplit, seed: 0})
  expect(data.kind).toBe('builtin')
  const samples = []
  for await (const sample of data.samples()) samples.push(sample)
  return samples
}

/** Sorts by subtask, because an adapter lists its subtasks in its own order. */
const bySubtask = (a: Sample, b: Sample) => (a.subtask < b.subtask ? -1 : a.subtask > b.subtask ? 1 : 0)

test.each(generatedIds.filter(id => !id.startsWith('hops')))(
  '%s: every committed file is what its recipe draws',
  async id => {
    const committed = builtinData(id)!
    const again = join(folder, id)
    await writeGenerated(again, await recipeAt(committed))
    expect(await hashes(again)).toEqual(await hashes(committed))
  },
)

test.each([
  ['hops', 45],
  ['hops-pairs', 48],
] as const)('%s: a generated folder and its recipe alone give the same samples and pictures', async (id, n) => {
  const recipe = {...(await recipeAt(builtinData(id)!)), n}
  const made = join(folder, id)
  await writeGenerated(made, recipe)
  const read = await samplesOf(made, id)
  await rm(join(made, 'items.jsonl'))
  const drawn = await samplesOf(made, id)
  const facts = (samples: Sample[]) =>
    Promise.all(
      // Only what is read from a file has a place in it.
      samples.map(async ({images, where: _where, ...rest}) => ({
        ...rest,
        images: await Promise.all(images.map(async i => sha256(await i.bytes()))),
      })),
    )
  expect(await facts(read)).toEqual(await facts(drawn))
  expect(read).toHaveLength(n)
})

describe.each(generatedIds)('%s, read back by its adapter', id => {
  let samples: Sample[]
  beforeAll(async () => {
    samples = await samplesOf(builtinData(id)!, id)
  })

  test('every sample has the question, options and right answer that were drawn', async () => {
    const items = sharesOf(await recipeAt(builtinData(id)!)).flatMap(({items}) => [...items])
    const drawn = items.map(item => toSample(id, item)).sort(bySubtask)
    const facts = ({subtask, question, options, letters, gold, officialPrompt}: Sample) => [
      subtask,
      question,
      options,
      letters,
      gold,
      officialPrompt,
    ]
    expect([...samples].sort(bySubtask).map(facts)).toEqual(drawn.map(facts))
  })

  test('every picture decodes and none is empty', async () => {
    for (const sample of samples.filter((_, i) => i % 7 === 0)) {
      expect(sample.images.length).toBeGreaterThan(0)
      for (const image of sample.images) {
        const {channels} = await sharp(await image.bytes()).stats()
        expect(Math.max(...channels.map(channel => channel.stdev))).toBeGreaterThan(5)
      }
    }
  })
})
