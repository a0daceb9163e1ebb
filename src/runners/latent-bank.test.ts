import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {arm as armOf, lockBenchmark, lockOf, record, writeRun} from '../../test/support/run-folders.js'
import {writeLatents} from '../run-folder/latents.js'
import type {LogRecord} from '../run-folder/record.js'
import {openLatentBank} from './latent-bank.js'

const run = mkdtempSync(join(tmpdir(), 'lantern-eval-bank-'))
afterAll(() => rmSync(run, {recursive: true}))
const arm = './models/a b|latent|lantern:2|own'
const vector = (...values: number[]) => Float32Array.from(values)
const key = (id: string) => ({arm, bench: 'viscot', id})

beforeAll(async () => {
  await writeLatents(run, key('gqa/1'), [
    {vectors: [vector(1, 2), vector(3, 4)]},
    {vectors: []},
    {vectors: [vector(5, 6)]},
  ])
  await writeLatents(run, key('gqa/2'), [{vectors: [vector(-1, 0), vector(7, 8)], own: [vector(0, 0), vector(0, 0)]}])
})

it('is opened for any intervention of the same model, and gives statistics', async () => {
  const bank = await openLatentBank(run, './models/a b|latent|lantern:2|swap')
  expect(await bank.recorded('viscot', 'gqa/2')).toEqual([[vector(-1, 0), vector(7, 8)]])
  const {meanAt, mean, deviation} = await bank.statistics()
  // Index 0: (1,2), (5,6), (-1,0); index 1: (3,4), (7,8).
  expect(meanAt[0]![0]).toBeCloseTo(5 / 3, 6)
  expect(meanAt[1]).toEqual(vector(5, 6))
  expect(mean).toEqual(vector(3, 4))
  expect(deviation[0]).toBeCloseTo(Math.sqrt(8), 6)
})

describe('the donors of a recorded run', () => {
  const own = armOf('m', 'latent', {protocol: 'lantern', latentSize: 2, intervention: 'own'})
  const options = ['red', 'blue']
  const picture = (sha256: string) => ({sha256, width: 1, height: 1, sentWidth: 28, sentHeight: 28})
  const asked = (id: string, gold: 'A' | 'B', sha256: string, changes: Partial<LogRecord> = {}) =>
    record(
      {arm: own.id, bench: 'hops', subtask: 's', id, outcome: 'correct'},
      {gold, options, seen: {promptSha256: '', images: [picture(sha256)]}, ...changes},
    )
  const bankOf = async (name: string, records: readonly LogRecord[], without: readonly string[] = []) => {
    const dir = writeRun(join(run, name), lockOf([own], [lockBenchmark('hops', {s: 0})]), records)
    for (const [index, {id}] of records.entries())
      if (!without.includes(id)) await writeLatents(dir, {arm: own.id, bench: 'hops', id}, [{vectors: [vector(index)]}])
    const bank = await openLatentBank(dir, own.id.replace('|own', '|swap'))
    /** The places in `records` of all who are drawn. */
    return async (id: string, item?: string) => {
      const drawn = new Set<number>()
      for (let seed = 0; seed < 40; seed++) {
        const found = await bank.donor('donor', {benchmark: 'hops', id, item}, [seed])
        if (found !== null) drawn.add(found.blocks[0]![0]![0]!)
      }
      return [...drawn].sort()
    }
  }

  it('have another picture and another gold text, and latents', async () => {
    const donors = await bankOf(
      'donors',
      [
        asked('1', 'A', 'p1'),
        asked('2', 'A', 'p2'),
        asked('3', 'B', 'p1'),
        asked('4', 'B', 'p4'),
        asked('5', 'A', 'p5', {options: ['blue', 'red']}),
        asked('6', 'B', 'p6'),
        asked('7', 'B', 'p7', {options: ['blue', 'red']}),
      ],
      ['6'],
    )
    // Not 2 and 7 (red too), not 3 (the same picture), not 6 (no latents).
    expect(await donors('1')).toEqual([3, 4])
    // Nothing is known of a sample that the run did not ask.
    expect(await donors('8')).toEqual([])
  })

  it('are never other orders of the same item', async () => {
    const turned = {options: ['blue', 'red']}
    const donors = await bankOf('circular', [
      asked('1#o0', 'A', 'p1', {item: '1'}),
      asked('1#o1', 'B', 'p1', {item: '1', ...turned}),
      asked('2#o0', 'B', 'p2', {item: '2'}),
      asked('2#o1', 'A', 'p2', {item: '2', ...turned}),
    ])
    expect(await donors('1#o0', '1')).toEqual([2, 3])
    // Another order than was recorded, and the order of the data.
    expect(await donors('1#o5', '1')).toEqual([2, 3])
    expect(await donors('1')).toEqual([2, 3])
  })

  it('are missing where all have the same gold text', async () => {
    const donors = await bankOf('alike', [asked('1', 'A', 'p1'), asked('2', 'A', 'p2')])
    expect(await donors('1')).toEqual([])
  })
})

it('finds an arm whose name a file system would refuse', async () => {
  const long = {arm: `./${'very-long/'.repeat(40)}|latent|lantern:2|own`, bench: 'viscot', id: 'x'.repeat(300)}
  const other = join(run, 'long')
  await writeLatents(other, long, [{vectors: [vector(1)]}])
  expect(await (await openLatentBank(other, long.arm)).recorded('viscot', long.id)).toEqual([[vector(1)]])
})

it('says when a run holds no own latents', async () => {
  await expect(openLatentBank(join(run, 'nowhere'), arm)).rejects.toThrow('holds no latents of')
})
