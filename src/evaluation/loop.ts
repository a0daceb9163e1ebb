// The loop: streams samples into sessions, and each generation into a score and a line of the log. Memory does not grow
// with the run.

import {type Arm, type Generation, picturesOf, type Request} from '../core/generation.js'
import type {Sample} from '../core/sample.js'
import {interventionNamed, takesOwnSteps} from '../modes/interventions.js'
import {type LogRecord, recordKey, repeatsOf} from '../run-folder/record.js'
import type {OpenRun} from '../run-folder/run.js'
import {maxNewTokensOf} from './arms.js'
import {askInTurns} from './crop-turns.js'
import {type Paired, withNeighbours} from './neighbours.js'
import {OwnAnswers} from './own-answers.js'
import {readOwnSteps, type StepsOf} from './own-steps.js'
import {Pictures} from './pictures.js'
import {ownFirst, type Prepared, type PreparedBenchmark, type PreparedModel, recordsOwn} from './prepare.js'
import {readOnce} from './read-once.js'
import {readingIn, saidIn, scoredRecord} from './scored-record.js'
import {labelsOf, type RunEvent, type RunSpec} from './spec.js'

/** What the loop needs from outside. */
export interface LoopTools {
  readonly run: OpenRun
  /** The run's folder, from which its own latents are fed. */
  readonly dir: string
  /**
   * Stores the vectors of a generation, if they are kept. Called before its record is written, so the latents of every
   * record exist.
   */
  readonly keepLatents: (bench: string, generation: Generation) => Promise<void>
  readonly onEvent: (event: RunEvent) => void
  readonly signal: AbortSignal
}

/**
 * Runs every model over every benchmark. Where arms feed on the own latents of this run, are read behind its own texts,
 * or take as many steps, the own arms come first, over all benchmarks: statistics and donors are those of the whole
 * run.
 * Throws what a session throws when it cannot go on; whatever finished by then is on disk.
 */
export async function runLoop(prepared: Prepared, tools: LoopTools): Promise<void> {
  const {spec} = prepared
  const labels = labelsOf(spec)
  for (const model of prepared.models) {
    const {ref, observesLatents} = model.session.describe()
    const own = ownFirst(spec) ? model.arms.filter(arm => arm.intervention === 'own') : []
    const rest = model.arms.filter(arm => !own.includes(arm))
    for (const [arms, reads] of [
      [own, false],
      [rest, spec.readings === true && observesLatents],
    ] as const) {
      if (arms.length === 0 && !reads) continue
      for (const bench of prepared.benchmarks) {
        if (tools.signal.aborted) return
        tools.onEvent({type: 'arms', model: labels.get(ref) ?? ref, bench: bench.benchmark.id})
        const again = arms === own && (rest.length > 0 || spec.readings === true)
        await runOne(prepared, {...model, arms: reads ? model.arms : arms}, bench, tools, {reads, again})
      }
    }
  }
}

async function runOne(
  prepared: Prepared,
  {session, arms}: PreparedModel,
  bench: PreparedBenchmark,
  tools: LoopTools,
  {reads, again}: {readonly reads: boolean; readonly again: boolean},
): Promise<void> {
  const {run, dir, signal, onEvent} = tools
  const {spec} = prepared
  const from = spec.runner.local.latentBank ?? dir
  const latentArms = arms.filter(({mode}) => mode === 'latent')
  const own = reads ? await OwnAnswers.read(dir, from, latentArms, spec.extractor) : null
  const limited = arms.some(({intervention}) => intervention !== null && takesOwnSteps(intervention))
  const steps = limited ? await readOwnSteps(dir, ownOf(prepared, session)) : null
  // When writing fails, open generations are aborted too.
  const stop = new AbortController()
  const waiting = new Map<Request, () => void>()
  const onDisk = async (request: Request) => {
    if (!stop.signal.aborted) await new Promise<void>(resolve => waiting.set(request, resolve))
  }
  // What waits for a record that will never be on disk goes on, and ends.
  const giveUp = () => {
    stop.abort()
    for (const resolve of waiting.values()) resolve()
  }
  try {
    await run.write(
      // A judge may take longer than the model, and must not keep it waiting. The answers are in the cache meanwhile.
      askInTurns(
        {session, arms},
        groups(spec, arms, bench, tools, {own, again, steps}),
        bench.form,
        AbortSignal.any([signal, stop.signal]),
        prepared.judge ? undefined : onDisk,
      ),
      generation =>
        generation.request.onlyRead ? read(own!, bench, generation) : finish(prepared, bench, generation, tools),
      (record, {request}) => {
        waiting.get(request)?.()
        waiting.delete(request)
        if (!request.onlyRead) onEvent({type: 'record', record})
      },
      giveUp,
    )
  } finally {
    giveUp()
  }
}

/** The own latent arm of a session. */
function ownOf({models}: Prepared, session: PreparedModel['session']): Arm {
  const {arms} = models.find(model => model.session === session)!
  return arms.find(({mode, intervention}) => mode === 'latent' && intervention === 'own')!
}

/**
 * One group per sample: the first requests of all arms, at every repeat, that are not settled or lack their reading.
 */
