// The loop: streams samples into sessions, and each generation into a score and a line of the log. Memory does not grow
// with the run.

import type {Benchmark} from '../benchmarks/benchmark.js'
import type {Arm, Generation, Request} from '../core/generation.js'
import type {Sample} from '../core/sample.js'
import {buildPrompt, promptFormOf} from '../modes/prompts.js'
import {type LogRecord, recordKey} from '../run-folder/record.js'
import type {OpenRun} from '../run-folder/run.js'
import {maxNewTokensOf} from './arms.js'
import type {Prepared, PreparedBenchmark, PreparedModel} from './prepare.js'
import {saidIn, scoredRecord} from './scored-record.js'
import type {RunEvent, RunSpec} from './spec.js'

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
  for (const model of prepared.models) {
    for (const bench of prepared.benchmarks) {
      if (tools.signal.aborted) return
      tools.onEvent({type: 'arms', model: model.session.describe().ref, bench: bench.benchmark.id})
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
  try {
    await run.write(
      session.generate(groups(prepared.spec, arms, bench, run), AbortSignal.any([signal, stop.signal])),
      generation => finish(prepared, bench, generation, tools),
      record => onEvent({type: 'record', record}),
    )
  } finally {
    stop.abort()
  }
}

/** One group per sample: the requests of all arms that are not settled. */
async function* groups(
  spec: RunSpec,
  arms: readonly Arm[],
  bench: PreparedBenchmark,
  {tally}: Pick<OpenRun, 'tally'>,
): AsyncGenerator<readonly Request[]> {
  const {benchmark} = bench
  for await (const sample of bench.data.samples(new Set(bench.keys.map(key => key.id)))) {
    const open = arms.filter(arm => !tally.isSettled(recordKey({arm: arm.id, bench: benchmark.id, id: sample.id})))
    if (open.length > 0) yield open.map(arm => request(spec, benchmark, sample, arm))
  }
}

function request(spec: RunSpec, benchmark: Benchmark, sample: Sample, arm: Arm): Request {
  const {temperature, topP, topK} = spec.decoding
  const maxNewTokens = maxNewTokensOf(benchmark, arm.mode, spec.promptStyle, spec.decoding.maxNewTokens)
  return {
    sample,
    arm,
    prompt: buildPrompt(sample, arm.mode, promptFormOf(benchmark, spec.promptStyle)),
    decoding: {maxNewTokens, temperature, topP, topK, seed: spec.seed},
    ...(benchmark.scoring.likelihood && sample.options ? {continuations: sample.options} : {}),
  }
}

async function finish(
  {spec, judge: openJudge}: Prepared,
  {benchmark}: PreparedBenchmark,
  generation: Generation,
  {keepLatents, signal}: LoopTools,
): Promise<LogRecord> {
  const {sample, arm} = generation.request
  // The model must have seen every picture of the sample, in order. A dropped or joined picture would measure something
  // else.
  const complete = generation.seen === null || generation.seen.images.length === sample.images.length
  const checked: Generation = complete
    ? generation
    : {
        ...generation,
        stop: 'error',
        error: {code: 'bug', message: `${sample.images.length} pictures asked, ${generation.seen!.images.length} sent`},
      }
  const judge = openJudge && {judge: openJudge, sample, signal}
  const {scoring, id: bench} = benchmark
  const record = await scoredRecord({arm, bench, sample}, saidIn(checked), {
    scoring,
    extractor: spec.extractor,
    judge,
  })
  await keepLatents(bench, checked)
  return record
}
