import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {writeLatents} from '../../run-folder/latents.js'
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

it('is opened for any intervention of the same model, and gives donors and statistics', async () => {
  const bank = await openLatentBank(run, './models/a b|latent|lantern:2|swap')
  expect(await bank.recorded('viscot', 'gqa/2')).toEqual([[vector(-1, 0), vector(7, 8)]])
  expect(await bank.donor('viscot', 'gqa/2', [0])).toHaveLength(3)
  expect(await bank.donor('vstar', '0', [0])).toBeNull()
  const {meanAt, mean, deviation} = await bank.statistics()
  // Index 0: (1,2), (5,6), (-1,0); index 1: (3,4), (7,8).
  expect(meanAt[0]![0]).toBeCloseTo(5 / 3, 6)
  expect(meanAt[1]).toEqual(vector(5, 6))
  expect(mean).toEqual(vector(3, 4))
  expect(deviation[0]).toBeCloseTo(Math.sqrt(8), 6)
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
