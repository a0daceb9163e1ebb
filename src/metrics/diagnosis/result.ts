// What the judge says: the rows of `diagnose` (design/contract.md, "diagnose").

export const diagnosisVerdicts = [
  'load-bearing',
  'read-not-needed',
  'trace',
  'budget-only',
  'format-only',
  'not-used',
  'representation-fails',
  'harmful',
  'inconclusive',
  'void',
] as const
export type DiagnosisVerdict = (typeof diagnosisVerdicts)[number]

export const effectNames = [
  'total',
  'slots',
  'markers',
  'format',
  'content',
  'content-unrelated',
  'steering',
  'headroom',
  'order',
  'strict',
  'picture',
  'position',
] as const
export type EffectName = (typeof effectNames)[number]

/** `gold-margin` and `log-prob` are in nats, the others in shares. */
export type EffectScale = 'accuracy' | 'gold-margin' | 'log-prob' | 'donor-lift'

/** `free`: generated texts. `forced`: the options' log-probabilities behind own text, latents replaced. */
export type ReadingKind = 'free' | 'forced'

/** One contrast: the first condition minus the second. */
export interface Effect {
  readonly name: EffectName
  readonly contrast: readonly [string, string]
  readonly scale: EffectScale
  readonly reading: ReadingKind
  readonly n: number
  readonly difference: number
  readonly low: number
  readonly high: number
  readonly p: number
  /** Holm within the family that decides, or within the effects that are shown beside it. */
  readonly pAdjusted: number
  /** Smallest true difference that would be detected with 80 % power; null on scales in nats. */
  readonly mde: number | null
  /** Smallest margin that the interval supports; null on scales in nats. */
  readonly supports: number | null
}

export const guardNames = ['identity', 'oracle', 'engaged', 'applied', 'extractor', 'determinism'] as const
export type GuardName = (typeof guardNames)[number]

/** `ok` is null where the guard cannot be checked. `todo` says what to do about one that failed. */
export interface Guard {
  readonly name: GuardName
  readonly ok: boolean | null
  readonly detail: string
  readonly todo?: string
}

export interface Engagement {
  readonly n: number
  readonly rate: number
  readonly low: number
  readonly high: number
}

/** What an inconclusive row lacks. */
export interface Undecided {
  /** Conditions that were not recorded and without which a verdict cannot be reached. */
  readonly missing: readonly string[]
  /** Deciding conditions whose difference from own is neither shown nor ruled out. */
  readonly open: readonly string[]
  /**
   * Number of samples at which they would be decided at the discordance seen (80 % power); null if never or unknown.
   */
  readonly decidedAt: number | null
  /**
   * Smallest margin that every interval supports, but those of conditions that own is shown to beat; null without any.
   */
  readonly supports: number | null
}

/** A loss with its interval, as the effect has it. */
export type UtilityLoss = Pick<Effect, 'n' | 'difference' | 'low' | 'high' | 'pAdjusted'>

/** What is lost when the latent at one place of each block is zero (`zero-at:I`); null where it was not read. */
export interface LatentUtility {
  /** Place within the block, from 0. */
  readonly step: number
  /** Nats of the gold option, and of its margin over the others, behind own text. */
  readonly logProb: UtilityLoss | null
  readonly margin: UtilityLoss | null
  /** In the reading that decided. */
  readonly accuracy: UtilityLoss | null
}

/** One row: a benchmark's headline (`subtask` null) or one of its subtasks. */
export interface Diagnosis {
  readonly bench: string
  readonly subtask: string | null
  readonly n: number
  /** How many engaged; null where nobody could see. */
  readonly engaged: Engagement | null
  /** On engaged samples. */
  readonly verdict: DiagnosisVerdict
  /** On all samples. */
  readonly verdictAll: DiagnosisVerdict
  readonly statement: string
  /** Further sentences: the words of papers, warnings. */
  readonly notes: readonly string[]
  readonly guards: readonly Guard[]
  readonly effects: readonly Effect[]
  /** By place; empty where no latent was left out alone. */
  readonly utility: readonly LatentUtility[]
  readonly undecided: Undecided | null
  /** The reading that decided. */
  readonly reading: ReadingKind
  readonly margin: number
  /** The level that this row was judged at. */
  readonly alpha: number
}
