import {mkdir, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {blink} from './blink.js'
import {answersOnlyData, builtinData, localData, pulledData} from './data-places.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-places-'))
})
afterEach(() => rm(folder, {recursive: true}))

test('what ships: drawn samples of every benchmark, answers alone of BLINK', () => {
  expect(['blink', 'vstar', 'viscot', 'hops'].map(id => builtinData(id) !== undefined)).toEqual([
    true,
    true,
    true,
    true,
  ])
  expect(['blink', 'vstar'].map(id => answersOnlyData(id) !== undefined)).toEqual([true, false])
})

test("the hub's cache is looked through after what was pulled, the pinned revision before any other", async () => {
  const env = {HF_HOME: folder}
  const cache = join(folder, 'ours')
  expect(await localData(blink, cache, env)).toBeUndefined()
  const snapshots = join(folder, 'hub', 'datasets--BLINK-Benchmark--BLINK', 'snapshots')
  const other = join(snapshots, 'b'.repeat(40))
  await mkdir(other, {recursive: true})
  expect(await localData(blink, cache, env)).toBe(other)
  const pinned = join(snapshots, blink.origin.revision)
  await mkdir(pinned)
  expect(await localData(blink, cache, env)).toBe(pinned)
  await mkdir(pulledData(cache, 'blink'), {recursive: true})
  expect(await localData(blink, cache, env)).toBe(pulledData(cache, 'blink'))
})
