// From a specification to a run that could start: sessions opened, data found, samples selected, lock built. No prompt
// is sent.
import {type Benchmark, type DataSet, type SampleKey, splitOf} from '../benchmarks/benchmark.js'
import {dataGiven, findData} from '../benchmarks/data-places.js'
import {loadBenchmark, openData} from '../benchmarks/index.js'
import {withOptionOrders} from '../benchmarks/option-orders.js'
import {LanternError} from '../core/errors.js'
import {type Arm, modes} from '../core/generation.js'
import {hashOf, sha256} from '../core/hash.js'
import type {PromptForm} from '../core/prompt-form.js'
import {donorPolicy} from '../modes/donors.js'
import {bankMissing, interventionNamed, needsBank, takesOwnSteps} from '../modes/interventions.js'
import {askedForm, cropFormOf, promptsSha256} from '../modes/prompts.js'
import {
  type Lock,
  type LockedBenchmark,
  lockedBenchmark,
  lockedDefinition,
  lockOf,
  type UsedRecipe,
} from '../run-folder/lock.js'
import {readLock} from '../run-folder/reader.js'
import {type ListedSample, listedSamples} from '../run-folder/samples.js'
import {Budget} from '../runners/budget.js'
import {openRunner} from '../runners/index.js'
import type {ModelIdentity, RunnerEvent, Session} from '../runners/runner.js'
import {armsOf, maxNewTokensOf} from './arms.js'
import {assertBoxes} from './boxes.js'
import {definitionsOf, environment, titlesOf} from './environment.js'
import {forJudge, type OpenJudge, openJudge} from './judge.js'
import {pluginsOf} from './plugins-used.js'
import {countBySubtask, select, shardOf} from './selection.js'
import {labelsOf, type RunSpec} from './spec.js'

export interface PreparedBenchmark {
  readonly benchmark: Benchmark
  readonly data: DataSet
  /** The folder or file of the data. */
  readonly place: string
  /** How it is asked. */
  readonly form: PromptForm
  /** The samples of this shard, in the order of the data. */
  readonly keys: readonly SampleKey[]
  /** The ids of the whole selection, before sharding. */
  readonly selected: readonly string[]
}

export interface PreparedModel {
  readonly session: Session
  readonly arms: readonly Arm[]
}

export interface Prepared {
  readonly spec: RunSpec
  readonly models: readonly PreparedModel[]
  readonly benchmarks: readonly PreparedBenchmark[]
  readonly judge: OpenJudge | null
  readonly lock: Lock
  /** The whole selection, before sharding, as the lock has it. */
  readonly samples: readonly ListedSample[]
  close(): Promise<void>
}

/**
 * Opens everything a run needs and builds its lock.
 * Throws what runners and adapters throw, and `data-absent` when a model needs pictures that the data do not have.
 */
