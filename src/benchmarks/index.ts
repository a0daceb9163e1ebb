// The register of benchmarks. A built-in adapter is one line here and is loaded when it is asked for; others are added
// while the program runs.
import {closest} from '../core/closest.js'
import {LanternError} from '../core/errors.js'
import type {Benchmark} from './benchmark.js'

const register = new Map<string, () => Promise<Benchmark>>([
  ['blink', async () => (await import('./blink.js')).blink],
  ['vstar', async () => (await import('./vstar.js')).vstar],
  ['viscot', async () => (await import('./viscot.js')).viscot],
  ['hops', async () => (await import('./hops.js')).hops],
])

/** Ids of all benchmarks known by now, in the order of tables. */
export function benchmarkIds(): readonly string[] {
  return [...register.keys()]
}

/** Adds a benchmark that `defineBenchmark` made. Throws `bad-config` for an id that is taken. */
export function registerBenchmark(benchmark: Benchmark): void {
  if (register.has(benchmark.id))
    throw new LanternError(
      'bad-config',
      `There is a benchmark "${benchmark.id}" already.`,
      `Give yours another id than ${benchmarkIds().join(', ')}.`,
    )
  register.set(benchmark.id, async () => benchmark)
}

/** The adapter of a benchmark. Throws `usage` for an unknown id. */
export async function loadBenchmark(id: string): Promise<Benchmark> {
  const load = register.get(id)
  if (load) return load()
  const near = closest(id, benchmarkIds())
  throw new LanternError(
    'usage',
    `There is no benchmark "${id}".`,
    `${near === undefined ? '' : `Did you mean ${near}? `}The benchmarks are ${benchmarkIds().join(', ')}.`,
  )
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
