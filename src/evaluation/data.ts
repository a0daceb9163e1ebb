// Where the samples of a benchmark are read from: a folder given, the built-in samples, what was fetched, or answers
// alone for a replay.
import type {Benchmark} from '../benchmarks/benchmark.js'
import {answersOnlyData, builtinData, localData} from '../benchmarks/data-places.js'
import {LanternError} from '../core/errors.js'
import type {ModelIdentity} from '../runners/runner.js'
import type {RunSpec} from './spec.js'

/**
 * The place of a benchmark's data, by the rule of design/contract.md: `--data`, else the built-in samples for the
 * built-in models, else what was fetched; replayed answers are content with the published answers alone.
 * Throws `data-absent` naming the command that fetches the data.
 */
export async function locateData(
  benchmark: Benchmark,
  spec: Pick<RunSpec, 'data'> & {
    readonly runner: {readonly common: Pick<RunSpec['runner']['common'], 'cacheDir' | 'env'>}
  },
  models: readonly Pick<ModelIdentity, 'builtin' | 'needsImages'>[],
): Promise<string> {
  const given = spec.data[benchmark.id] ?? spec.data['*']
  if (given !== undefined && given !== 'builtin') return given
  // A benchmark without a published data set (hops) is always drawn here.
  if (given === 'builtin' || benchmark.origin.repo === '' || models.every(model => model.builtin)) {
    const builtin = builtinData(benchmark.id)
    if (builtin !== undefined) return builtin
    throw new LanternError(
      'data-absent',
      `There are no built-in samples of ${benchmark.id}.`,
      'Give a folder: --data DIR.',
    )
  }
  const local = await localData(benchmark, spec.runner.common.cacheDir, spec.runner.common.env)
  if (local !== undefined) return local
  const answers = models.every(model => !model.needsImages) ? answersOnlyData(benchmark.id) : undefined
  if (answers !== undefined) return answers
  throw new LanternError(
    'data-absent',
    `The data of ${benchmark.id} are not on this machine.`,
    `Fetch them with \`lantern-eval bench pull ${benchmark.id}\`, or give --data DIR; --data builtin takes the built-in samples.`,
  )
}
