// What a run records about its environment. It is outside the lock's hash, so runs that compare may differ in it.
import {createRequire} from 'node:module'
import {availableParallelism, cpus} from 'node:os'
import type {Benchmark} from '../benchmarks/benchmark.js'
import type {RunSpec} from './spec.js'

const require = createRequire(import.meta.url)

/** Version of this package, read from its own package.json. */
export function packageVersion(): string {
  return (require('../../package.json') as {version: string}).version
}

/** Table names by benchmark id. They are not hashed: a renamed benchmark is the same benchmark. */
export function titlesOf(benchmarks: readonly Pick<Benchmark, 'id' | 'title'>[]): Record<string, string> {
  return Object.fromEntries(benchmarks.map(({id, title}) => [id, title]))
}

/** Where the definition files of benchmarks lie. They are found there again; the lock's entry has their hash. */
export function definitionsOf(benchmarks: readonly Pick<Benchmark, 'id' | 'definition'>[]): {
  readonly definitions?: Readonly<Record<string, string>>
} {
  const files = benchmarks.flatMap(({id, definition}) => (definition === undefined ? [] : [[id, definition] as const]))
  return files.length === 0 ? {} : {definitions: Object.fromEntries(files)}
}

/** Versions, machine, device and the knobs that change speed but not results. */
export function environment(spec: RunSpec): Record<string, unknown> {
  const {local, remote} = spec.runner
  const {device, weights, threads, batchSize} = local
  return {
    lanternEval: packageVersion(),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    device,
    weights: weights ?? null,
    threads: threads ?? null,
    batchSize: batchSize ?? null,
    concurrency: remote.concurrency,
    ...(remote.headers && {headers: Object.keys(remote.headers)}),
    startedAt: new Date().toISOString(),
  }
}
