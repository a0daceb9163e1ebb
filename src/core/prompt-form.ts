// How a benchmark's questions are written for a model: what an adapter states as data, by prompt style. Filling it in
// is modes/prompts.ts.
import type {Mode, PictureDetail} from './generation.js'

/** Names of the styles. The first is ours; each other is exactly what that peer sends, with no line of ours. */
export const promptStyles = [
  'lantern-eval',
  'lantern',
  'lvr',
  'vlmevalkit',
  'vlmevalkit-one-picture',
  'lmms',
  'lmms-reasoning',
  'blink-official',
  'blink-official-one-picture',
  'vstar-official',
  'viscot-official',
] as const
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
  /** The last option of the item, where it is written in another way. */
  readonly lastOption?: string
  /** True where an option with a round bracket is lost, and those after it move up a letter: a flaw of that peer. */
  readonly losesBracketedOptions?: boolean
  /** A jinja template in place of all these texts (modes/prompt-template.ts). */
  readonly template?: string
  /** Whether the pictures come before or after the text. */
  readonly images: 'first' | 'last'
  /** Joins several pictures into one row, for models that take a single one. */
  readonly join?: PictureRow
  readonly detail?: PictureDetail
  /** Stands before the text of these subtasks. */
  readonly preamble?: {readonly subtasks: readonly string[]; readonly text: string}
  readonly system?: string
  /** Strings that end a generation; the answer is what stands before them. */
  readonly stop?: readonly string[]
  /** True when nothing of ours follows: neither the mode's line nor the answer contract. */
  readonly exact?: boolean
  /**
   * True when the answer is the option text that the model finds likeliest after this prompt, whatever it writes: the
   * headline is then `likelihood`.
   */
  readonly likelihood?: boolean
  /** Limits of new tokens that this style publishes; they come before the benchmark's own. */
  readonly maxNewTokens?: Limits
}

/** Most new tokens by mode; a mode that is not named has the default of the house. */
export type Limits = Readonly<Partial<Record<Mode, number>>>

/** The same limit whatever the mode. */
export function limitInAllModes(tokens: number): Limits {
  return {direct: tokens, 'text-cot': tokens, latent: tokens}
}

/** Pictures side by side on black, in pixels. */
export interface PictureRow {
  /** Every picture is first resized to this height; absent: none is. */
  readonly height?: number
  /** Between two pictures. */
  readonly margin: number
  /** Where a lower picture stands. */
  readonly align: 'top' | 'centre'
}

/** The forms of a benchmark: ours, and those of the peers that have it. */
export type PromptForms = Readonly<Record<'lantern-eval', PromptForm> & Partial<Record<PromptStyle, PromptForm>>>
