// One run from a prepared state to its end: the folder, the hold, the log, the loop, and what became of it.

import type {Generation} from '../core/generation.js'
import {redactor, secretsIn} from '../core/redact.js'
import {scoreSample} from '../metrics/score.js'
import {optionVariants} from '../modes/option-orders.js'
import {hold} from '../run-folder/hold.js'
import {openJournal} from '../run-folder/journal.js'
import {claimRunDir, defaultRunDir} from '../run-folder/run-dir.js'
import {tallyOf} from '../run-folder/tally.js'
import {writeLatents} from '../runners/onnx/latent-bank.js'
import {runLoop, type Scored} from './loop.js'
import type {Prepared, PreparedBenchmark} from './prepare.js'
import type {RunEvent} from './spec.js'

export interface RunEnd {
  readonly runDir: string
  /** Samples x arms of this shard. */
  readonly total: number
  readonly settled: number
  readonly errors: number
  readonly verdict: 'done' | 'partial' | 'infrastructure' | 'interrupted'
  readonly exitCode: number
  /** Why the verdict is not `done`, in a sentence. */
  readonly reason: string | null
}

/**
 * Runs what is open of a prepared run. Throws `provenance`, `usage` (folder held), `disk`, or what a session throws.
 */
export async function evaluate(
  prepared: Prepared,
  onEvent: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<RunEnd> {
  const {spec, lock} = prepared
  const runDir = spec.out ?? defaultRunDir(lock)
  await claimRunDir(runDir, lock)
  const release = await hold(runDir)
  try {
    const tally = await tallyOf(runDir)
    const total = totalOf(prepared)
    const {scored, sum} = tally.scores()
    onEvent({type: 'begin', runDir, total, settled: tally.settled, correctBefore: sum, scoredBefore: scored})
    const journal = await openJournal(runDir)
    try {
      await runLoop(prepared, {
        journal,
        isSettled: key => tally.isSettled(key),
        score: (bench, generation) => scoreOne(prepared, bench, generation, signal),
        keepLatents: async (bench, {latents, request}) => {
          if (spec.saveLatents && latents)
            await writeLatents(runDir, {arm: request.arm.id, bench, id: request.sample.id}, latents)
        },
        expand: sample => optionVariants(sample, spec.optionOrders, spec.seed),
        redact: redactor(secretsIn(spec.runner.common.env)),
        onEvent: event => {
          if (event.type === 'record') tally.add(event.record)
          onEvent(event)
        },
        signal,
      })
    } finally {
      await journal.close()
      onEvent({type: 'end'})
    }
    const {settled, errors} = tally
    return endOf({runDir, total, settled, errors}, spec.maxErrorRate, signal.aborted)
  } finally {
    await release()
  }
}

async function scoreOne(
  {spec, judge}: Prepared,
  {benchmark}: PreparedBenchmark,
  generation: Generation,
  signal: AbortSignal,
): Promise<Scored> {
  const {sample} = generation.request
  const score = scoreSample(sample, generation, benchmark.scoring, spec.extractor)
  return judge === null ? {score} : judge.judge(sample, generation.text, benchmark.scoring, score, signal)
}

/** Samples x arms of this shard. */
export function totalOf(prepared: Prepared): number {
  return itemsOf(prepared) * prepared.models.reduce((sum, model) => sum + model.arms.length, 0)
}

/** Samples of each arm of this shard. */
export function itemsOf({benchmarks}: Pick<Prepared, 'benchmarks'>): number {
  return benchmarks.reduce((sum, bench) => sum + bench.asked.length, 0)
}

/** What became of a run, from how many of its samples x arms are settled and how many ended in an error. */
export function endOf(
  facts: Pick<RunEnd, 'runDir' | 'total' | 'settled' | 'errors'>,
  maxErrorRate: number,
  aborted: boolean,
): RunEnd {
  const {total, settled, errors} = facts
  const asked = settled + errors
  const infrastructure = {...facts, verdict: 'infrastructure', exitCode: 4} as const
  if (aborted)
    return {...facts, verdict: 'interrupted', exitCode: 130, reason: 'Interrupted; the same command resumes.'}
  if (total === 0) return {...infrastructure, reason: 'The selection is empty.'}
  if (asked === 0)
    return {...infrastructure, reason: 'Nothing was asked: a budget was reached; the same command goes on.'}
  if (settled === 0) return {...infrastructure, reason: 'Nothing could be evaluated; every sample ended in an error.'}
  if (errors / asked > maxErrorRate) {
    const reason = `${errors} of ${asked} samples (${((100 * errors) / asked).toFixed(1)}%) ended in an error, more than --max-error-rate allows; the same command tries them again.`
    return {...infrastructure, reason}
  }
  if (asked < total) {
    const reason = `${total - asked} of ${total} samples are left: a budget was reached; the same command goes on.`
    return {...facts, verdict: 'partial', exitCode: 4, reason}
  }
  return {...facts, verdict: 'done', exitCode: 0, reason: null}
}
