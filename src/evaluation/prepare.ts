// From a specification to a run that could start: sessions opened, data found, samples selected, the lock written down.
// Nothing is sent.
import {createHash} from 'node:crypto'
import {type Benchmark, type DataSet, type SampleKey, splitOf} from '../benchmarks/benchmark.js'
import {dataGiven, findData} from '../benchmarks/data-places.js'
import {loadBenchmark} from '../benchmarks/index.js'
import {LanternError} from '../core/errors.js'
import {type Arm, modes} from '../core/generation.js'
import {hashOf} from '../core/hash.js'
import type {PromptStyle} from '../core/prompt-form.js'
import {bankMissing, needsBank} from '../modes/interventions.js'
import {optionVariants} from '../modes/option-orders.js'
import {promptFormOf, promptsSha256} from '../modes/prompts.js'
import {type Lock, lockHash} from '../run-folder/lock.js'
import {readLock} from '../run-folder/reader.js'
import {Budget} from '../runners/budget.js'
import {openRunner} from '../runners/index.js'
import type {RunnerEvent, Session} from '../runners/runner.js'
import {armsOf, maxNewTokensOf} from './arms.js'
import {environment, titlesOf} from './environment.js'
import {forJudge, type OpenJudge, openJudge} from './judge.js'
import {countBySubtask, select, shardOf} from './selection.js'
import type {RunSpec} from './spec.js'

