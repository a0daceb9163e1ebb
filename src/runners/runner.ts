// The interface of a runner: it opens a session, and a session turns requests into generations.
import {aFunction, aList, type Definition, definitionOf} from '../core/definition.js'
import type {Generation, LatentBlock, Prompt, Request} from '../core/generation.js'
import type {ImageRef} from '../core/sample.js'
import type {Size} from './picture-size.js'

/** What identifies a model in the lock, and what the plan needs to know about it. */
export interface ModelIdentity {
  readonly ref: string
  /**
   * Hash over weights, configuration, tokenizer and template of a checkpoint, or over the saved answers of a replay.
   */
  readonly sha256?: string
  /** For an endpoint: its URL without credentials, and the model name. */
  readonly endpoint?: {readonly url: string; readonly name: string}
  readonly precision?: string
  /** Anything else that makes two runs comparable: repetition penalty, graph version, quantisation parity, ... */
  readonly details?: Readonly<Record<string, unknown>>
  /** The checkpoint's latent settings; null if it has no latent ids or they are unknown. */
  readonly latent: {
    readonly protocol: string
    readonly size: number
    readonly ids: {readonly start: number; readonly pad: number; readonly end: number}
  } | null
  /** False when latents cannot be seen (endpoints, saved answers): such arms are never `not-engaged`. */
  readonly observesLatents: boolean
  /** False when answers do not depend on pictures (replay). */
  readonly needsImages: boolean
  /** Remote endpoints cost requests and possibly money; the plan says how much. */
  readonly remote: boolean
  /** True for the control models that ship with the package. */
  readonly builtin?: boolean
}

/** Tokens of one prompt; `image` is null if it is unknown how the model counts pictures. */
export interface PromptTokens {
  readonly text: number
  readonly image: number | null
}

/** USD per million tokens, and the source of the prices. */
export interface Price {
  readonly input: number
  readonly output: number
  readonly rule: string
}

/** A forecast of the tokens of prompts, available before anything is loaded or sent. */
export interface Forecast {
  /** `counted` is exact, by the model's own tokenizer and processor; `estimated` follows `rule`. */
  readonly basis: 'counted' | 'estimated'
  readonly rule: string
  /** Null if nothing is paid, or no price is known. */
  readonly price: Price | null
  /** Reads the picture sizes it needs. Throws LanternError for a prompt that could not be asked. */
  tokens(prompt: Prompt, sizeOf: (image: ImageRef) => Promise<Size>): Promise<PromptTokens>
}

/** When the record of a request is on disk. */
export type OnDisk = (request: Request) => Promise<void>

export interface Session {
  describe(): ModelIdentity
  /** The forecast of the prompts' tokens; absent if answers need no prompt (saved ones). Loads no model. */
  forecast?(): Promise<Forecast>
  /**
   * Answers a stream of groups, one group per sample (its requests differ in their arms and repeats and share pictures,
   * and perhaps vision features and prefill). Generations come in any order, each exactly once; the session pulls as
   * many groups as it wants in flight.
   * A failure of one request is a generation with stop `error`; throwing means the session cannot go on.
   * After `signal` aborts it stops pulling, ends within a step and leaves unfinished requests out.
   * `onDisk` resolves once the record of a generation is on disk, or never will be; it never rejects. A session whose
   * requests cost money counts them as in flight until then, so that a killed run asks no others again.
   */
  generate(groups: AsyncIterable<readonly Request[]>, signal: AbortSignal, onDisk?: OnDisk): AsyncIterable<Generation>
  /**
   * Teacher-forced natural-log probabilities of each token of each continuation, after the prompt and given latents.
   * Shape: [continuation][token]. Absent if a runner cannot score. No command asks for this yet; the contract suite
   * of runners (test/support/runner-contract.ts) runs it.
   */
  score?(
    request: Request,
    latents: readonly LatentBlock[],
    continuations: readonly string[],
    signal: AbortSignal,
  ): Promise<number[][]>
  close(): Promise<void>
}

/**
 * What a session reports while it works. It is shown as progress; results do not depend on it. `done` and `total` are
 * bytes of what is loaded.
 */
export type RunnerEvent =
  | {readonly type: 'retry'; readonly reason: string; readonly attempt: number; readonly waitMs: number}
  | {readonly type: 'limit'; readonly concurrency: number}
  | {readonly type: 'loading'; readonly what: string; readonly done?: number; readonly total?: number}
  | {readonly type: 'warning'; readonly message: string}
  | {readonly type: 'note'; readonly message: string}

/** Options for every runner. Options that only one runner reads are declared beside that runner. */
export interface CommonOptions {
  readonly seed: number
  /** How often each sample is asked; default once. */
  readonly repeats?: number
  /** Benchmarks of this run: replayed answers without a `bench` field belong to the only one. */
  readonly benchmarks: readonly string[]
  /** Keep the vectors of latent blocks in generations. */
  readonly keepLatents: boolean
  /** Keep with them what they are looked at with: features of the pictures and a logit lens. Default: no. */
  readonly keepContext?: boolean
  /** Environment variables; a parameter for tests. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Folder of the response cache, the graphs and the downloads. */
  readonly cacheDir: string
  /** Limits on the pixels of a picture; without them the model's own apply. */
  readonly minPixels?: number
  readonly maxPixels?: number
  /** Only what a plan needs: a session that can be described without its model loads the model on its first request. */
  readonly planOnly?: boolean
  readonly notify: (event: RunnerEvent) => void
}

/** One form of a model reference (design/contract.md, "Model references"). */
export interface ModelReference {
  readonly form: string
  readonly meaning: string
}

/**
 * A way to answer, chosen by the form of the model reference. `Options` holds the runner's own options and the common
 * ones.
 */
export interface Runner<Options extends {readonly common: CommonOptions} = {readonly common: CommonOptions}> {
  readonly name: string
  /** The forms of reference that it serves, for help texts and errors: `{form: 'mine:NAME', meaning: '...'}`. */
  readonly references: readonly ModelReference[]
  /** Whether this runner serves the reference, e.g. `openai:gpt-4o`. */
  accepts(ref: string): boolean
  /** Opens a session. Throws LanternError when the reference cannot be served, saying why and what to do. */
  open(ref: string, options: Options): Promise<Session>
}

/** Checks the definition of a runner. Throws LanternError `bad-config` naming what is wrong. */
export function defineRunner<Options extends {readonly common: CommonOptions}>(
  runner: Runner<Options>,
): Definition<'runner', Runner<Options>> {
  return definitionOf('runner', runner, {references: aList, accepts: aFunction, open: aFunction})
}
