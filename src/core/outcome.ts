// What became of one sample: the outcome, its score, and how the score of a benchmark is put together.

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
  /** 0 to 1, or null (error, unscored). */
  readonly score: number | null
  /** The extracted answer: a letter, or for open answers the text that was compared. */
  readonly answer: string | null
  /** More figures by name: `match`, `judge`, `iou`, `answerOnly`, ... */
  readonly metrics: Readonly<Record<string, number>>
}

/** Names of the judges (metrics/judges): each is what one published evaluation tells its judge and reads of the reply. */
export const judgeNames = ['viscot_official', 'blink_official', 'vlmevalkit_blink', 'vlmevalkit_choice'] as const
export type JudgeName = (typeof judgeNames)[number]

/** How a benchmark is scored, as data. */
export interface Scoring {
  /** What an answer is: a letter of the item, or free text. */
  readonly answer: 'choice' | 'open'
  /** Name of the headline metric without a judge: `accuracy` or `match`. */
  readonly metric: string
  /** `macro`: unweighted mean over subtasks; `micro`: mean over samples. */
  readonly aggregate: 'macro' | 'micro'
  /** True when the likelihood of the option texts is a second metric (V*'s official rule). */
  readonly likelihood?: boolean
  /** Subtasks that make up the headline; absent = all. */
  readonly headline?: readonly string[]
  /** Who is asked with `--judge`; absent: VisCoT's judge for open answers, VLMEvalKit's for choices. */
  readonly judge?: JudgeName
}
