import type {Benchmark} from './benchmark.js'
import {blink} from './blink.js'
import {defineBenchmark} from './define.js'
import {hops} from './hops.js'
import {benchmarkAliases, benchmarkIds, loadBenchmark, registerBenchmark, shownBenchmark} from './index.js'

const mine: Benchmark = {...hops, id: 'my-bench-2', title: 'Mine', shown: undefined}

describe('defining a benchmark', () => {
  test('returns a complete definition as it is', () => {
    expect(defineBenchmark(mine)).toEqual({kind: 'benchmark', name: 'my-bench-2', part: mine})
    expect(defineBenchmark(mine).part).toBe(mine)
  })

  test.each<[string, Partial<Benchmark>]>([
    ['has no valid id', {id: 'My Bench'}],
    ['has no valid id', {id: ''}],
    ['has a wrong title: it must be a text that is not empty, not " "', {title: ' '}],
    ['has a wrong load: it must be a function', {load: undefined as never}],
    ['has no prompts in the style lantern-eval', {prompts: {} as never}],
    ['has no split "val", its default', {defaultSplit: 'val'}],
    ['has the subtask "hops-1" twice', {subtasks: [...hops.subtasks, {name: 'hops-1', expected: {}}]}],
    ['has no subtask "hops-9"', {shown: ['hops-9']}],
    ['has no subtask "hops-9"', {scoring: {...hops.scoring, headline: ['hops-1', 'hops-9']}}],
    [
      'has no subtask "hops-9"',
      {prompts: {'lantern-eval': {...hops.prompts['lantern-eval'], preamble: {subtasks: ['hops-9'], text: ''}}}},
    ],
  ])('refuses one that %s', (what, change) => {
    expect(() => defineBenchmark({...mine, ...change})).toThrow(
      expect.objectContaining({code: 'bad-config', message: expect.stringContaining(what)}),
    )
  })
})

describe('the register', () => {
  test('knows the built-in benchmarks in the order of tables, each by its own id', async () => {
    expect(benchmarkIds()).toEqual(['blink', 'vstar', 'viscot', 'hops', 'hops-pairs'])
    for (const id of benchmarkIds()) expect((await loadBenchmark(id)).id).toBe(id)
  })

  test('refuses an id that is taken', () => {
    expect(() => registerBenchmark(blink)).toThrow('There is a benchmark "blink" already.')
  })

  test('takes further benchmarks while the program runs, once', async () => {
    await expect(loadBenchmark(mine.id)).rejects.toThrow('There is no benchmark "my-bench-2".')
    registerBenchmark(mine)
    expect(benchmarkIds().at(-1)).toBe(mine.id)
    expect(await loadBenchmark(mine.id)).toBe(mine)
    expect(() => registerBenchmark(mine)).toThrow('There is a benchmark "my-bench-2" already.')
  })

  test('knows what peers call each benchmark', async () => {
    expect(await benchmarkAliases()).toMatchObject({blink: ['blink'], viscot: ['viscot', 'visualcot'], hops: []})
  })

  test('has one default benchmark', async () => {
    expect(await shownBenchmark()).toEqual({id: 'hops', subtasks: hops.shown})
  })
})