export async function prepare(spec: RunSpec, notify: (event: RunnerEvent) => void): Promise<Prepared> {
  const models: PreparedModel[] = []
  let judge: OpenJudge | null = null
  const close = async () => {
    for (const {session} of models) await session.close()
    await judge?.close()
  }
  // Models and judge together stay within the limits on requests and cost.
  const {common, local} = spec.runner
  const {repeats = 1} = spec
  const remote = {...spec.runner.remote, budget: new Budget(spec.budget)}
  try {
    for (const choice of spec.models) {
      const session = await openRunner(choice.ref, {
        common: {
          ...common,
          benchmarks: spec.benchmarks.map(({id}) => id),
          seed: spec.seed,
          repeats,
          keepLatents: spec.saveLatents || recordsOwn(spec),
          keepContext: spec.saveLatents && !spec.latentsAlone,
          notify,
        },
        local,
        remote,
      })
      models.push({session, arms: []})
      models[models.length - 1] = {session, arms: armsOf(session.describe(), {...spec, modes: choice.modes})}
    }
    const fed = models
      .flatMap(({arms}) => arms)
      .find(({intervention}) => intervention !== null && needsBank(intervention))
    if (fed && local.latentBank === undefined && !spec.interventions.includes('own'))
      throw bankMissing(fed.intervention!)
    const identities = models.map(({session}) => session.describe())
    const benchmarks: PreparedBenchmark[] = []
    const entries: LockedBenchmark[] = []
    const samples: ListedSample[] = []
    for (const {id, subtasks} of spec.benchmarks) {
      const benchmark = await loadBenchmark(id)
      const split = splitOf(benchmark, spec.split)
      if (benchmark.optionOrders === false && spec.optionOrders.kind !== 'file')
        throw new LanternError(
          'usage',
          `The options of ${id} are asked in the order of the data only.`,
          'Run it without --options.',
        )
      const wish = {
        given: dataGiven(spec.data, id),
        pictures: identities.some(({needsImages}) => needsImages),
        builtin: identities.every(({builtin}) => builtin) ? 'always' : 'named',
      } as const
      const {path} = await findData(benchmark, wish, common)
      const found = await openData(benchmark, path, {
        split,
        seed: spec.seed,
        ...(spec.imageRoot !== undefined && {imageRoot: spec.imageRoot}),
      })
      for (const message of found.notes) notify({type: 'note', message})
      const data = withOptionOrders(found, spec.optionOrders, spec.seed)
      const blind = identities.find(identity => identity.needsImages && !data.hasImages)
      if (blind) {
        throw new LanternError(
          'data-absent',
          `The data of ${id} have no pictures (layout ${data.layout}), which ${blind.ref} needs.`,
          `Fetch them with \`lantern-eval bench pull ${id}\`, or give --data (and --image-root where the pictures lie elsewhere); annotations alone are enough for replay: models only.`,
        )
      }
      const available = await data.keys()
      const selected = select(id, available, {subtasks, ids: spec.ids, limit: spec.limit, seed: spec.seed})
      // A layout may have its own scoring (VisCoT's four-option items), so the data's own description counts.
      const keys = shardOf(selected, spec.shard)
      const form = askedForm(data.benchmark, spec.promptStyle, spec.ownPrompt)
      const crops = models.some(
        ({session, arms}) => session.describe().needsImages && arms.some(({mode}) => mode === 'crop'),
      )
      if (crops) cropFormOf(form, id, spec.promptStyle)
      benchmarks.push({
        benchmark: scoredAs(data.benchmark, form),
        data,
        place: path,
        form,
        keys,
        selected: selected.map(key => key.id),
      })
      const listed = listedSamples(id, selected, available)
      for (const sample of listed) samples.push(sample)
      const judged = spec.judge !== undefined
      entries.push(await lockEntry(data, {available, samples: listed, judged, form}))
    }
    if (spec.judge) {
      const judged = benchmarks.map(({benchmark}) => benchmark)
      judge = await openJudge(spec.judge, judged, {common: {...common, notify}, remote: forJudge(spec.judge, remote)})
    }
    const arms = models.flatMap(model => model.arms)
    const repeated = arms.find((arm, index) => arms.findIndex(other => other.id === arm.id) !== index)
    if (repeated)
      throw new LanternError(
        'usage',
        `The arm ${repeated.id} is asked for twice.`,
        'Name each model, mode and intervention once.',
      )
    await assertBoxes(benchmarks, arms, message => notify({type: 'warning', message}))
    if (repeats > 1 && spec.decoding.temperature === 0 && identities.some(isLocal))
      notify({
        type: 'warning',
        message:
          'At temperature 0 a local checkpoint says the same at every repeat, unless an intervention draws; --temperature lets it vary.',
      })
    const limits = limitsOf(benchmarks, arms, spec)
    const labels = labelsOf(spec)
    const lock = lockOf({
      ...(spec.recipe && {recipe: usedRecipe(spec.recipe, benchmarks)}),
      arms,
      benchmarks: entries.map((entry, index) => ({...entry, ...limits.own[index]})),
      prompts: {
        style: spec.promptStyle,
        templatesSha256: hashOf(entries.map(entry => entry.promptsSha256!)),
        options: spec.optionOrders,
        ...(spec.ownPrompt?.template !== undefined && {template: `sha256:${sha256(spec.ownPrompt.template)}`}),
      },
      decoding: {
        temperature: spec.decoding.temperature,
        topP: spec.decoding.topP ?? null,
        topK: spec.decoding.topK ?? null,
        maxNewTokens: limits.shared,
      },
      images: {minPixels: common.minPixels ?? null, maxPixels: common.maxPixels ?? null},
      models: identities.map(({ref, sha256, endpoint, precision, details, builtin}) => ({
        ref,
        sha256,
        endpoint,
        precision,
        details,
        builtin,
      })),
      ...(fed && local.latentBank !== undefined ? {latentsFrom: (await readLock(local.latentBank)).hash} : {}),
      ...(arms.some(takesDonor) ? {donors: spec.donorsOfSplit ? `${donorPolicy}-of-split` : donorPolicy} : {}),
      extractor: spec.extractor,
      ...pluginsOf({arms, benchmarks: entries, extractor: spec.extractor, recipe: spec.recipe?.name, asked: true}),
      judge: judge?.identity ?? null,
      seeds: {run: spec.seed, ...(repeats > 1 ? {repeats} : {})},
      shard: spec.shard && {
        ...spec.shard,
        asked: Object.fromEntries(benchmarks.map(({benchmark, keys}) => [benchmark.id, countBySubtask(keys)])),
      },
      environment: {
        ...environment(spec),
        titles: titlesOf(benchmarks.map(({benchmark}) => benchmark)),
        ...definitionsOf(benchmarks.map(({benchmark}) => benchmark)),
        data: Object.fromEntries(benchmarks.map(({benchmark, place}) => [benchmark.id, place])),
        ...(labels.size > 0 && {labels: Object.fromEntries(labels)}),
      },
    })
    return {spec, models, benchmarks, judge, lock, samples, close}
  } catch (error) {
    await close()
    throw error
  }
}

