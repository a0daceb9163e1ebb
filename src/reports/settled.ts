// What tables and comparisons need of the record that counts of a sample.
import type {Outcome} from '../core/outcome.js'

/** What is kept of a settled record. */
export interface Settled {
  readonly subtask: string
  readonly outcome: Outcome
  /** What it adds to the headline: 0 to 1, or null when it is outside (error, unscored). */
  readonly score: number | null
  readonly cluster: string | null
  /** The item it is a variant of, where items were asked under several option orders. */
  readonly item: string | null
  /** The gold letter of a choice, else null. */
  readonly gold: string | null
  /** Number of options, 0 when unknown. */
  readonly choices: number
  /** Further figures by name (`iou`, `peer`, ...). */
  readonly metrics: Readonly<Record<string, number>>
  readonly promptTokens: number | null
  readonly textTokens: number | null
  readonly latentSteps: number | null
  readonly totalMs: number | null
  /** Of each repeat, where there are several; and how many there are by now, failed ones among them. */
  readonly latencies?: readonly number[]
  readonly repeats?: number
  /** 1 or 0 (between, over repeats): whether an arm that thinks in latents opened a block; null where nobody saw. */
  readonly engaged: number | null
  /** Answers it stands for: none for an error, several over repeats. */
  readonly answers: number
  /** Of these the ones that came from the response cache. */
  readonly cached: number
  /** Null where it is not known, absent where nothing is paid. */
  readonly costUsd?: number | null
}
