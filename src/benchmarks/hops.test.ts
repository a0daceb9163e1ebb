import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {LanternError} from '../core/errors.js'
import type {DataProblem, DataSet} from './benchmark.js'
import {builtinMark} from './data-set.js'
import {itemsFile} from './generators/hops-folder.js'
import {recipeOf, writeGenerated} from './generators/index.js'
import {hops, hopsPairs} from './hops.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-hops-'))
})
afterEach(() => rm(folder, {recursive: true, force: true}))

const open = () => hops.load(folder, {split: 'test', seed: 0})
const make = (n: number) => writeGenerated(folder, recipeOf('hops', {n, seed: 4, subtasks: ['hops-2', 'above']}))

async function problemsOf(data: DataSet): Promise<DataProblem[]> {
  const list = []
  for await (const problem of data.problems()) list.push(problem)
  return list
}

test('a made folder is read back: keys in order, options, gold letter, boxes in pixels, the chain', async () => {
  await make(6)
  const data = await open()
  expect([data.kind, data.layout, data.hasImages]).toEqual(['builtin', 'items-jsonl', true])
  expect((await data.keys()).map(key => key.id)).toEqual([
    'hops-2-0',
    'hops-2-1',
    'hops-2-2',
    'above-0',
    'above-1',
    'above-2',
  ])
  for await (const sample of data.samples(new Set(['hops-2-1']))) {
    expect(sample.options).toHaveLength(4)
    expect(sample.letters).toEqual(['A', 'B', 'C', 'D'])
    expect(sample.letters).toContain(sample.gold)
    expect(sample.extra?.['chain']).toHaveLength(3)
    // One box per latent: three cards are visited; the last box repeats.
    expect(sample.boxes).toHaveLength(5)
    expect(new Set(sample.boxes!.map(String)).size).toBe(3)
    expect(sample.boxes!.slice(3)).toEqual([sample.boxes![2], sample.boxes![2]])
  }
  expect(await problemsOf(data)).toEqual([])
})

test('the identity covers the pictures', async () => {
  await make(2)
  const before = await (await open()).identity()
  await writeFile(join(folder, 'above-0.png'), await readFile(join(folder, 'hops-2-0.png')))
  expect(await (await open()).identity()).not.toEqual(before)
})

test('a broken line and a missing picture cost only their samples', async () => {
  await make(6)
  const lines = (await readFile(join(folder, itemsFile), 'utf8')).trimEnd().split('\n')
  lines[1] = '{"id": "hops-2-1"'
  lines[4] = lines[4]!.replace('above-1.png', '../above-1.png')
  await writeFile(join(folder, itemsFile), lines.join('\n'))
  await rm(join(folder, 'above-2.png'))
  const messages = (await problemsOf(await open())).map(({message}) => message)
  expect(messages).toHaveLength(3)
  expect(messages[0]).toMatch('items.jsonl:2')
  expect(messages[1]).toMatch('"image" names no file beside items.jsonl: "../above-1.png"')
  expect(messages[2]).toMatch(/^items\.jsonl:\d+, sample above-2: above-2\.png: .* does not exist\.$/)
})

test('a recipe of another generator version, or no recipe, is refused with advice', async () => {
  const refusal = () =>
    open().then(
      () => undefined,
      (error: LanternError) => [error.code, error.suggestion],
    )
  expect(await refusal()).toEqual([
    'data-absent',
    `Draw some with \`lantern-eval bench make hops --n 500 --seed 1 --out ${folder}\`.`,
  ])
  await writeFile(join(folder, builtinMark), JSON.stringify({...recipeOf('hops', {n: 5, seed: 1}), version: 0}))
  expect(await refusal()).toEqual(['bad-file', 'Draw the items with `lantern-eval bench make hops`.'])
})

test('nothing is drawn into a folder that is not empty', async () => {
  await make(1)
  await expect(make(1)).rejects.toThrow(`${folder} is not empty.`)
})

describe('hops-pairs', () => {
  const openPairs = () => hopsPairs.load(folder, {split: 'test', seed: 0})
  const lines = async () => (await readFile(join(folder, itemsFile), 'utf8')).trimEnd().split('\n')
  beforeEach(() => writeGenerated(folder, recipeOf('hops-pairs', {n: 16, seed: 4})))

  test('has two samples in each group, and is scored by groups', async () => {
    const data = await openPairs()
    const groups = (await data.keys()).map(({group}) => group!)
    expect([groups.length, new Set(groups).size]).toEqual([16, 8])
    expect(hopsPairs.scoring).toMatchObject({aggregate: 'group', headline: ['colour', 'arrow', 'end']})
    expect(await problemsOf(data)).toEqual([])
  })

  test('a cut pair, another question and a gold answer that does not flip are told', async () => {
    const [first, second, third, ...rest] = (await lines()).map(line => JSON.parse(line))
    const asked = {...first, question: 'Follow the arrows from E. What colour is the end?'}
    const alone = rest.slice(0, -1)
    // The first pair asks two questions and has one answer, the last is cut; the others are whole.
    const broken = [{...asked, answer: second.answer}, second, third, ...alone]
    await writeFile(join(folder, itemsFile), broken.map(line => `${JSON.stringify(line)}\n`).join(''))
    expect((await problemsOf(await openPairs())).map(({message}) => message)).toEqual([
      'colour-0: the samples of the pair ask another question.',
      'colour-0: the gold answers of the pair are the same.',
      'off-walk-1: the pair has 1 samples instead of 2.',
    ])
  })

  test('the recipe of hops is none of its own', async () => {
    await rm(join(folder, itemsFile))
    const mark = JSON.parse(await readFile(join(folder, builtinMark), 'utf8'))
    await writeFile(join(folder, builtinMark), JSON.stringify({...mark, benchmark: 'hops', subtasks: ['hops-2']}))
    await expect(openPairs()).rejects.toThrow('is not a recipe of hops-pairs')
  })
})
