// The fields of a sample's settled record that tables and comparisons need.
import type {Outcome} from '../core/outcome.js'

/** In place of the gold letter of a choice: its gold answer is no letter. */
export const malformed = 'malformed'

/** The fields that are kept of a settled record. */
export interface Settled {
  readonly subtask: string
  readonly outcome: Outcome
  /** Its contribution to the headline: 0 to 1, or null if it does not count (error, unscored). */
  readonly score: number | null
  readonly cluster: string | null
  /** The group of samples with which it counts together, and how many the data have of it; null and 1 without one. */
  readonly group: string | null
  readonly groupSize: number
  /**
   * For a sample of a group: whether it was right at each repeat, null where it has no score. Absent without repeats.
   */
  readonly rights?: readonly (boolean | null)[]
  /** For a sample that was asked several times: its score at each repeat, null where it has none. */
  readonly scores?: readonly (number | null)[]
  /** For a group (`groupsOf`): its samples, and their clusters. */
  readonly members?: readonly Settled[]
  readonly clusters?: readonly string[]
  /** The item it is a variant of, if items were asked under several option orders. */
  readonly item: string | null
  /**
   * The gold letter of a choice; `malformed` where its gold answer is no letter and can never be given; null where it
   * is hidden or the question is open.
   */
  readonly gold: string | null
  /** Number of options, 0 when unknown. */
  readonly choices: number
  /** Further figures by name (`iou`, `peer`, ...). */
  readonly metrics: Readonly<Record<string, number>>
  readonly promptTokens: number | null
  readonly textTokens: number | null
  readonly latentSteps: number | null
  readonly totalMs: number | null
  /** The latency of each repeat, if there are several; and the number of repeats so far, including failed ones. */
  readonly latencies?: readonly number[]
  readonly repeats?: number
  /** Whether a latent arm opened a block: 1 or 0, or a mean over repeats; null if it was not observed. */
  readonly engaged: number | null
  /** Number of answers it stands for: 0 for an error, several with repeats. */
  readonly answers: number
  /** Number of those answers that came from the response cache. */
  readonly cached: number
  /** Null if it is unknown, absent if nothing is paid. */
  readonly costUsd?: number | null
}
