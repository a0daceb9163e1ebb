// The register of benchmarks. A built-in adapter is one line here and is loaded when it is asked for; others are added
// while the program runs.
import {aFunction, anyText, brokenPart, wrongField} from '../core/definition.js'
import {LanternError} from '../core/errors.js'
import {Register} from '../core/register.js'
import type {Benchmark, DataSet, LoadOptions} from './benchmark.js'
import {defineBenchmark} from './define.js'

const register = new Register<() => Promise<Benchmark>>('benchmark', [
  {name: 'blink', part: async () => (await import('./blink.js')).blink},
  {name: 'vstar', part: async () => (await import('./vstar.js')).vstar},
  {name: 'viscot', part: async () => (await import('./viscot.js')).viscot},
  {name: 'hops', part: async () => (await import('./hops.js')).hops},
  {name: 'hops-pairs', part: async () => (await import('./hops.js')).hopsPairs},
])

/** Ids of all benchmarks known by now, in the order of tables. */
export function benchmarkIds(): readonly string[] {
  return register.names()
}

/** Adds a benchmark. Throws `bad-config` for one that is not whole, and for an id that is taken. */
export function registerBenchmark(benchmark: Benchmark): void {
  const {name, part} = defineBenchmark(benchmark)
  register.add({name, part: async () => part})
}

/** The adapter of a benchmark. Throws `usage` for an unknown id. */
export async function loadBenchmark(id: string): Promise<Benchmark> {
  return register.get(id)()
}

const dataSetFields = {
  layout: anyText,
  keys: aFunction,
  verified: aFunction,
  samples: aFunction,
  identity: aFunction,
  problems: aFunction,
}

/**
 * The data of a benchmark at a place. Throws what the adapter throws, and `bad-config` where the adapter of a plug-in
 * gives no data set.
 */
export async function openData(benchmark: Benchmark, path: string, options: LoadOptions): Promise<DataSet> {
  const data = await benchmark.load(path, options)
  const wrong = wrongField(data, dataSetFields)
  if (wrong !== null) throw brokenPart('benchmark', benchmark.id, `loaded a data set that ${wrong}`)
  return data
}

/** What peers call each benchmark, by its id. */
export async function benchmarkAliases(): Promise<Readonly<Record<string, readonly string[]>>> {
  const names: Record<string, readonly string[]> = {}
  for (const id of benchmarkIds()) names[id] = (await loadBenchmark(id)).aliases ?? []
  return names
}

/** The default for the built-in models: the first benchmark that declares `shown` subtasks. */
export async function shownBenchmark(): Promise<{readonly id: string; readonly subtasks: readonly string[]}> {
  for (const id of benchmarkIds()) {
    const {shown} = await loadBenchmark(id)
    if (shown) return {id, subtasks: shown}
  }
  throw new LanternError('usage', 'No benchmark is named.', `Add --bench ${benchmarkIds().join(', ')}.`)
}
