// The result of one sample: its outcome and its score; and how a benchmark's score is computed.

export const outcomes = [
  'correct',
  'wrong',
  'unanswered',
  'truncated',
  'refused',
  'error',
  'not-engaged',
  'unscored',
] as const
export type Outcome = (typeof outcomes)[number]

export interface Score {
  readonly outcome: Outcome
  /** From 0 to 1; null for outcomes without a score (error, unscored). */
  readonly score: number | null
  /** The extracted answer: a letter, or for open answers the text that was compared. */
  readonly answer: string | null
  /** Additional metrics by name: `match`, `judge`, `iou`, `answerOnly`, ... */
  readonly metrics: Readonly<Record<string, number>>
}

/**
 * Names of the judges (metrics/judges). A judge is the prompt that a published evaluation sends to its judge model, and
 * its reading of the reply.
 */
export const judgeNames = ['viscot_official', 'blink_official', 'vlmevalkit_blink', 'vlmevalkit_choice'] as const
export type JudgeName = (typeof judgeNames)[number]

/** A mean of subtasks, each of the same weight; a part may itself be such a mean. */
export interface MeanOf {
  readonly mean: readonly (string | MeanOf)[]
}

/**
 * What the headline is a mean over. `micro`: samples. `macro`: subtasks, unweighted. `group`: groups of samples
 * (`Sample.group`), where a group is right when all of its samples are. Otherwise a nested mean of named subtasks.
 */
export type Aggregate = 'micro' | 'macro' | 'group' | MeanOf

/** How a benchmark is scored, as data. */
export interface Scoring {
  /** The kind of answer: one of the item's letters, or free text. */
  readonly answer: 'choice' | 'open'
  /**
   * Name of the headline metric when no judge is used: `accuracy`, `match`, or `likelihood` for the option text that
   * the model finds likeliest.
   */
  readonly metric: string
  /** What the headline is a mean over. */
  readonly aggregate: Aggregate
  /** True where items without options or letters are open questions, although `answer` is `choice`. */
  readonly mixed?: boolean
  /** Relative tolerance of the metric `number`. */
  readonly tolerance?: number
  /** Subtasks that count towards the headline; all of them when absent. A nested mean names its own. */
  readonly headline?: readonly string[]
  /** The judge used with `--judge`. Default: VisCoT's judge for open answers, VLMEvalKit's for choices. */
  readonly judge?: JudgeName
}
