// One run from its prepared state to its end: folder, hold, log, loop and verdict.
import {exitCodes} from '../core/errors.js'
import {FeatureStore} from '../run-folder/latent-context.js'
import {writeLatents} from '../run-folder/latents.js'
import {withRun} from '../run-folder/run.js'
import {defaultRunDir} from '../run-folder/run-dir.js'
import {runLoop} from './loop.js'
import {type Prepared, recordsOwn} from './prepare.js'
import {labelsOf, type RunEvent} from './spec.js'

export interface RunEnd {
  readonly runDir: string
  /** Samples x arms x repeats of this shard. */
  readonly total: number
  readonly settled: number
  readonly errors: number
  readonly verdict: 'done' | 'partial' | 'infrastructure' | 'interrupted'
  readonly exitCode: number
  /** Why the verdict is not `done`, in a sentence. */
  readonly reason: string | null
}

/** Runs what is open in a prepared run. Throws what `withRun` throws and what a session throws. */
export async function evaluate(
  prepared: Prepared,
  onEvent: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<RunEnd> {
  const {spec, lock, samples} = prepared
  const dir = spec.out ?? defaultRunDir(lock)
  const tell = (message: string) => onEvent({type: 'runner', event: {type: 'note', message}})
  const facts = await withRun({dir, lock, samples, env: spec.runner.common.env, tell}, async run => {
    const {tally} = run
    const total = totalOf(prepared)
    const headlines = Object.fromEntries(
      lock.benchmarks.map(({id, aggregate, headline}) => [id, {aggregate, subtasks: headline}]),
    )
    onEvent({
      ...{type: 'begin', runDir: dir, total, settled: tally.settled, before: tally.scores(), headlines},
      ...{repeats: spec.repeats ?? 1, labels: labelsOf(spec)},
    })
    const features = new FeatureStore(dir, tell)
    try {
      await runLoop(prepared, {
        run,
        dir,
        keepLatents: async (bench, {latents, request, lens, pictures = []}) => {
          const {arm, sample, repeat} = request
          if (!latents || !(spec.saveLatents || (arm.intervention === 'own' && recordsOwn(spec)))) return
          const key = {arm: arm.id, bench, id: sample.id, repeat}
          if (!spec.saveLatents || spec.latentsAlone) return void (await writeLatents(dir, key, latents))
          const stored = await features.write(arm.model, pictures)
          const context = {pictures: stored, lens: lens ?? null, ...(sample.boxes && {boxes: sample.boxes})}
          await writeLatents(dir, key, latents, context)
        },
        onEvent,
        signal,
      })
    } finally {
      onEvent({type: 'end'})
    }
    return {total, settled: tally.settled, errors: tally.errors}
  })
  return endOf({runDir: dir, ...facts}, spec.maxErrorRate, signal.aborted, spec.repeats)
}

/** Samples x arms x repeats of this shard. */
export function totalOf(prepared: Prepared): number {
  return itemsOf(prepared) * prepared.models.reduce((sum, model) => sum + model.arms.length, 0)
}

/** Samples of each arm of this shard, each as often as it is asked. */
export function itemsOf({benchmarks, spec: {repeats = 1}}: Pick<Prepared, 'benchmarks' | 'spec'>): number {
  return repeats * benchmarks.reduce((sum, bench) => sum + bench.keys.length, 0)
}

/** The verdict of a run, from how many of its samples x arms are settled and how many ended in an error. */
export function endOf(
  facts: Pick<RunEnd, 'runDir' | 'total' | 'settled' | 'errors'>,
  maxErrorRate: number,
  aborted: boolean,
  repeats = 1,
): RunEnd {
  // Where each sample is asked several times, what is counted are its answers.
  const counted = repeats > 1 ? 'answers' : 'samples'
  const {total, settled, errors} = facts
  const asked = settled + errors
  const nothing = {...facts, verdict: 'infrastructure', exitCode: exitCodes['nothing-evaluated']} as const
  if (aborted)
    return {
      ...facts,
      verdict: 'interrupted',
      exitCode: exitCodes.interrupted,
      reason: 'Interrupted; run the same command again to resume.',
    }
  if (total === 0) return {...nothing, reason: 'The selection is empty.'}
  if (asked === 0)
    return {...nothing, reason: 'Nothing was asked: a budget was reached; run the same command again to go on.'}
  if (settled === 0) return {...nothing, reason: 'Nothing could be evaluated; every sample ended in an error.'}
  if (errors / asked > maxErrorRate) {
    const reason = `${errors} of ${asked} ${counted} (${((100 * errors) / asked).toFixed(1)}%) ended in an error, more than --max-error-rate allows; run the same command again to retry them.`
    return {...facts, verdict: 'infrastructure', exitCode: exitCodes['error-rate'], reason}
  }
  if (asked < total) {
    const reason = `${total - asked} of ${total} ${counted} are left: a budget was reached; run the same command again to go on.`
    return {...facts, verdict: 'partial', exitCode: exitCodes['budget-reached'], reason}
  }
  return {...facts, verdict: 'done', exitCode: 0, reason: null}
}
