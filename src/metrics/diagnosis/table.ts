// What the judge is given: the outcome of every sample under every condition. Plain data without files, so that runs,
// imported answers and simulations are judged by the same code.
import type {MeanOf, Outcome} from '../../core/outcome.js'
import type {Aggregate} from '../statistics/index.js'

/**
 * The conditions that decide. `own` is the arm that all others are compared with.
 * Any further condition is shown as evidence under its own name: that of an intervention (`zeros`, `shuffle`, `swap`,
 * `self-swap`, `fillers`, ...), `image:blank` for a changed picture, `strict` for own latents with the picture hidden,
 * and `strict:NAME` for condition NAME with the picture hidden.
 */
export const decidingConditions = ['matched-noise', 'swap-unrelated', 'markers-only', 'no-latent', 'oracle'] as const
export const ownCondition = 'own'

export interface DiagnosisTable {
  readonly bench: string
  /** How subtasks make the headline. */
  readonly aggregate: Aggregate
  /** Subtasks that count towards the headline; all when absent. */
  readonly headline?: readonly string[]
  /** The nested mean that the headline is, where it is one; `aggregate` is then macro. */
  readonly nested?: MeanOf
  readonly samples: readonly DiagnosedSample[]
}

export interface DiagnosedSample {
  readonly id: string
  readonly subtask: string
  /** Samples with equal clusters are dependent (one picture, one item, one group); absent: the sample stands alone. */
  readonly cluster?: string
  /** Whether the own generation opened a latent block; null where nobody could see. */
  readonly engaged: boolean | null
  /**
   * Whether own answers right behind its latents. A text between them carries on what they said, so that forced scores
   * behind it are alike whatever is fed. Absent where nobody knows.
   */
  readonly direct?: boolean
  /** Number of options, and the place of the gold among them; absent for open questions. */
  readonly options?: number
  readonly gold?: number
  /** By name of the condition. A condition that was not asked for this sample is absent. */
  readonly under: Readonly<Record<string, ConditionOutcome>>
}

/** What one sample came to under one condition. */
export interface ConditionOutcome {
  readonly outcome: Outcome
  /**
   * What the answer earns, 0 to 1, also where no block was opened (the metric `answerOnly` of such a record: a sample
   * that did not engage may be right). Null for outcomes without a score (error, unscored).
   */
  readonly score: number | null
  /** The extracted answer. */
  readonly answer?: string | null
  /** A digest of the generated text or ids: equal digests mean equal texts. */
  readonly digest?: string
  readonly textTokens?: number | null
  /**
   * Log-probability of each option (nats, summed over its tokens), read behind own text with this condition's latents.
   */
  readonly forced?: readonly number[] | null
  /** Score of this text under other extractors, and the letter they read (null for none), by their names. */
  readonly panel?: Readonly<Record<string, {readonly score: number | null; readonly letter: string | null}>>
  readonly donor?: Donor
  /** Mean norm of the latents that were fed. */
  readonly norm?: number | null
  /** All tokens that were decoded, latents and markers included, and the time from request to end. */
  readonly decodeSteps?: number | null
  readonly ms?: number | null
}

/** Whose latents a swap fed. */
export interface Donor {
  readonly id: string
  /** The donor's answer among the recipient's options, written like `answer`; null where the recipient has no such. */
  readonly answer: string | null
  /** The place of that answer among the recipient's options. */
  readonly option?: number
  /**
   * `text`: a contrast donor, whose gold text is one of the recipient's other options. `letter`: its gold letter is
   * another. `other`: neither.
   */
  readonly lift: 'text' | 'letter' | 'other'
  /** Whether the donor's latents had to be cut or repeated. */
  readonly resized?: boolean
}

/** A check that was made on some samples: how many were looked at, and how many came out as they should. */
export interface Checked {
  readonly checked: number
  readonly passed: number
}

/** What was recorded beside the table. What is absent was not checked. */
export interface RecordedChecks {
  /** Own latents fed again gave the same ids. */
  readonly identity?: Checked
  /** The oracle as a query retrieved itself first. */
  readonly oracle?: Checked
  /** Own, generated twice, gave the same ids. */
  readonly determinism?: Checked
}