export interface PreparedBenchmark {
  readonly benchmark: Benchmark
  readonly data: DataSet
  /** The samples of this shard, in the order of the data. */
  readonly keys: readonly SampleKey[]
  /** What is asked of them: the samples themselves, or their variants under several option orders. */
  readonly asked: readonly SampleKey[]
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
  // Models and judge together stay within what the run may ask and spend.
  const {common, local} = spec.runner
  const remote = {...spec.runner.remote, budget: new Budget(spec.budget)}
  try {
    for (const choice of spec.models) {
      const session = await openRunner(choice.ref, {
        common: {
          ...common,
          benchmarks: spec.benchmarks.map(({id}) => id),
          seed: spec.seed,
          keepLatents: spec.saveLatents,
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
    if (fed && local.latentBank === undefined) throw bankMissing(fed.intervention!)
    const identities = models.map(({session}) => session.describe())
    const benchmarks: PreparedBenchmark[] = []
    const entries: Lock['benchmarks'] = []
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
      const data = await benchmark.load(path, {split, seed: spec.seed})
      const blind = identities.find(identity => identity.needsImages && !data.hasImages)
      if (blind) {
        throw new LanternError(
          'data-absent',
          `The data of ${id} have no pictures (layout ${data.layout}), which ${blind.ref} needs.`,
          `Fetch them with \`lantern-eval bench pull ${id}\`, or give --data; annotations alone serve replay: models only.`,
        )
      }
      const available = await data.keys()
      const selected = select(id, available, {subtasks, ids: spec.ids, limit: spec.limit, seed: spec.seed})
      // A layout may be scored in its own way (VisCoT's four-option items), so the data's own description counts.
      const keys = shardOf(selected, spec.shard)
      const asked = await variantKeys(data, selected, spec)
      const ours = new Set(keys.map(key => key.id))
      benchmarks.push({benchmark: data.benchmark, data, keys, asked: asked.filter(key => ours.has(key.item))})
      entries.push(
        await lockEntry(data.benchmark, data, {
          available,
          selected,
          asked,
          judged: spec.judge !== undefined,
          style: spec.promptStyle,
        }),
      )
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
    const limits = limitsOf(
      benchmarks.map(({benchmark}) => benchmark),
      arms,
      spec,
    )
    const lock: Lock = {
      schema: 1,
      hash: '',
      arms,
      benchmarks: entries.map((entry, index) => ({...entry, ...limits.own[index]})),
      prompts: {
        style: spec.promptStyle,
        templatesSha256: hashOf(entries.map(entry => entry.promptsSha256!)),
        options: spec.optionOrders,
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
      ...(fed ? {latentsFrom: (await readLock(local.latentBank!)).hash} : {}),
      extractor: spec.extractor,
      judge: judge?.identity ?? null,
      seeds: {run: spec.seed},
      shard: spec.shard && {
        ...spec.shard,
        asked: Object.fromEntries(benchmarks.map(({benchmark, asked}) => [benchmark.id, countBySubtask(asked)])),
      },
      environment: {...environment(spec), titles: titlesOf(benchmarks.map(({benchmark}) => benchmark))},
    }
    return {spec, models, benchmarks, judge, lock: {...lock, hash: lockHash(lock)}, close}
  } catch (error) {
    await close()
    throw error
  }
}

/** Every variant of the selected samples; only several option orders need a look at the options. */
async function variantKeys(
  data: DataSet,
  selected: readonly SampleKey[],
  {optionOrders, seed}: RunSpec,
): Promise<(SampleKey & {item: string})[]> {
  if (optionOrders.kind === 'file') return selected.map(key => ({...key, item: key.id}))
  const keys: (SampleKey & {item: string})[] = []
  for await (const sample of data.samples(new Set(selected.map(key => key.id)))) {
    for (const {id, subtask} of optionVariants(sample, optionOrders, seed)) keys.push({id, subtask, item: sample.id})
  }
  return keys
}

interface Choice {
  readonly available: readonly SampleKey[]
  readonly selected: readonly SampleKey[]
  readonly asked: readonly SampleKey[]
  readonly judged: boolean
  readonly style: PromptStyle
}

async function lockEntry(
  benchmark: Benchmark,
  data: DataSet,
  {available, selected, asked, judged, style}: Choice,
): Promise<Lock['benchmarks'][number]> {
  const {revision, labels, dataSha256} = await data.identity()
  const names = [...new Set(available.map(key => key.subtask))]
  const count = (keys: readonly SampleKey[], name: string) =>
    keys.reduce((sum, key) => sum + (key.subtask === name ? 1 : 0), 0)
  const {answer, metric, aggregate, headline} = benchmark.scoring
  return {
    id: benchmark.id,
    split: data.split,
    kind: data.kind,
    layout: data.layout,
    revision,
    labels,
    dataSha256,
    verified: await data.verified(),
    promptsSha256: promptsSha256(promptFormOf(benchmark, style)),
    samplesSha256: samplesSha256(asked),
    selected: asked.length,
    available: available.length,
    partial: selected.length < available.length,
    metric: judged && answer === 'open' ? 'judge' : metric,
    aggregate,
    headline: headline ? [...headline] : null,
    subtasks: names.map(name => ({name, selected: count(asked, name), available: count(available, name)})),
  }
}

interface Limits {
  /** Most new tokens of the modes in which all benchmarks agree. */
  readonly shared: Lock['decoding']['maxNewTokens']
  /** For each benchmark those of the other modes. */
  readonly own: readonly Pick<Lock['benchmarks'][number], 'maxNewTokens'>[]
}

function limitsOf(benchmarks: readonly Benchmark[], arms: readonly Arm[], {promptStyle, decoding}: RunSpec): Limits {
  const shared: Limits['shared'] = {}
  const own = benchmarks.map((): Limits['shared'] => ({}))
  for (const mode of modes.filter(mode => arms.some(arm => arm.mode === mode))) {
    const limits = benchmarks.map(benchmark => maxNewTokensOf(benchmark, mode, promptStyle, decoding.maxNewTokens))
    if (new Set(limits).size === 1) shared[mode] = limits[0]!
    else for (const [index, limit] of limits.entries()) own[index]![mode] = limit
  }
  return {shared, own: own.map(limits => (Object.keys(limits).length === 0 ? {} : {maxNewTokens: limits}))}
}

/** Hash over the ids of a selection, whatever their order. */
export function samplesSha256(keys: readonly SampleKey[]): string {
  const hash = createHash('sha256')
  for (const id of keys.map(key => key.id).sort()) hash.update(`${id}\n`)
  return hash.digest('hex')
}