/**
 * Whether the own arms come before the others: these feed on their latents, are read behind them, or take their steps.
 */
export function ownFirst(spec: RunSpec): boolean {
  return recordsOwn(spec) || spec.interventions.some(takesOwnSteps)
}

/** Whether the latents of the own arms are recorded in the run itself, for the others. */
export function recordsOwn({interventions, readings, runner}: RunSpec): boolean {
  return runner.local.latentBank === undefined && (readings === true || interventions.some(needsBank))
}

function takesDonor({intervention}: Arm): boolean {
  return intervention !== null && ['donor', 'unrelated'].includes(interventionNamed(intervention).needs)
}

/** A checkpoint that is run here, not an endpoint or saved answers. */
function isLocal({remote, needsImages}: ModelIdentity): boolean {
  return !remote && needsImages
}

interface Choice {
  readonly available: readonly SampleKey[]
  readonly samples: readonly ListedSample[]
  readonly judged: boolean
  readonly form: PromptForm
}

interface Limits {
  /** Limits of new tokens for the modes in which all benchmarks agree. */
  readonly shared: Lock['decoding']['maxNewTokens']
  /** For each benchmark, the limits of the other modes. */
  readonly own: readonly Pick<Lock['benchmarks'][number], 'maxNewTokens'>[]
}

/** What is recorded of a recipe: data of another layout than it asked hold other texts, so they are a change too. */
function usedRecipe(
  {layouts, ...recipe}: NonNullable<RunSpec['recipe']>,
  benchmarks: readonly PreparedBenchmark[],
): UsedRecipe {
  const changed = {...recipe.changed}
  for (const {benchmark, data} of benchmarks) {
    const known = layouts[benchmark.id] ?? []
    if (known.length > 0 && !known.includes(data.layout) && data.kind !== 'builtin')
      changed[`data of ${benchmark.id}`] = `${data.layout}, not ${known.join(' or ')}`
  }
  return {...recipe, changed}
}

/** The benchmark as it is scored where its options are held against each other by their likelihood. */
function scoredAs(benchmark: Benchmark, {likelihood}: PromptForm): Benchmark {
  return likelihood ? {...benchmark, scoring: {...benchmark.scoring, metric: 'likelihood'}} : benchmark
}

function limitsOf(benchmarks: readonly PreparedBenchmark[], arms: readonly Arm[], {decoding}: RunSpec): Limits {
  const shared: Limits['shared'] = {}
  const own = benchmarks.map((): Limits['shared'] => ({}))
  for (const mode of modes.filter(mode => arms.some(arm => arm.mode === mode))) {
    const limits = benchmarks.map(({benchmark, form}) => maxNewTokensOf(benchmark, form, mode, decoding.maxNewTokens))
    if (new Set(limits).size === 1) shared[mode] = limits[0]!
    else for (const [index, limit] of limits.entries()) own[index]![mode] = limit
  }
  return {shared, own: own.map(limits => (Object.keys(limits).length === 0 ? {} : {maxNewTokens: limits}))}
}

async function lockEntry(data: DataSet, {available, samples, judged, form}: Choice): Promise<LockedBenchmark> {
  const {revision, labels, dataSha256, definitionSha256} = await data.identity()
  const {split, kind, layout} = data
  const benchmark = scoredAs(data.benchmark, form)
  const counts = new Map<string, number>()
  for (const {subtask} of available) counts.set(subtask, (counts.get(subtask) ?? 0) + 1)
  return lockedBenchmark({
    ...{id: benchmark.id, split, kind, layout, revision, labels, dataSha256},
    ...{scoring: benchmark.scoring, judged, samples},
    ...(kind !== 'custom' && {verified: await data.verified()}),
    ...(definitionSha256 !== undefined && {definition: lockedDefinition(definitionSha256, benchmark.scoring)}),
    promptsSha256: promptsSha256(form),
    ...(form.system !== undefined && {system: form.system}),
    ...(form.stop && {stop: [...form.stop]}),
    available: counts,
  })
}