async function* groups(
  spec: RunSpec,
  arms: readonly Arm[],
  bench: PreparedBenchmark,
  {run: {tally}, dir}: Pick<LoopTools, 'run' | 'dir'>,
  {own, again, steps}: {readonly own: OwnAnswers | null; readonly again: boolean; readonly steps: StepsOf | null},
): AsyncGenerator<readonly Request[]> {
  const {benchmark} = bench
  const bank = {...(recordsOwn(spec) && {bank: dir}), ...(again && {again})}
  const once = readOnce()
  const mine = new Set(bench.keys.map(key => key.id))
  // Neighbours are those of the whole selection, so that every shard finds the same ones.
  const pairs = arms.some(seesOthers)
    ? withNeighbours(bench.data.samples(new Set(bench.selected)))
    : alone(bench.data.samples(mine))
  for await (const {sample: next, other} of pairs) {
    if (!mine.has(next.id)) continue
    const sample = once(next)
    const asked = repeatsOf(spec.repeats).flatMap(repeat => arms.map(arm => ({arm, repeat})))
    const pictures = new Pictures(spec, bench, sample, other && once(other))
    const open = asked.flatMap(({arm, repeat}): Request[] => {
      const key = {arm, bench: benchmark.id, id: sample.id, repeat}
      const settled = tally.isSettled(recordKey({...key, arm: arm.id}))
      const text = arm.mode === 'latent' ? own?.text(key) : undefined
      if (settled && (text === undefined || own?.lacking(key) === undefined)) return []
      const asked = request(spec, bench, sample, arm, repeat, pictures)
      const reading = text === undefined ? {} : {reading: text}
      const given = {...asked, ...bank, ...reading, ...(settled && {onlyRead: true})}
      if (arm.intervention === null || !takesOwnSteps(arm.intervention)) return [given]
      // Without an own answer nobody knows how many: the sample stays open.
      const most = steps?.(key)
      return most === undefined ? [] : [{...given, decoding: {...given.decoding, maxNewTokens: most}}]
    })
    if (open.length > 0) yield open
  }
}

/** Whether an arm looks at another sample's picture. */
function seesOthers({intervention}: Arm): boolean {
  const {picture, needs} = interventionNamed(intervention ?? 'own')
  return picture?.is === 'other' || needs === 'foreign-crops'
}

async function* alone(samples: AsyncIterable<Sample>): AsyncGenerator<Paired> {
  for await (const sample of samples) yield {sample, other: null}
}

function request(
  spec: RunSpec,
  {benchmark, form}: PreparedBenchmark,
  sample: Sample,
  arm: Arm,
  repeat: number | undefined,
  pictures: Pictures,
): Request {
  const {temperature, topP, topK} = spec.decoding
  const maxNewTokens = maxNewTokensOf(benchmark, form, arm.mode, spec.decoding.maxNewTokens)
  return {
    sample,
    arm,
    ...pictures.shownTo(arm),
    decoding: {
      maxNewTokens,
      temperature,
      topP,
      topK,
      seed: spec.seed + (repeat ?? 0),
      ...(form.stop && {stop: form.stop}),
    },
    ...(repeat === undefined ? {} : {repeat}),
    ...(form.likelihood && sample.options ? {continuations: sample.options} : {}),
  }
}

/** The record of an answer that was settled before, with its reading. Null where reading failed: it stays open. */
function read(own: OwnAnswers, {benchmark}: PreparedBenchmark, generation: Generation): LogRecord | null {
  const {sample, arm, repeat} = generation.request
  const reading = readingIn(generation)
  const record = own.lacking({arm, bench: benchmark.id, id: sample.id, repeat})!
  return reading.forced === undefined ? null : {...record, forced: reading.forced && [...reading.forced]}
}

async function finish(
  {spec, judge: openJudge}: Prepared,
  {benchmark}: PreparedBenchmark,
  generation: Generation,
  {keepLatents, signal}: LoopTools,
): Promise<LogRecord> {
  const {sample, arm, repeat} = generation.request
  const checked = checkedGeneration(generation)
  const judge = openJudge && {judge: openJudge, sample, signal}
  const {scoring, id: bench} = benchmark
  const record = await scoredRecord({arm, bench, repeat, sample}, saidIn(checked), {
    scoring,
    extractor: spec.extractor,
    judge,
  })
  await keepLatents(bench, checked)
  return record
}

/** The generation, or an error where it did not do what was asked. */
function checkedGeneration(generation: Generation): Generation {
  const {request, seen, stop, continuationLogProbs} = generation
  const failed = (code: string, message: string): Generation => ({...generation, stop: 'error', error: {code, message}})
  // Every picture of the prompt must have been seen, in order: without one of them something else would be measured.
  const asked = picturesOf(request.prompt).length
  if (seen !== null && seen.images.length !== asked)
    return failed('bug', `${asked} pictures asked, ${seen.images.length} sent`)
  // Without the likelihoods that were asked for there is no answer, whatever was written.
  if (request.continuations !== undefined && continuationLogProbs === undefined && stop !== 'error' && stop !== 'abort')
    return failed('unsupported', 'the likelihood of the options is not to be had here')
  return generation
}
