// From a specification to a run that could start: sessions opened, data found, samples selected, the lock written down.
// Nothing is sent.
import {type Benchmark, type DataSet, type SampleKey, splitOf} from '../benchmarks/benchmark.js'
import {loadBenchmark} from '../benchmarks/index.js'
import {withOptionOrders} from '../benchmarks/option-orders.js'
import {LanternError} from '../core/errors.js'
import type {Arm} from '../core/generation.js'
import {modes} from '../core/generation.js'
import {bankMissing, needsBank} from '../modes/interventions.js'
import {templatesSha256} from '../modes/prompts.js'
import {type Lock, type LockedBenchmark, lockedBenchmark, lockOf} from '../run-folder/lock.js'
import {readLock} from '../run-folder/reader.js'
import type {ListedSample} from '../run-folder/samples.js'
import {Budget} from '../runners/budget.js'
import {openRunner} from '../runners/index.js'
import type {RunnerEvent, Session} from '../runners/runner.js'
import {armsOf, defaultMaxNewTokens} from './arms.js'
import {locateData} from './data.js'
import {environment} from './environment.js'
import {type OpenJudge, openJudge} from './judge.js'
import {countBySubtask, select, shardOf} from './selection.js'
import type {RunSpec} from './spec.js'

export interface PreparedBenchmark {
  readonly benchmark: Benchmark
  readonly data: DataSet
  /** The samples of this shard, in the order of the data. */
  readonly keys: readonly SampleKey[]
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
  // Models and judge together stay within what the run may ask and spend.
  const budget = new Budget(spec.runner)
  try {
    for (const choice of spec.models) {
      const session = await openRunner(choice.ref, {
        ...spec.runner,
        budget,
        benchmarks: spec.benchmarks.map(({id}) => id),
        seed: spec.seed,
        keepLatents: spec.saveLatents,
        notify,
      })
      models.push({session, arms: []})
      models[models.length - 1] = {session, arms: armsOf(session.describe(), {...spec, modes: choice.modes})}
    }
    const fed = models
      .flatMap(({arms}) => arms)
      .find(({intervention}) => intervention !== null && needsBank(intervention))
    if (fed && spec.runner.latentBank === undefined) throw bankMissing(fed.intervention!)
    const identities = models.map(({session}) => session.describe())
    const benchmarks: PreparedBenchmark[] = []
    const entries: LockedBenchmark[] = []
    const samples: ListedSample[] = []
    for (const {id, subtasks} of spec.benchmarks) {
      const benchmark = await loadBenchmark(id)
      const split = splitOf(benchmark, spec.split)
      const found = await benchmark.load(await locateData(benchmark, spec, identities), {split, seed: spec.seed})
      const data = withOptionOrders(found, spec.optionOrders, spec.seed)
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
      benchmarks.push({benchmark: data.benchmark, data, keys})
      const listed = selected.map(key => ({...key, bench: id}))
      for (const sample of listed) samples.push(sample)
      entries.push(await lockEntry(data, {available, samples: listed, judged: spec.judge !== undefined}))
    }
    if (spec.judge) {
      const judged = benchmarks.map(({benchmark}) => benchmark)
      judge = await openJudge(spec.judge, judged, {...spec.runner, budget, notify})
    }
    const arms = models.flatMap(model => model.arms)
    const repeated = arms.find((arm, index) => arms.findIndex(other => other.id === arm.id) !== index)
    if (repeated)
      throw new LanternError(
        'usage',
        `The arm ${repeated.id} is asked for twice.`,
        'Name each model, mode and intervention once.',
      )
    const lock = lockOf({
      arms,
      benchmarks: entries,
      prompts: {style: spec.promptStyle, templatesSha256: templatesSha256(), options: spec.optionOrders},
      decoding: {
        temperature: spec.decoding.temperature,
        topP: spec.decoding.topP ?? null,
        topK: spec.decoding.topK ?? null,
        maxNewTokens: Object.fromEntries(
          modes
            .filter(mode => arms.some(arm => arm.mode === mode))
            .map(mode => [mode, spec.decoding.maxNewTokens ?? defaultMaxNewTokens[mode]]),
        ) as Lock['decoding']['maxNewTokens'],
      },
      images: {minPixels: spec.runner.minPixels ?? null, maxPixels: spec.runner.maxPixels ?? null},
      models: identities.map(({ref, sha256, endpoint, precision, details, builtin}) => ({
        ref,
        sha256,
        endpoint,
        precision,
        details,
        builtin,
      })),
      ...(fed ? {latentsFrom: (await readLock(spec.runner.latentBank!)).hash} : {}),
      extractor: spec.extractor,
      judge: judge?.identity ?? null,
      seeds: {run: spec.seed},
      shard: spec.shard && {
        ...spec.shard,
        asked: Object.fromEntries(benchmarks.map(({benchmark, keys}) => [benchmark.id, countBySubtask(keys)])),
      },
      environment: environment(spec),
    })
    return {spec, models, benchmarks, judge, lock, samples, close}
  } catch (error) {
    await close()
    throw error
  }
}

interface Choice {
  readonly available: readonly SampleKey[]
  readonly samples: readonly ListedSample[]
  readonly judged: boolean
}

async function lockEntry(data: DataSet, {available, samples, judged}: Choice): Promise<LockedBenchmark> {
  const {revision, labels, dataSha256} = await data.identity()
  const {benchmark, split, kind, layout} = data
  const counts = new Map<string, number>()
  for (const {subtask} of available) counts.set(subtask, (counts.get(subtask) ?? 0) + 1)
  return lockedBenchmark({
    ...{id: benchmark.id, split, kind, layout, revision, labels, dataSha256},
    ...{scoring: benchmark.scoring, judged, samples},
    available: counts,
  })
}
