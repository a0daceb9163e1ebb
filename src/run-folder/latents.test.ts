import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {readLatents, storedArms, writeLatents} from './latents.js'

const run = mkdtempSync(join(tmpdir(), 'lantern-eval-latents-'))
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

it('reads back what was fed, block by block, whatever the ids look like', async () => {
  expect(await readLatents(run, key('gqa/1'))).toEqual([[vector(1, 2), vector(3, 4)], [], [vector(5, 6)]])
  expect(await readLatents(run, key('gqa/2'))).toEqual([[vector(-1, 0), vector(7, 8)]])
  expect(await readLatents(run, key('gqa/3'))).toBeNull()
})

it('writes no file for a generation without latents', async () => {
  expect(await writeLatents(run, key('gqa/4'), [{vectors: []}])).toBeNull()
})

it('lists the arms, and the other samples', async () => {
  const [stored, ...others] = await storedArms(run)
  expect(others).toEqual([])
  expect(stored!.name).toBe(arm)
  expect([stored!.isOf(arm), stored!.isOf(`${arm}s`)]).toEqual([true, false])
  const besides = await stored!.othersThan('viscot', 'gqa/2')
  expect(await Promise.all(besides.map(read => read()))).toEqual([[[vector(1, 2), vector(3, 4)], [], [vector(5, 6)]]])
  expect(await storedArms(join(run, 'nowhere'))).toEqual([])
})

it.each([
  ['too long', 'x'.repeat(300)],
  ['too long once encoded', '图'.repeat(100)],
  ['cut in the middle of a pair', '😀'.repeat(100)],
  ['half of a pair', 'a\ud800'],
])('stores ids that a file system would refuse: %s', async (_, id) => {
  const other = join(run, 'long')
  const long = {arm: `./${'very-long/'.repeat(40)}|latent|lantern:2|own`, bench: 'viscot', id}
  await writeLatents(other, long, [{vectors: [vector(1)]}])
  expect(await readLatents(other, long)).toEqual([[vector(1)]])
  expect(await readLatents(other, {...long, id: `${id}\udc00`})).toBeNull()
})
