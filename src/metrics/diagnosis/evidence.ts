// The tests that a verdict rests on: own against the four deciding conditions, and whether own latents recover what
// true features would give.
import {type Random, random} from '../../core/random.js'
import {
  type Aggregate,
  linearContrast,
  type PairedStratum,
  pairedDifference,
  pBeyond,
  type Stratum,
} from '../statistics/index.js'
import {combined, type DiagnosedRow, pairsOf, type Scored} from './row.js'
import {ownCondition} from './table.js'

/** Own minus a condition, in the row's aggregate; the interval is two-sided at 1 - alpha and agrees with p about 0. */
export interface Contrast {
  readonly n: number
  readonly difference: number
  readonly low: number
  readonly high: number
  readonly p: number
}

export const comparedConditions = ['matched-noise', 'swap-unrelated', 'markers-only', 'no-latent'] as const
export type ComparedCondition = (typeof comparedConditions)[number]

/** Null where the condition was not asked. */
export interface Evidence {
  readonly contrasts: Readonly<Record<ComparedCondition, Contrast | null>>
  /**
   * p of "its own latents recover less than a fifth of what true features do": the largest of three one-sided p,
   * doubled. Null without an oracle, and 1 where a dummy is missing.
   */
  readonly recovery: number | null
}

export interface EvidenceOptions {
  readonly alpha: number
  readonly margin: number
  /** Seeds the sign flips. */
  readonly seed: string | number
  readonly flips?: number
}

/** Share of the oracle's gain over a dummy that own latents have to recover. */
const recoveredShare = 0.2

/** own - dummy - (oracle - dummy) / 5: below 0 where own latents recover less than a fifth. */
export const unrecovered = (own: number, dummy: number, oracle: number): number =>
  own - dummy - recoveredShare * (oracle - dummy)

/** Makes the tests of a row at the level `alpha`. `scored` says which reading decides. */
export function evidenceOf(row: DiagnosedRow, scored: Scored, options: EvidenceOptions): Evidence {
  const pairs = (first: string, second: string) => pairsOf(row, [first, second], scored)
  const contrast = (condition: ComparedCondition) =>
    contrastOf(pairs(ownCondition, condition), row.aggregate, {
      ...options,
      random: random('diagnosis', options.seed, row.bench, row.subtask ?? '', condition),
    })
  const contrasts = {
    'matched-noise': contrast('matched-noise'),
    'swap-unrelated': contrast('swap-unrelated'),
    'markers-only': contrast('markers-only'),
    'no-latent': contrast('no-latent'),
  }
  const headroom = pairs('oracle', ownCondition)
  const behind = (['matched-noise', 'swap-unrelated'] as const).map(dummy =>
    combined(row, [ownCondition, dummy, 'oracle'], scored, unrecovered),
  )
  return {contrasts, recovery: recoveryOf(headroom, behind, row.aggregate, options.margin)}
}

/** One contrast, or null without pairs. */
export function contrastOf(
  pairs: readonly PairedStratum[],
  aggregate: Aggregate,
  options: {readonly random: Random; readonly alpha: number; readonly flips?: number},
): Contrast | null {
  if (pairs.length === 0) return null
  const {n, difference, low, high, p} = pairedDifference(pairs, {aggregate, ...options})
  return {n, difference, low, high, p}
}

/** `headroom`: the oracle against own. `behind`: `unrecovered` of each dummy. */
export function recoveryOf(
  headroom: readonly PairedStratum[],
  behind: readonly (readonly Stratum[])[],
  aggregate: Aggregate,
  margin: number,
): number | null {
  if (headroom.length === 0) return null
  if (behind.some(values => values.length === 0)) return 1
  const above = pBeyond(headroom, aggregate, margin)
  return Math.min(1, 2 * Math.max(above, ...behind.map(values => linearContrast(values, aggregate).pBelow)))
}
