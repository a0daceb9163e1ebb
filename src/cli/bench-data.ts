// Opens a benchmark's data for the `bench` commands.
import {type DataSet, splitOf} from '../benchmarks/benchmark.js'
import {dataGiven, findData, type Machine} from '../benchmarks/data-places.js'
import {loadBenchmark, openData} from '../benchmarks/index.js'
import {cacheDir} from '../hub/cache-dir.js'

/** The places where this process looks for data. */
export function thisMachine(): Machine {
  return {cacheDir: cacheDir(process.env), env: process.env}
}

export interface DataFlags {
  /** Folder by benchmark; `*` for all. */
  readonly data?: Readonly<Record<string, string>> | undefined
  readonly 'image-root'?: string | undefined
  readonly split?: string | undefined
  readonly seed?: number | undefined
}

/**
 * Opens the data of a benchmark: `--data`, else data on this machine, else the built-in samples.
 * Throws `data-absent` naming the command that fetches them.
 */
export async function openBench(id: string, flags: DataFlags): Promise<DataSet> {
  const benchmark = await loadBenchmark(id)
  const given = dataGiven(flags.data ?? {}, id)
  const {path} = await findData(benchmark, {given, pictures: false, builtin: 'last'}, thisMachine())
  const {'image-root': imageRoot, seed = 0} = flags
  return openData(benchmark, path, {
    split: splitOf(benchmark, flags.split),
    seed,
    ...(imageRoot !== undefined && {imageRoot}),
  })
}
