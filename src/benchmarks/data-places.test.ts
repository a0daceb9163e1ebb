import {mkdir, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {LanternError} from '../core/errors.js'
import type {Benchmark} from './benchmark.js'
import {blink} from './blink.js'
import {answersOnlyData, builtinData, type DataWish, dataGiven, findData, placesOf, pulledData} from './data-places.js'
import {hops} from './hops.js'
import {viscot} from './viscot.js'
import {vstar} from './vstar.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lantern-eval-places-'))
})
afterEach(() => rm(folder, {recursive: true}))

test('the package ships generated samples of every benchmark, and the answers of BLINK', () => {
  const absent = ['blink', 'vstar', 'viscot', 'hops', 'hops-pairs'].filter(id => builtinData(id) === undefined)
  expect(absent).toEqual([])
  expect([blink, vstar].map(benchmark => answersOnlyData(benchmark) !== undefined)).toEqual([true, false])
})

test("the hub's cache is searched after pulled data, the pinned revision first", async () => {
  const env = {HF_HOME: folder}
  const cacheDir = join(folder, 'ours')
  const official = async () => (await placesOf(blink, {cacheDir, env})).official
  expect(await official()).toBeNull()
  const snapshots = join(folder, 'hub', 'datasets--BLINK-Benchmark--BLINK', 'snapshots')
  const other = join(snapshots, 'b'.repeat(40))
  await mkdir(other, {recursive: true})
  expect(await official()).toBe(other)
  const pinned = join(snapshots, blink.origin.revision)
  await mkdir(pinned)
  expect(await official()).toBe(pinned)
  await mkdir(pulledData(cacheDir, 'blink'), {recursive: true})
  expect(await official()).toBe(pulledData(cacheDir, 'blink'))
})

describe('the place of data', () => {
  const machine = () => ({cacheDir: join(folder, 'ours'), env: {HF_HOME: folder}})
  const find = (benchmark: Benchmark, wish: Partial<DataWish>) =>
    findData(benchmark, {given: undefined, pictures: true, builtin: 'named', ...wish}, machine())
  const kindOf = async (benchmark: Benchmark, wish: Partial<DataWish> = {}) => (await find(benchmark, wish)).kind
  const refusal = (benchmark: Benchmark, wish: Partial<DataWish> = {}) =>
    find(benchmark, wish).then(
      () => undefined,
      ({code, suggestion}: LanternError) => [code, suggestion],
    )

  test('is the given one, before anything else', async () => {
    await mkdir(pulledData(machine().cacheDir, 'blink'), {recursive: true})
    expect(await find(blink, {given: '/my/data'})).toEqual({path: '/my/data', kind: 'given'})
    expect(await kindOf(blink)).toBe('official')
    expect(await kindOf(blink, {builtin: 'always'})).toBe('builtin')
  })

  test('is the built-in samples with --data builtin', async () => {
    for (const benchmark of [blink, vstar, viscot, hops])
      expect(await find(benchmark, {given: 'builtin'})).toEqual({path: builtinData(benchmark.id), kind: 'builtin'})
  })

  test('is the answers alone only where no pictures are needed', async () => {
    expect(await kindOf(blink, {pictures: false})).toBe('answers')
    expect(await kindOf(vstar, {pictures: false, builtin: 'last'})).toBe('builtin')
    expect(await refusal(blink)).toEqual([
      'data-absent',
      'Fetch them with `lantern-eval bench pull blink`, or give --data DIR, or take the built-in samples with --data builtin.',
    ])
  })

  test('of a generated benchmark is the built-in samples', async () => {
    expect(await kindOf(hops)).toBe('builtin')
  })

  test('is reported absent, without a command that would not help', async () => {
    const mine = {...hops, id: 'mine'}
    expect(await refusal(mine)).toEqual(['data-absent', 'Give --data DIR.'])
    expect(await refusal(mine, {given: 'builtin'})).toEqual(['data-absent', 'Give a folder: --data DIR.'])
  })

  test('can be given for one benchmark, else for all', () => {
    expect(['blink', 'vstar', 'hops'].map(id => dataGiven({blink: 'a', '*': 'b'}, id))).toEqual(['a', 'b', 'b'])
    expect(dataGiven({blink: 'a'}, 'vstar')).toBeUndefined()
  })
})
