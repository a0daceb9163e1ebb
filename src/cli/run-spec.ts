// The settings of `run` as a specification.
import {readFile} from 'node:fs/promises'
import {benchmarkIds, shownBenchmark} from '../benchmarks/index.js'
import {LanternError, messageOf} from '../core/errors.js'
import type {ModelChoice, RunSpec} from '../evaluation/spec.js'
import {cacheDir} from '../hub/cache-dir.js'
import {remoteScheme} from '../runners/remote/endpoint.js'
import type {RemoteOptions} from '../runners/remote/options.js'
import {controlModels} from './control-models.js'
import type {runSettings} from './settings/index.js'
import type {Values} from './settings/setting.js'

type Environment = Readonly<Record<string, string | undefined>>
export type RunValues = Values<typeof runSettings>

/** The specification from the settings of `run`. Throws `usage` for values that do not go together. */
export async function toSpec(values: RunValues, env: Environment): Promise<RunSpec> {
  const models =
    values.model?.map((ref): ModelChoice => ({ref, modes: values.mode})) ?? (await controlModels(values.mode))
  const {judge} = values
  return {
    models,
    benchmarks: await benchmarksOf(values.bench, values.model === undefined),
    data: values.data ?? {},
    split: values.split,
    ids: await idsOf(values.sample, values['samples-file']),
    limit: values.limit,
    seed: values.seed,
    shard: values.shard ?? null,
    optionOrders: values.options,
    protocol: values.protocol,
    latentSize: values['latent-size'],
    interventions: values.intervention ?? ['own'],
    promptStyle: values['prompt-style'],
    extractor: values.extractor,
    judge: judge === undefined ? undefined : {ref: judge, baseUrl: values['judge-base-url']},
    decoding: {
      maxNewTokens: values['max-new-tokens'],
      temperature: values.temperature,
      topP: values['top-p'],
      topK: values['top-k'],
    },
    saveLatents: values['save-latents'],
    maxErrorRate: values['max-error-rate'],
    out: values.out,
    budget: budgetOf(values),
    runner: {
      common: {
        minPixels: values['min-pixels'],
        maxPixels: values['max-pixels'],
        cacheDir: cacheDir(env),
        planOnly: values['dry-run'],
        env,
      },
      local: {
        device: values.device,
        precision: values.precision,
        weights: values.weights,
        threads: values.threads,
        batchSize: values['batch-size'],
        adapter: values.adapter,
        latentBank: values['latents-from'],
      },
      remote: {
        ...remoteOf(values),
        baseUrls: endpointsOf(values['base-url'] ?? {}, [
          ...(values.model ?? []),
          ...(judge && !values['judge-base-url'] ? [judge] : []),
        ]),
        // A gate over saved replies would compare a model with its own past.
        cache: values.cache ?? values.baseline === undefined,
      },
    },
  }
}

/** Limits on requests and cost. */
export function budgetOf(values: Pick<RunValues, 'max-requests' | 'max-cost'>): RunSpec['budget'] {
  return {maxRequests: values['max-requests'], maxCostUsd: values['max-cost']}
}

/** Options of all endpoints. */
export function remoteOf(
  values: Pick<
    RunValues,
    'api-key-env' | 'header' | 'extra-body' | 'price' | 'concurrency' | 'timeout' | 'max-retries' | 'cache'
  >,
): Omit<RemoteOptions, 'baseUrls' | 'budget'> {
  return {
    apiKeyEnv: values['api-key-env'],
    headers: values.header,
    extraBody: values['extra-body'],
    price: values.price,
    concurrency: values.concurrency,
    timeoutMs: values.timeout * 1000,
    maxRetries: values['max-retries'],
    cache: values.cache ?? true,
  }
}

/**
 * Endpoints by model name. Throws `usage` if some are given and a model has none, as after a misspelling: that model
 * would be asked at another place, with the key for that place.
 */
function endpointsOf(given: Readonly<Record<string, string>>, refs: readonly string[]): Record<string, string> {
  const plain = (name: string) => (name.startsWith(remoteScheme) ? name.slice(remoteScheme.length) : name)
  const urls = Object.fromEntries(Object.entries(given).map(([name, url]) => [plain(name), url]))
  const names = Object.keys(urls)
  const without = refs
    .filter(ref => ref.startsWith(remoteScheme))
    .find(ref => !names.includes('*') && !names.includes(plain(ref)))
  if (names.length === 0 || without === undefined) return urls
  throw new LanternError(
    'usage',
    `--base-url is given for ${names.join(', ')} but not for ${plain(without)}.`,
    `Add --base-url ${plain(without)}=URL, or one without a name for all others.`,
  )
}

/**
 * `blink:Counting,blink:Jigsaw,vstar` -> one entry per benchmark. Without `--bench`: the default of the built-in
 * models, else an error.
 */
async function benchmarksOf(
  given: readonly string[] | undefined,
  builtinModels: boolean,
): Promise<RunSpec['benchmarks']> {
  if (given === undefined) {
    if (builtinModels) return [await shownBenchmark()]
    throw new LanternError('usage', 'No benchmark is named.', `Add --bench with one of ${benchmarkIds().join(', ')}.`)
  }
  const byId = new Map<string, string[] | undefined>()
  for (const one of given) {
    const [id, subtask] = [one.split(':', 1)[0]!, one.includes(':') ? one.slice(one.indexOf(':') + 1) : undefined]
    const before = byId.get(id)
    // The whole benchmark, if asked for, includes its subtasks.
    byId.set(
      id,
      subtask === undefined || (byId.has(id) && before === undefined) ? undefined : [...(before ?? []), subtask],
    )
  }
  return [...byId].map(([id, subtasks]) => ({id, subtasks}))
}

async function idsOf(ids: readonly string[] | undefined, file: string | undefined): Promise<string[] | undefined> {
  if (file === undefined) return ids === undefined ? undefined : [...ids]
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new LanternError(
      'bad-file',
      `The samples file ${file} cannot be read: ${messageOf(error)}.`,
      'Check --samples-file.',
    )
  }
  const listed = text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
  if (listed.length === 0)
    throw new LanternError(
      'bad-file',
      `The samples file ${file} contains no sample id.`,
      'Write one sample id per line.',
    )
  return [...(ids ?? []), ...listed]
}
