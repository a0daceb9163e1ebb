// One run from a prepared state to its end: the folder, the hold, the log, the loop, and what became of it.

import type {Generation} from '../core/generation.js'
import {redactor, secretsIn} from '../core/redact.js'
import {recordKey, settledRecords} from '../core/run-folder.js'
import {scoreSample} from '../metrics/score.js'
import {optionVariants} from '../modes/option-orders.js'
import {writeLatents} from '../runners/onnx/latent-bank.js'
import {hold} from './hold.js'
import {openJournal} from './journal.js'
import {runLoop, type Scored} from './loop.js'
import type {Prepared, PreparedBenchmark} from './prepare.js'
import {claimRunDir, defaultRunDir} from './run-dir.js'
import type {RunEvent, RunSpec} from './spec.js'

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

/** Runs what is open of a prepared run. Throws `provenance`, `usage` (folder held), `disk`, or what a session throws. */
export async function evaluate(prepared: Prepared, onEvent: (event: RunEvent) => void, signal: AbortSignal): Promise<RunEnd> {
  const {spec, lock} = prepared
  const runDir = spec.out ?? defaultRunDir(lock)
  await claimRunDir(runDir, lock)
  const release = await hold(runDir)
  try {
    const before = await settledRecords(runDir)
    const settled = new Set(before.filter(record => record.outcome !== 'error').map(recordKey))
    const total = totalOf(prepared)
    const scored = before.filter(record => record.score !== null)
    onEvent({
      type: 'begin',
      runDir,
      total,
      settled: settled.size,
      correctBefore: scored.reduce((sum, {score}) => sum + score!, 0),
      scoredBefore: scored.length,
    })
    const journal = await openJournal(runDir)
    try {
      await runLoop(prepared, {
        journal,
        settled,
        score: (bench, generation) => scoreOne(prepared, bench, generation, signal),
        keepLatents: async (bench, {latents, request}) => {
          if (spec.saveLatents && latents) await writeLatents(runDir, {arm: request.arm.id, bench, id: request.sample.id}, latents)
        },
        expand: sample => optionVariants(sample, spec.optionOrders, spec.seed),
        redact: redactor(secretsIn(spec.runner.env)),
        onEvent,
        signal,
      })
    } finally {
      await journal.close()
      onEvent({type: 'end'})
    }
    return await endOf(runDir, total, spec, signal)
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
  const arms = prepared.models.reduce((sum, model) => sum + model.arms.length, 0)
  return prepared.benchmarks.reduce((sum, bench) => sum + bench.asked.length, 0) * arms
}

/** What became of the run in a folder whose log should hold `total` records. */
export async function endOf(runDir: string, total: number, spec: Pick<RunSpec, 'maxErrorRate'>, signal: AbortSignal): Promise<RunEnd> {
  const after = await settledRecords(runDir)
  const errors = after.filter(record => record.outcome === 'error').length
  const settled = after.length - errors
  const facts = {runDir, total, settled, errors}
  if (signal.aborted) return {...facts, verdict: 'interrupted', exitCode: 130, reason: 'Interrupted; the same command resumes.'}
  if (settled === 0)
    return {
      ...facts,
      verdict: 'infrastructure',
      exitCode: 4,
      reason: total === 0 ? 'The selection is empty.' : 'Nothing could be evaluated; every sample ended in an error.',
    }
  if (errors / after.length > spec.maxErrorRate) {
    const rate = ((100 * errors) / after.length).toFixed(1)
    return {
      ...facts,
      verdict: 'infrastructure',
      exitCode: 4,
      reason: `${errors} of ${after.length} samples (${rate}%) ended in an error, more than --max-error-rate allows; the same command tries them again.`,
    }
  }
  if (after.length < total)
    return {
      ...facts,
      verdict: 'partial',
      exitCode: 4,
      reason: `${total - after.length} samples are left: a budget was reached; the same command goes on.`,
    }
  return {...facts, verdict: 'done', exitCode: 0, reason: null}
}
