// Many trials: every command in turn, half of the kills at a random time of its life and half at a random step that
// changes a file, so that the short windows (closing, publishing) are met as well.
import {rm} from 'node:fs/promises'
import {join} from 'node:path'
import {type Random, random} from '../../../src/core/random.js'
import type {Subject} from './subjects.js'
import {type Moment, type Trial, trial, type Unkilled, unkilled} from './trial.js'

export interface Tally {
  readonly name: string
  readonly trials: readonly Trial[]
}

export interface Campaign {
  readonly n: number
  readonly seed: number
  readonly folder: string
  /** Ends it after the trial under way. */
  readonly signal?: AbortSignal
  readonly onTrial?: (subject: Subject, trial: Trial) => void
}

/** `n` trials over the subjects in turn; the same seed chooses the same moments. */
export async function campaign(
  subjects: readonly Subject[],
  {n, seed, folder, signal, onTrial}: Campaign,
): Promise<Tally[]> {
  const moments = random(seed, 'kills')
  const expected = new Map<Subject, Unkilled>()
  const tallies = subjects.map(({name}) => ({name, trials: [] as Trial[]}))
  for (let k = 0; k < n && signal?.aborted !== true; k++) {
    const which = k % subjects.length
    const subject = subjects[which]!
    const known = expected.get(subject) ?? (await unkilled(subject, join(folder, `unkilled-${which}`)))
    expected.set(subject, known)
    const place = join(folder, `trial-${k}`)
    const one = await trial(subject, place, momentIn(known, Math.floor(k / subjects.length), moments), known)
    tallies[which]!.trials.push(one)
    onTrial?.(subject, one)
    if (one.faults.length === 0) await rm(place, {recursive: true, force: true})
  }
  return tallies
}

function momentIn({ms, steps}: Unkilled, round: number, moments: Random): Moment {
  return round % 2 === 0 ? {atStep: 1 + moments.integer(steps)} : {afterMs: moments.next() * ms * 1.05}
}
