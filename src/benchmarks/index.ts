// The register of benchmarks: one line each. An adapter is loaded when it is asked for.
import {LanternError} from '../core/errors.js'
import type {Benchmark} from './benchmark.js'

const adapters: Readonly<Record<string, () => Promise<Benchmark>>> = {
  blink: async () => (await import('./blink.js')).blink,
  vstar: async () => (await import('./vstar.js')).vstar,
  viscot: async () => (await import('./viscot.js')).viscot,
  hops: async () => (await import('./hops.js')).hops,
}

/** Ids of all benchmarks, in the order of tables. */
export const benchmarkIds: readonly string[] = Object.keys(adapters)

/** The adapter of a benchmark. Throws `usage` for an unknown id. */
export async function loadBenchmark(id: string): Promise<Benchmark> {
  const load = Object.hasOwn(adapters, id) ? adapters[id] : undefined
  if (!load)
    throw new LanternError('usage', `There is no benchmark "${id}".`, `The benchmarks are ${benchmarkIds.join(', ')}.`)
  return load()
}
