// Asks one model under the conditions of a suite: one run, in which own latents are recorded first, and a second
// generation of some of its own answers. Like any run, both resume.
import {LanternError} from '../core/errors.js'
import {defaultRunDir, isRunOf} from '../run-folder/run-dir.js'
import {sideRun} from '../run-folder/side-runs.js'
import type {RunnerEvent} from '../runners/runner.js'
import {evaluate, type RunEnd} from './evaluate.js'
import {type Prepared, prepare} from './prepare.js'
import type {RunEvent, RunSpec} from './spec.js'
import {type SplitDonors, splitDonors} from './split-donors.js'
import {conditionsOf, type DiagnosisSuite, modesOf} from './suites.js'

/** Own answers that are generated twice. */
const secondAnswers = 32

export interface DiagnosedRun {
  /** The run with all conditions; own answers that were generated again lie in it (side-runs.ts). */
  readonly runDir: string
  /** The end of the first part that was not finished, else that of the whole. */
  readonly end: RunEnd
}

/** A diagnosis that could start: the run with all conditions, and which own answers are generated again after it. */
interface PreparedDiagnosis {
  /** What all its parts share. */
  readonly latent: RunSpec
  readonly prepared: Prepared
  readonly again: readonly {readonly id: string; readonly ids: readonly string[]}[]
  /** Samples that were not selected, whose own latents are recorded before the run. */
  readonly donors: readonly SplitDonors[]
}

/**
 * Opens the run of a suite. `spec` names one model; its interventions and modes are those of the suite.
 * Throws `usage` for several models or K, `unsupported` for a model whose latents cannot be seen, and what `prepare`
 * throws.
 */
export async function prepareDiagnosis(
  spec: RunSpec,
  suite: DiagnosisSuite,
  notify: (event: RunnerEvent) => void,
): Promise<PreparedDiagnosis> {
  assertOne(spec)
  const latent: RunSpec = {
    ...spec,
    models: spec.models.map(model => ({...model, modes: ['latent']})),
    ...{saveLatents: true, readings: suite !== 'quick', donorsOfSplit: true},
  }
  const models = spec.models.map(model => ({...model, modes: modesOf(suite)}))
  const prepared = await prepare({...latent, models, interventions: await conditionsFor(latent, suite)}, notify)
  const again = spec.decoding.temperature > 0 ? [] : secondOf(prepared)
  try {
    return {latent, prepared, again, donors: await splitDonors(prepared)}
  } catch (error) {
    await prepared.close()
    throw error
  }
}

/** Runs what is missing. Throws what `prepareDiagnosis`, `prepare` and `evaluate` throw. */
export async function runDiagnosis(
  spec: RunSpec,
  suite: DiagnosisSuite,
  show: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<DiagnosedRun> {
  const notify = (event: RunnerEvent) => show({type: 'runner', event})
  const {latent, prepared, again, donors} = await prepareDiagnosis(spec, suite, notify)
  const own = {interventions: ['own'], readings: false, latentsAlone: true, limit: undefined, shard: null}
  const beside = async (kind: 'again' | 'donors', runDir: string, {id, ids}: SplitDonors) => {
    // Donors may be of subtasks that were not asked for.
    const all = kind === 'donors' ? {subtasks: undefined} : {}
    const benchmarks = latent.benchmarks.filter(bench => bench.id === id).map(bench => ({...bench, ...all}))
    const part = await prepare({...latent, ...own, benchmarks, ids, out: sideRun(runDir, kind, id)}, notify)
    return evaluate(part, show, signal).finally(part.close)
  }
  try {
    const runDir = spec.out ?? defaultRunDir(prepared.lock)
    await isRunOf(runDir, prepared.lock)
    for (const one of donors) {
      const end = await beside('donors', runDir, one)
      if (end.verdict !== 'done') return {runDir, end}
    }
    const end = await evaluate({...prepared, spec: {...prepared.spec, out: runDir}}, show, signal)
    if (end.verdict !== 'done') return {runDir, end}
    for (const one of again) {
      const end = await beside('again', runDir, one)
      if (end.verdict !== 'done') return {runDir, end}
    }
    return {runDir, end}
  } finally {
    await prepared.close()
  }
}

function assertOne({models, latentSizes = []}: RunSpec): void {
  if (models.length === 1 && latentSizes.length <= 1) return
  throw new LanternError(
    'usage',
    `${models.length === 1 ? 'Several latent sizes' : `${models.length} models`} cannot be diagnosed at once.`,
    'Name one model and one K; call the command once for each.',
  )
}

/** The conditions of the suite that this model and these samples allow. */
async function conditionsFor(spec: RunSpec, suite: DiagnosisSuite): Promise<string[]> {
  const common = {...spec.runner.common, planOnly: true}
  const prepared = await prepare(
    {...spec, interventions: ['own'], readings: false, runner: {...spec.runner, common}},
    () => undefined,
  )
  try {
    const {ref, observesLatents, latent, remote} = prepared.models[0]!.session.describe()
    if (!observesLatents) {
      throw new LanternError(
        'unsupported',
        `The latents of ${ref} cannot be seen, so nobody can say what they are worth.`,
        'Diagnose a local checkpoint (--model DIR), one that `lantern-eval serve` offers (--observe-latents), or recorded answers of each condition: diagnose --arm own=RUN#ARM --arm no-latent=RUN#ARM.',
      )
    }
    if (remote && suite !== 'quick') {
      throw new LanternError(
        'unsupported',
        `The suite ${suite} reads answers behind texts that were not generated, which ${ref} cannot do as an endpoint.`,
        'Give --suite quick, or diagnose the local checkpoint (--model DIR).',
      )
    }
    const latentSize = spec.latentSizes?.[0] ?? latent?.size ?? null
    return conditionsOf(suite, {boxes: await allHaveBoxes(prepared), latentSize})
  } finally {
    await prepared.close()
  }
}

/** Whether every benchmark has a sample with a box. */
async function allHaveBoxes({benchmarks}: Prepared): Promise<boolean> {
  for (const {data, keys} of benchmarks) {
    let found = false
    for await (const {boxes = []} of data.samples(new Set(keys.map(({id}) => id)))) {
      found = boxes.length > 0
      if (found) break
    }
    if (!found) return false
  }
  return true
}

/** Some samples of each benchmark, spread over its data. */
function secondOf({benchmarks}: Prepared): PreparedDiagnosis['again'] {
  return benchmarks.map(({benchmark, keys}) => {
    const items = [...new Set(keys.map(({id, item = id}) => item))]
    const step = Math.max(1, items.length / secondAnswers)
    const ids = Array.from({length: Math.min(items.length, secondAnswers)}, (_, k) => items[Math.floor(k * step)]!)
    return {id: benchmark.id, ids}
  })
}
