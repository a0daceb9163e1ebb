// Opening a benchmark's data for the `bench` commands: a folder given, what was fetched, or what ships with the
// package.
import {type Benchmark, type DataSet, splitOf} from '../benchmarks/benchmark.js'
import {answersOnlyData, builtinData, localData} from '../benchmarks/data-places.js'
import {loadBenchmark} from '../benchmarks/index.js'
import {LanternError} from '../core/errors.js'
import {cacheDir} from '../hub/cache-dir.js'

/** Places in the order they are tried when no folder is given. */
export interface Places {
  readonly official: string | null
  readonly builtin: string | null
  readonly answers: string | null
}

/** Where data of a benchmark lie on this machine. */
export async function placesOf(benchmark: Benchmark): Promise<Places> {
  return {
    official: (await localData(benchmark, cacheDir(process.env), process.env)) ?? null,
    builtin: builtinData(benchmark.id) ?? null,
    answers: answersOnlyData(benchmark.id) ?? null,
  }
}

export interface DataFlags {
  /** Folder by benchmark; `*` for all. */
  readonly data?: Readonly<Record<string, string>> | undefined
  readonly split?: string | undefined
  readonly seed?: number | undefined
}

/**
 * Opens the data of a benchmark: `--data` (`builtin` means the drawn samples), else the official data on this machine,
 * else what ships.
 * Throws `data-absent` naming the command that fetches them.
 */
export async function openBench(id: string, flags: DataFlags): Promise<DataSet> {
  const benchmark = await loadBenchmark(id)
  const places = await placesOf(benchmark)
  const folders = flags.data ?? {}
  const given = folders[id] ?? folders['*']
  const place = given === 'builtin' ? places.builtin : (given ?? places.official ?? places.answers ?? places.builtin)
  if (place === null) {
    throw new LanternError(
      'data-absent',
      `The data of ${id} are not on this machine.`,
      `Fetch them with \`lantern-eval bench pull ${id}\`, or give --data DIR.`,
    )
  }
  return benchmark.load(place, {split: splitOf(benchmark, flags.split), seed: flags.seed ?? 0})
}
