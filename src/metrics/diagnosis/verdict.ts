// The order in which a verdict is found. It is fixed, so that evidence cannot be picked after the fact. Reasons and
// simulated error: design/diagnosis.md.
import {holm} from '../statistics/index.js'
import {type ComparedCondition, comparedConditions, type Evidence} from './evidence.js'
import type {DiagnosisVerdict} from './result.js'

export type ShownVerdict = Exclude<DiagnosisVerdict, 'void'>

export interface Judgement {
  readonly verdict: ShownVerdict
  /** Own content beats both dummies. */
  readonly contentRead: boolean
  /** Conditions that are better than own by more than can be called alike; they make `harmful`. */
  readonly harmedBy: readonly ComparedCondition[]
  /** Conditions whose whole interval lies within the margin. */
  readonly alike: readonly ComparedCondition[]
  /** Conditions that own is shown to lie above. */
  readonly below: readonly ComparedCondition[]
  /** Holm's p of the deciding family. A condition that was not asked is absent. */
  readonly adjusted: {
    readonly content?: number
    readonly markersOnly?: number
    readonly noLatent?: number
    readonly recovery?: number
  }
  /** Conditions that a verdict needs and that were not asked. */
  readonly missing: readonly ComparedCondition[]
  /** Conditions whose difference is neither shown nor ruled out. */
  readonly open: readonly ComparedCondition[]
}

/**
 * The verdict on one row. The family of four tests (content: the larger p of both dummies; markers alone; no latents;
 * recovery) is adjusted by Holm at `alpha`. "Alike" is an equivalence test: the printed interval lies within (-margin,
 * margin). The first verdict that holds is taken.
 */
export function judge({contrasts, recovery}: Evidence, {alpha, margin}: {alpha: number; margin: number}): Judgement {
  const of = (condition: ComparedCondition) => contrasts[condition]
  const missing = comparedConditions.filter(condition => of(condition) === null)
  const noise = of('matched-noise')
  const stranger = of('swap-unrelated')
  const content =
    noise === null || stranger === null
      ? null
      : noise.difference > 0 && stranger.difference > 0
        ? Math.max(noise.p, stranger.p)
        : 1
  const family = Object.entries({
    content,
    markersOnly: of('markers-only')?.p ?? null,
    noLatent: of('no-latent')?.p ?? null,
    recovery,
  }).filter((entry): entry is [string, number] => entry[1] !== null)
  const stepDown = holm(family.map(([, p]) => p))
  const adjusted: Judgement['adjusted'] = Object.fromEntries(family.map(([name], k) => [name, stepDown[k]!]))

  const alike = comparedConditions.filter(condition => {
    const contrast = of(condition)
    return contrast !== null && contrast.low > -margin && contrast.high < margin
  })
  const isAlike = (condition: ComparedCondition) => alike.includes(condition)
  const contentRead = shown(adjusted.content, alpha)
  const differs = {
    'markers-only': shown(adjusted.markersOnly, alpha),
    'no-latent': shown(adjusted.noLatent, alpha),
  }
  const above = (condition: 'markers-only' | 'no-latent') => differs[condition] && of(condition)!.difference > 0
  const harmedBy = (['no-latent', 'markers-only'] as const).filter(
    condition => differs[condition] && of(condition)!.difference < 0 && !isAlike(condition),
  )
  const none = isAlike('matched-noise') && isAlike('swap-unrelated')
  const below: ComparedCondition[] = [
    ...(contentRead ? (['matched-noise', 'swap-unrelated'] as const) : []),
    ...(['markers-only', 'no-latent'] as const).filter(above),
  ]

  const rules: readonly (readonly [ShownVerdict, boolean])[] = [
    ['harmful', harmedBy.length > 0],
    ['load-bearing', contentRead && !none && above('markers-only') && !isAlike('markers-only')],
    ['read-not-needed', contentRead && !none && isAlike('markers-only')],
    ['trace', contentRead && none],
    ['representation-fails', shown(adjusted.recovery, alpha)],
    ['budget-only', none && above('markers-only') && !isAlike('markers-only')],
    ['format-only', none && isAlike('markers-only') && above('no-latent') && !isAlike('no-latent')],
    ['not-used', none && isAlike('markers-only') && isAlike('no-latent')],
  ]
  const verdict = rules.find(([, holds]) => holds)?.[0] ?? 'inconclusive'
  const open = comparedConditions.filter(
    condition => of(condition) !== null && !isAlike(condition) && !below.includes(condition),
  )
  return {verdict, contentRead, harmedBy, alike, below, adjusted, missing, open}
}

function shown(p: number | undefined, alpha: number): boolean {
  return p !== undefined && p <= alpha
}
