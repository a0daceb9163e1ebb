// The loop: streams samples into sessions, and each generation into a score and a line of the log. Memory does not grow
// with the run.

import type {Benchmark} from '../benchmarks/benchmark.js'
import type {Arm, Generation, Request} from '../core/generation.js'
import type {Score} from '../core/outcome.js'
import type {Sample} from '../core/sample.js'
import {buildPrompt, promptFormOf} from '../modes/prompts.js'
import type {Journal} from '../run-folder/journal.js'
import {recordKey} from '../run-folder/reader.js'
import type {LogRecord} from '../run-folder/record.js'
import {maxNewTokensOf} from './arms.js'
import type {Prepared, PreparedBenchmark, PreparedModel} from './prepare.js'
import type {RunEvent, RunSpec} from './spec.js'

/** A score, and where a judge was asked its reply, or why it gave none. */
export interface Scored {
  readonly score: Score
  readonly error?: {readonly code: string; readonly message: string}
  readonly judge?: {readonly name: string; readonly reply: string} | null
}

/** What the loop needs of the world; scoring may ask a judge, hence a promise. */
export interface LoopTools {
  readonly journal: Journal
  /** By the key of a record; what is settled is not asked again. */
  readonly isSettled: (key: string) => boolean
  readonly score: (bench: PreparedBenchmark, generation: Generation) => Promise<Scored>
  /**
   * Stores the vectors of a generation, if they are to be kept; before its record, so that a record promises its
   * latents.
   */
  readonly keepLatents: (bench: string, generation: Generation) => Promise<void>
  readonly expand: (sample: Sample) => readonly Sample[]
  /** Takes credentials out of whatever is about to be written. */
  readonly redact: <T>(value: T) => T
  readonly onEvent: (event: RunEvent) => void
  readonly signal: AbortSignal
}

/** Scores and log lines under way at once: enough to hide a judge's latency, few enough to bound memory. */
const handledAtOnce = 64

/**
 * Runs every model over every benchmark.
 * Throws what a session throws when it cannot go on; everything finished by then is on disk.
 */
export async function runLoop(prepared: Prepared, tools: LoopTools): Promise<void> {
  for (const model of prepared.models) {
    for (const bench of prepared.benchmarks) {
      if (tools.signal.aborted) return
      tools.onEvent({type: 'arms', model: model.session.describe().ref, bench: bench.benchmark.id})
      await runOne(prepared.spec, model, bench, tools)
    }
  }
}

async function runOne(spec: RunSpec, model: PreparedModel, bench: PreparedBenchmark, tools: LoopTools): Promise<void> {
  const handling = new Set<Promise<void>>()
  let failure: {error: unknown} | null = null
  for await (const generation of model.session.generate(groups(spec, model.arms, bench, tools), tools.signal)) {
    const handled = finish(spec, bench, generation, tools)
      .catch(error => {
        failure ??= {error}
      })
      .finally(() => handling.delete(handled))
    handling.add(handled)
    if (handling.size >= handledAtOnce) await Promise.race(handling)
    if (failure) break
  }
  await Promise.all(handling)
  if (failure) throw (failure as {error: unknown}).error
}

/** One group per sample: the requests of all arms that are not settled. */
async function* groups(
  spec: RunSpec,
  arms: readonly Arm[],
  bench: PreparedBenchmark,
  {isSettled, expand}: Pick<LoopTools, 'isSettled' | 'expand'>,
): AsyncGenerator<readonly Request[]> {
  const wanted = new Set(bench.keys.map(key => key.id))
  for await (const item of bench.data.samples(wanted)) {
    for (const sample of expand(item)) {
      const open = arms.filter(arm => !isSettled(recordKey({arm: arm.id, bench: bench.benchmark.id, id: sample.id})))
      if (open.length > 0) yield open.map(arm => request(spec, bench.benchmark, sample, arm))
    }
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
  spec: RunSpec,
  bench: PreparedBenchmark,
  generation: Generation,
  tools: LoopTools,
): Promise<void> {
  const {sample} = generation.request
  // Every picture the sample has must have been seen, in order: a dropped or joined picture would measure something
  // else.
  const complete = generation.seen === null || generation.seen.images.length === sample.images.length
  const checked: Generation = complete
    ? generation
    : {
        ...generation,
        stop: 'error',
        error: {code: 'bug', message: `${sample.images.length} pictures asked, ${generation.seen!.images.length} sent`},
      }
  const scored = await tools.score(bench, checked)
  await tools.keepLatents(bench.benchmark.id, checked)
  const record = tools.redact(toRecord(spec.extractor, bench.benchmark.id, checked, scored))
  await tools.journal.append(record)
  tools.onEvent({type: 'record', record})
}

/** The log line of a generation (design/contract.md, "A log record"). */
export function toRecord(
  extractor: string,
  bench: string,
  generation: Generation,
  {score, error, judge}: Scored,
): LogRecord {
  const {sample, arm} = generation.request
  return {
    type: 'sample',
    schema: 1,
    arm: arm.id,
    bench,
    subtask: sample.subtask,
    id: sample.id,
    outcome: score.outcome,
    score: score.score,
    metrics: {...score.metrics},
    answer: score.answer,
    gold: typeof sample.gold === 'string' || sample.gold === null ? sample.gold : [...sample.gold],
    ...(sample.options ? {options: [...sample.options]} : {}),
    ...(sample.letters ? {letters: [...sample.letters]} : {}),
    text: generation.text,
    extractor,
    ...(sample.cluster === undefined ? {} : {cluster: sample.cluster}),
    usage: {...generation.usage},
    timing: {...generation.timing},
    stop: generation.stop,
    attempts: generation.attempts,
    ...(generation.cached ? {cached: true} : {}),
    seen: generation.seen && {
      promptSha256: generation.seen.promptSha256,
      images: generation.seen.images.map(image => ({...image})),
    },
    ...(judge ? {judge} : {}),
    error: generation.error ?? error ?? null,
  }
}
