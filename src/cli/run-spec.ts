// Turns the settings of `run` into a specification.
import {existsSync} from 'node:fs'
import {resolve} from 'node:path'
import {pathToFileURL} from 'node:url'
import {benchmarkIds, shownBenchmark} from '../benchmarks/index.js'
import {LanternError, messageOf} from '../core/errors.js'
import {limits} from '../core/limits.js'
import {loadedPlugins} from '../core/loaded-plugins.js'
import {readSmallText} from '../core/small-file.js'
import type {ModelChoice, RunSpec} from '../evaluation/spec.js'
import {cacheDir} from '../hub/cache-dir.js'
import type {OwnPrompt} from '../modes/prompts.js'
import {servedBy} from '../runners/index.js'
import {isBuiltinRef} from '../runners/onnx/checkpoint-folder.js'
import {remoteScheme} from '../runners/remote/endpoint.js'
import type {RemoteOptions} from '../runners/remote/options.js'
import {controlModels} from './control-models.js'
import {labelAndRef, looksLikePath} from './settings/asked.js'
import type {runSettings} from './settings/index.js'
import type {Values} from './settings/setting.js'

type Environment = Readonly<Record<string, string | undefined>>
export type RunValues = Values<typeof runSettings>

/** The specification from the settings of `run`. Throws `usage` for values that contradict each other. */
export async function toSpec(values: RunValues, env: Environment): Promise<RunSpec> {
  const recipe = values.recipe === undefined ? undefined : await appliedRecipe(values.recipe, values)
  const given = values.model?.map(modelOf)
  const models =
    given?.map((model): ModelChoice => ({...model, modes: values.mode})) ?? (await controlModels(values.mode))
  const {judge} = values
  return {
    models,
    benchmarks:
      recipe?.benchmarks ??
      (await benchmarksOf(
        values.bench,
        models.every(({ref}) => isBuiltinRef(ref)),
        models.map(({ref}) => ref),
      )),
    data: values.data ?? {},
    split: values.split,
    ...(values['image-root'] !== undefined && {imageRoot: values['image-root']}),
    ...(recipe && {recipe: recipe.used}),
    ids: await idsOf(values.sample, values['samples-file']),
    limit: values.limit,
    seed: values.seed,
    repeats: values.repeats,
    shard: values.shard ?? null,
    optionOrders: values.options,
    protocol: values.protocol && (await protocolGiven(values.protocol)),
    latentSizes: values['latent-size'],
    interventions: values.intervention ?? ['own'],
    promptStyle: values['prompt-style'],
    ownPrompt: await ownPromptOf(values),
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
        latentDtype: values['latent-dtype'],
        pictureFetch: values['picture-fetch'],
        threads: values.threads,
        batchSize: values['batch-size'],
        adapter: values.adapter,
        latentBank: values['latents-from'],
      },
      remote: {
        ...remoteOf(values),
        observeLatents: values['observe-latents'],
        latentBank: values['latents-from'],
        baseUrls: endpointsOf(values['base-url'] ?? {}, [
          ...(given ?? []).map(({ref}) => ref),
          ...(judge && !values['judge-base-url'] ? [judge] : []),
        ]),
        // A gate over cached replies would compare a model with its own past.
        cache: values.cache ?? values.baseline === undefined,
      },
    },
  }
}

/** The name of a protocol; one in a file is registered first. Throws `bad-config` for a file that holds none. */
async function protocolGiven(nameOrFile: string): Promise<string> {
  if (!looksLikePath.test(nameOrFile)) return nameOrFile
  const file = resolve(nameOrFile)
  await (await import('./plugins.js')).registerPlugins([{name: file, folder: process.cwd()}])
  const {parts} = loadedPlugins().find(({url}) => url === pathToFileURL(file).href)!
  const protocol = parts.find(({kind}) => kind === 'protocol')
  if (protocol !== undefined) return protocol.name
  throw new LanternError(
    'bad-config',
    `${nameOrFile} defines no protocol.`,
    'Name its parts by their names, and the file with --plugin.',
  )
}

/** The benchmarks named by the recipe and the run together, and the recipe's entry in the lock. */
async function appliedRecipe(
  name: string,
  values: RunValues,
): Promise<{readonly benchmarks: RunSpec['benchmarks']; readonly used: NonNullable<RunSpec['recipe']>}> {
  const {alsoPublished, changedSettings, openRecipe, recipeSettings, recipeSubtasks} = await import('./recipes.js')
  const opened = await openRecipe(name)
  const settings = await recipeSettings(opened, values.bench)
  const changed = changedSettings(settings, await alsoPublished(opened), {...values})
  const benchmarks = (await benchmarksOf(values.bench, false)).map(({id, subtasks}) => {
    const own = recipeSubtasks(opened, id)
    if (subtasks === undefined) return {id, subtasks: own}
    const asked = [...subtasks].sort().join(', ')
    const published = own === undefined ? 'all' : [...own].sort().join(', ')
    if (asked !== published) changed[`subtasks of ${id}`] = `${asked}, not ${published}`
    return {id, subtasks}
  })
  const {name: short, source, benchmarks: made} = opened.recipe
  const layouts = Object.fromEntries(Object.entries(made).map(([id, {layouts: known = []}]) => [id, known]))
  return {benchmarks, used: {name: short, source, changed, layouts}}
}

async function ownPromptOf(values: Pick<RunValues, 'system' | 'prompt-template' | 'stop'>): Promise<OwnPrompt> {
  const {system, stop, 'prompt-template': file} = values
  const given = {...(system !== undefined && {system}), ...(stop !== undefined && {stop})}
  if (file === undefined) return given
  let template: string
  try {
    template = await readSmallText(file, limits.textBytes)
  } catch (error) {
    throw new LanternError(
      'bad-file',
      `The prompt template ${file} cannot be read: ${messageOf(error)}.`,
      'Check --prompt-template.',
    )
  }
  const {checkTemplate} = await import('../core/prompt-template.js')
  checkTemplate(template)
  return {...given, template}
}

/** Splits `LABEL=REF`. The path of an existing file or folder is always a reference, even if it contains `=`. */
function modelOf(given: string): ModelChoice {
  return existsSync(given) ? {ref: given} : labelAndRef(given)
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
 * Endpoints by model name. Throws `usage` if some are given but a model has none, for example after a misspelling. That
 * model would otherwise be asked at the default endpoint, with that endpoint's key.
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
  refs: readonly string[] = [],
): Promise<RunSpec['benchmarks']> {
  if (given === undefined) {
    if (builtinModels) return [await shownBenchmark()]
    // A misspelt `builtin:` is the nearer reason.
    for (const ref of refs) servedBy(ref)
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
    text = await readSmallText(file, limits.textBytes)
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
