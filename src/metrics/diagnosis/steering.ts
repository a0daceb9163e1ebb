// Whether answers follow the latents of another sample: the donor-answer lift, the margin shift, and the interaction of
// a replacement with the path to the picture.
import type {Stratum} from '../statistics/index.js'
import {optionLogProb} from './reading.js'
import {combined, type DiagnosedRow, type Scored, samplesOf} from './row.js'
import {type DiagnosedSample, type Donor, ownCondition} from './table.js'

/** 1 where the sample's answer under `condition` is d, the answer of the donor that `swap` fed; null without one. */
function followed(sample: DiagnosedSample, condition: string, swap: string, lift?: Donor['lift']): number | null {
  const donor = sample.under[swap]?.donor
  const here = sample.under[condition]
  if (donor === undefined || donor.answer === null || here === undefined || here.score === null) return null
  if (lift !== undefined && donor.lift !== lift) return null
  return Number(here.answer === donor.answer)
}

/**
 * Per sample: 1[answer = d | donor latents] - 1[answer = d | own latents], d the donor's answer among the recipient's
 * options. Its mean is the donor-answer lift of `swap`.
 */
export function donorLift(row: DiagnosedRow, swap: string, lift?: Donor['lift']): Stratum[] {
  return perSample(row, sample => liftOf(sample, swap, lift))
}

/** Per sample: the lift of a contrast donor less that of an unrelated one, where both are known. */
export function liftAbove(row: DiagnosedRow, swap: string, unrelated: string): Stratum[] {
  return perSample(row, sample => {
    const near = liftOf(sample, swap, 'text')
    const far = liftOf(sample, unrelated)
    return near === null || far === null ? null : near - far
  })
}

function liftOf(sample: DiagnosedSample, swap: string, lift?: Donor['lift']): number | null {
  const there = followed(sample, swap, swap, lift)
  const here = followed(sample, ownCondition, swap, lift)
  return there === null || here === null ? null : there - here
}

/** Per sample: the change of log p(d) - log p(gold) from own latents to the donor's, nats. */
export function marginShift(row: DiagnosedRow, swap: string): Stratum[] {
  return perSample(row, ({gold, under}) => {
    const option = under[swap]?.donor?.option
    const there = under[swap]?.forced
    const here = under[ownCondition]?.forced
    if (option === undefined || gold === undefined || there == null || here == null) return null
    const lead = (forced: readonly number[]) => optionLogProb(forced, option) - optionLogProb(forced, gold)
    return lead(there) - lead(here)
  })
}

/** Per sample: (strict own - strict changed) - (own - changed). */
const interaction = (strictOwn: number, strictChanged: number, own: number, changed: number): number =>
  strictOwn - strictChanged - (own - changed)

/**
 * The interaction of a replacement with the path to the picture. Above 0: the replacement costs more where the picture
 * is hidden after the latents, so the open path makes up for it. The paired difference of differences of dmis-lab/CVRR,
 * scripts/analysis_cvrr/causal/reliance.py (`_path_interactions`).
 */
export function pathInteraction(row: DiagnosedRow, condition: string, scored: Scored): Stratum[] {
  return combined(row, ['strict', `strict:${condition}`, ownCondition, condition], scored, interaction)
}

/**
 * How many samples a donor was found for, and how many of those had to be cut or repeated to fit; null without a swap.
 */
export function donorShares(row: DiagnosedRow, swap: string): {asked: number; found: number; resized: number} | null {
  const own = samplesOf(row).filter(({under}) => under[ownCondition] !== undefined)
  const donors = own.flatMap(({under}) => under[swap]?.donor ?? [])
  if (donors.length === 0) return null
  return {asked: own.length, found: donors.length, resized: donors.filter(({resized}) => resized).length}
}

/** One value per sample; samples without one are left out, and so are strata that become empty. */
function perSample(row: DiagnosedRow, value: (sample: DiagnosedSample) => number | null): Stratum[] {
  return combined(
    row,
    [ownCondition],
    (_, sample) => value(sample),
    only => only,
  )
}
