// How a benchmark's questions are written for a model: what an adapter states as data, by prompt style. Filling it in
// is modes/prompts.ts.
import type {Mode} from './generation.js'

/** Names of the styles. The first is ours; each other is exactly what that peer sends, with no line of ours. */
export const promptStyles = ['lantern-eval', 'lantern', 'vlmevalkit', 'lmms'] as const
export type PromptStyle = (typeof promptStyles)[number]
export const defaultPromptStyle: PromptStyle = 'lantern-eval'

/**
 * The literal strings of one benchmark in one style. `{question}`, `{prompt}` (the data set's own prompt column),
 * `{options}` and `{letters}` are filled in; options are written `option` by `option`, joined by line feeds.
 */
export interface PromptForm {
  readonly text: string
  /** Used instead of `text` when the item of an open benchmark has options. */
  readonly choices?: string
  /** Used instead of a text with `{prompt}` when the data have no prompt of their own. */
  readonly fallback?: string
  /** One option: `{letter}` and `{text}`. */
  readonly option: string
  /** Whether the pictures come before or after the text. */
  readonly images: 'first' | 'last'
  /** Stands before the text of these subtasks. */
  readonly preamble?: {readonly subtasks: readonly string[]; readonly text: string}
  readonly system?: string
  /** Strings that end a generation. */
  readonly stop?: readonly string[]
  /** True when nothing of ours follows: neither the mode's line nor the answer contract. */
  readonly exact?: boolean
  /** Limits of new tokens that this style publishes; they come before the benchmark's own. */
  readonly maxNewTokens?: Limits
}

/** Most new tokens by mode; a mode that is not named has the default of the house. */
export type Limits = Readonly<Partial<Record<Mode, number>>>

/** The forms of a benchmark: ours, and those of the peers that have it. */
export type PromptForms = Readonly<Record<'lantern-eval', PromptForm> & Partial<Record<PromptStyle, PromptForm>>>
