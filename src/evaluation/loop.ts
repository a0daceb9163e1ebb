// The loop: streams samples into sessions, and each generation into a score and a line of the log. Memory does not grow
// with the run.

import {type Arm, type Generation, picturesOf, type Request} from '../core/generation.js'
import type {Sample} from '../core/sample.js'
import {boxPrompt, buildPrompt} from '../modes/prompts.js'
import {type LogRecord, recordKey, repeatsOf} from '../run-folder/record.js'
import type {OpenRun} from '../run-folder/run.js'
import {maxNewTokensOf} from './arms.js'
import {askInTurns, cropOf} from './crop-turns.js'
import type {Prepared, PreparedBenchmark, PreparedModel} from './prepare.js'
import {readOnce} from './read-once.js'
import {saidIn, scoredRecord} from './scored-record.js'
import {labelsOf, type RunEvent, type RunSpec} from './spec.js'

/** What the loop needs from outside. */
export interface LoopTools {
  readonly run: OpenRun
  /**
   * Stores the vectors of a generation, if they are kept. Called before its record is written, so the latents of every
   * record exist.
   */
  readonly keepLatents: (bench: string, generation: Generation) => Promise<void>
  readonly onEvent: (event: RunEvent) => void
  readonly signal: AbortSignal
}

/**
 * Runs every model over every benchmark.
 * Throws what a session throws when it cannot go on; whatever finished by then is on disk.
 */
export async function runLoop(prepared: Prepared, tools: LoopTools): Promise<void> {
  const labels = labelsOf(prepared.spec)
  for (const model of prepared.models) {
    for (const bench of prepared.benchmarks) {
      if (tools.signal.aborted) return
      const {ref} = model.session.describe()
      tools.onEvent({type: 'arms', model: labels.get(ref) ?? ref, bench: bench.benchmark.id})
      await runOne(prepared, model, bench, tools)
    }
  }
}

async function runOne(
  prepared: Prepared,
  {session, arms}: PreparedModel,
  bench: PreparedBenchmark,
  tools: LoopTools,
): Promise<void> {
  const {run, signal, onEvent} = tools
  // When writing fails, open generations are aborted too.
  const stop = new AbortController()
  const waiting = new Map<Request, () => void>()
  const onDisk = (request: Request) => new Promise<void>(resolve => waiting.set(request, resolve))
  try {
    await run.write(
      // A judge may take longer than the model, and must not keep it waiting. The answers are in the cache meanwhile.
      askInTurns(
        {session, arms},
        groups(prepared.spec, arms, bench, run),
        bench.form,
        AbortSignal.any([signal, stop.signal]),
        prepared.judge ? undefined : onDisk,
      ),
      generation => finish(prepared, bench, generation, tools),
      (record, {request}) => {
        waiting.get(request)?.()
        waiting.delete(request)
        onEvent({type: 'record', record})
      },
    )
  } finally {
    stop.abort()
    for (const resolve of waiting.values()) resolve()
  }
}

/** One group per sample: the first requests of all arms, at every repeat, that are not settled. */
async function* groups(
  spec: RunSpec,
  arms: readonly Arm[],
  bench: PreparedBenchmark,
  {tally}: Pick<OpenRun, 'tally'>,
): AsyncGenerator<readonly Request[]> {
  const {benchmark} = bench
  const once = readOnce()
  for await (const stored of bench.data.samples(new Set(bench.keys.map(key => key.id)))) {
    const sample = once(stored)
    const asked = repeatsOf(spec.repeats).flatMap(repeat => arms.map(arm => ({arm, repeat})))
    const open = asked.filter(
      ({arm, repeat}) => !tally.isSettled(recordKey({arm: arm.id, bench: benchmark.id, id: sample.id, repeat})),
    )
    if (open.length > 0) yield open.map(({arm, repeat}) => request(spec, bench, sample, arm, repeat))
  }
}

function request(
  spec: RunSpec,
  {benchmark, form}: PreparedBenchmark,
  sample: Sample,
  arm: Arm,
  repeat: number | undefined,
): Request {
  const {temperature, topP, topK} = spec.decoding
  const maxNewTokens = maxNewTokensOf(benchmark, form, arm.mode, spec.decoding.maxNewTokens)
  const crop = cropOf(arm, form)
  return {
    sample,
    arm,
    prompt: crop ? boxPrompt(sample, form, crop) : buildPrompt(sample, arm.mode, form),
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
