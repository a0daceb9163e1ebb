// The prompt templates of a benchmark: data of its adapter, by prompt style. modes/prompts.ts fills them in.
import type {Mode, PictureDetail} from './generation.js'

/**
 * Names of the styles. The first is this project's own; each other is exactly what that harness sends, with nothing
 * added.
 */
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
  'laser',
  'realvr',
  'mull',
  'lavit',
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
  /** The last option of the item, if it is written differently. */
  readonly lastOption?: string
  /**
   * True if an option with a round bracket is dropped and the options after it move up one letter, which is a bug of
   * that harness.
   */
  readonly losesBracketedOptions?: boolean
  /** A jinja template that replaces all these texts (core/prompt-template.ts). */
  readonly template?: string
  /** Whether the pictures come before or after the text. */
  readonly images: 'first' | 'last'
  /** Joins several pictures into one row, for models that take a single one. */
  readonly join?: PictureRow
  readonly detail?: PictureDetail
  /** Text put before the prompt of these subtasks. */
  readonly preamble?: {readonly subtasks: readonly string[]; readonly text: string}
  readonly system?: string
  /** Strings that end a generation; the answer is the text before them. */
  readonly stop?: readonly string[]
  /** True if nothing is appended: neither the mode's line nor the answer contract. */
  readonly exact?: boolean
  /**
   * True if the answer is the option text with the highest likelihood after this prompt, whatever the model writes. The
   * headline is then `likelihood`.
   */
  readonly likelihood?: boolean
  /**
   * How a box is asked for and the picture inside it shown, for the mode `crop`; absent: the style has no such mode.
   */
  readonly crop?: CropForm
  /** Limits of new tokens published for this style; they override the benchmark's own. */
  readonly maxNewTokens?: Limits
}

/**
 * The turns of the mode `crop`: a first request asks for a box. The second repeats the question, the answered box and,
 * after the part of the picture inside the box, the question once more. `{question}` and `{lower_question}` are filled
 * in; pictures come before the text of their turn.
 */
export interface CropForm {
  /** The request for the box. */
  readonly box: string
  /** The first turn of the second request, above the answered box. */
  readonly before: string
  /** Its last turn, after the cropped picture. */
  readonly after: string
}

/** Maximum number of new tokens by mode. Other modes use the default of the program. */
export type Limits = Readonly<Partial<Record<Mode, number>>>

/** The same limit for every mode. */
export function limitInAllModes(tokens: number): Limits {
  return {direct: tokens, 'text-cot': tokens, latent: tokens, crop: tokens}
}

/** Pictures side by side on black, in pixels. */
export interface PictureRow {
  /** The height to which every picture is resized first; absent: pictures are not resized. */
  readonly height?: number
  /** Gap between two pictures. */
  readonly margin: number
  /** Vertical alignment of a picture lower than the row. */
  readonly align: 'top' | 'centre'
}

/** The forms of a benchmark: this project's own, and those of other harnesses that have the benchmark. */
export type PromptForms = Readonly<Record<'lantern-eval', PromptForm> & Partial<Record<PromptStyle, PromptForm>>>
