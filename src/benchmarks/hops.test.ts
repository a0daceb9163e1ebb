import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {LanternError} from '../core/errors.js'
import type {DataProblem, DataSet} from './benchmark.js'
import {builtinMark, unfinishedMark} from './data-set.js'
import {itemsFile} from './generators/hops-folder.js'
import {recipeOf, writeGenerated} from './generators/index.js'
import {hops} from './hops.js'

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
  expect(messages[2]).toMatch(/^above-2: above-2\.png: .* does not exist\.$/)
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

test('a folder in which drawing the same recipe was stopped is refused, and drawn again', async () => {
  await make(4)
  const whole = await readFile(join(folder, itemsFile), 'utf8')
  await writeFile(join(folder, unfinishedMark), await readFile(join(folder, builtinMark)))
  await writeFile(join(folder, itemsFile), whole.slice(0, 200))
  await expect(open()).rejects.toMatchObject({
    code: 'bad-file',
    message: `${folder} is not finished: \`bench make\` was stopped, or is still writing it.`,
  })
  await make(4)
  expect(await readFile(join(folder, itemsFile), 'utf8')).toBe(whole)
  expect(await problemsOf(await open())).toEqual([])
})
