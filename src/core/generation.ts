// The input and output of a model: arms, prompts, requests, generations.
import type {Box, ImageRef, Sample} from './sample.js'

export const modes = ['direct', 'text-cot', 'latent', 'crop'] as const
export type Mode = (typeof modes)[number]

/**
 * One model and mode; for latent arms also the protocol, K and the intervention; arms of other modes may have a control
 * of the picture as their intervention. design/contract.md fixes the form of the id.
 */
export interface Arm {
  readonly id: string
  /** The model reference as given on the command line. */
  readonly model: string
  readonly mode: Mode
  readonly protocol: string | null
  readonly latentSize: number | null
  /** The name of an intervention (modes/interventions.ts). */
  readonly intervention: string | null
}

/** `REF|mode`, `REF|mode|image:control`, or `REF|latent|protocol:K|intervention`. */
export function armId(arm: Omit<Arm, 'id'>): string {
  if (arm.mode !== 'latent') return `${arm.model}|${arm.mode}${arm.intervention === null ? '' : `|${arm.intervention}`}`
  return `${arm.model}|latent|${arm.protocol ?? 'default'}${arm.latentSize === null ? '' : `:${arm.latentSize}`}|${arm.intervention ?? 'own'}`
}

/** OpenAI's `detail` of a picture; only endpoints use it. */
export type PictureDetail = 'low' | 'high'

export type PromptPart =
  | {readonly type: 'text'; readonly text: string}
  | {readonly type: 'image'; readonly image: ImageRef; readonly detail?: PictureDetail}

/** One turn of a conversation. The model sees the parts in this order. */
export interface Turn {
  readonly role: 'user' | 'assistant'
  readonly parts: readonly PromptPart[]
}

/** The user's turn, optionally after a system turn and after earlier turns, each with its own pictures. */
export interface Prompt {
  readonly system: string | null
  readonly earlier?: readonly Turn[]
  readonly parts: readonly PromptPart[]
}

/** All turns after the system turn, in their order. */
export function turnsOf({earlier = [], parts}: Prompt): readonly Turn[] {
  return [...earlier, {role: 'user', parts}]
}

/** The pictures of all turns, in their order. */
export function picturesOf(prompt: Prompt): ImageRef[] {
  return turnsOf(prompt).flatMap(({parts}) => parts.flatMap(part => (part.type === 'image' ? [part.image] : [])))
}

/** Temperature 0 means greedy decoding. Undefined values are left to the checkpoint or the endpoint. */
export interface Decoding {
  readonly maxNewTokens: number
  readonly temperature: number
  readonly topP?: number
  readonly topK?: number
  readonly seed: number
  /** Strings that end a generation: the answer is the text before the first of them. */
  readonly stop?: readonly string[]
}

export interface Request {
  readonly sample: Sample
  readonly arm: Arm
  readonly prompt: Prompt
  readonly decoding: Decoding
  /** Number of the repeat from 0, if every sample is asked several times. Each repeat has its own seed. */
  readonly repeat?: number
  /**
   * Texts to score as well: their log-probabilities are computed after the prompt and the latents of this generation.
   * Sessions that cannot score ignore them.
   */
  readonly continuations?: readonly string[]
  /** The sample is asked again later, about the same pictures: what was computed for its prompt is worth keeping. */
  readonly again?: boolean
  /** Folder of the run whose latents are fed and read, where it is not the one that the session was opened with. */
  readonly bank?: string
  /** The prompt with the other pictures that the latents are made of, for an intervention with the need `seen`. */
  readonly looksAt?: Prompt
  /** Another sample's picture, for `foreign-crops`. */
  readonly foreign?: ImageRef
  /**
   * The own answer to read again under this arm's latents; null where it has no readable one. Only sessions that
   * observe latents are asked for it.
   */
  readonly reading?: OwnText | null
  /** Nothing is generated: the reading alone is wanted, for an answer that is known. */
  readonly onlyRead?: boolean
  /** Given where somebody waits for the answer. */
  readonly live?: Live
  /** Vectors to feed in place of the latents, by block and place; where none is given, the arm's own is fed. */
  readonly inject?: readonly (readonly Float32Array[])[]
  /** What the intervention takes from a recorded run, where the one who asks has read it: no run is opened then. */
  readonly recorded?: Recorded
  /** How many of the likeliest tokens to give with the log-probability of each token of the text. Default: none. */
  readonly tokenLogProbs?: number
}

/** What a recorded run has for an intervention; nothing of it where the run has none. */
export interface Recorded {
  /** The latents of the donor, or of the sample itself, by block and place. */
  readonly blocks?: readonly (readonly Float32Array[])[]
  readonly statistics?: LatentStatistics
}

/** Statistics of the model's own latents in a recorded run. */
export interface LatentStatistics {
  /** Mean over samples and blocks, by index within the block. */
  readonly meanAt: readonly Float32Array[]
  /** Mean and standard deviation per dimension, over all latents. */
  readonly mean: Float32Array
  readonly deviation: Float32Array
}

/** The one who waits for an answer. */
export interface Live {
  /** Aborted when nobody waits any longer: the generation ends with the stop `abort`. */
  readonly gone: AbortSignal
  /** Told the text as it grows, without what may yet become part of a stop string. */
  text(more: string): void
}

/** A token of a text, with its natural log-probability before temperature and penalties. */
export interface TokenLogProb {
  readonly token: string
  readonly logProb: number
  /** The likeliest tokens at its place, the likeliest first. */
  readonly likeliest: readonly {readonly token: string; readonly logProb: number}[]
}

/** What the own arm of a sample wrote, and the places of its answer. */
export interface OwnText {
  readonly ids: readonly number[]
  /** The places in `ids` at which a latent was fed. */
  readonly latentAt: readonly number[]
  /** In the order of the text; the last is the one that was read. Not empty. */
  readonly places: readonly AnswerPlace[]
}

/** A place of an answer in a text. */
export interface AnswerPlace {
  /** The text before it. */
  readonly before: string
  /** What could stand there: one text for each option. */
  readonly answers: readonly string[]
}

/** Whose latents were fed (modes/donors.ts says how they are found). */
export interface FedDonor {
  readonly id: string
  readonly lift: 'text' | 'letter' | 'other'
  /** The donor's answer as a letter of the recipient, and its place among the letters; null where it has none. */
  readonly answer: string | null
  readonly option?: number
  /** Of an unrelated donor: whether it is of the recipient's own subtask. */
  readonly sameSubtask?: boolean
  /** Whether its latents had to be cut or repeated. */
  readonly resized?: boolean
}

/**
 * The latents of one block: the vectors that were fed and, when an intervention replaced them, the vectors the model
 * itself would have fed.
 */
export interface LatentBlock {
  readonly vectors: readonly Float32Array[]
  readonly own?: readonly Float32Array[]
}

/** A token that the head of a model finds likely, and its probability. */
export interface LensToken {
  readonly id: number
  readonly token: string
  readonly p: number
}

/**
 * What the head of a model reads in its own latents, the likeliest token first; by block and latent, also where others
 * were fed.
 */
export interface LogitLens {
  /**
   * `latent`: the head was applied to the latents themselves. `state`: to the states they were made of, for a model
   * whose latents pass through a head of their own.
   */
  readonly of: 'latent' | 'state'
  readonly blocks: readonly (readonly (readonly LensToken[])[])[]
}

/** A picture of the prompt as the decoder sees it. */
export interface PictureFeatures {
  readonly seen: SeenImage
  /** The cells that the picture became, after neighbouring patches were merged. */
  readonly rows: number
  readonly columns: number
  /**
   * What the last layer of the vision tower made of the cells, [rows, columns, D] in half precision. Absent where the
   * session has given those of this picture before.
   */
  readonly features?: {readonly type: 'F16' | 'BF16'; readonly bytes: Uint8Array}
}

/** Mean norms of what the decoder was fed before the latents; null where the prompt has none of the kind. */
export interface PromptNorms {
  /** Of the embeddings of the text. */
  readonly text: number | null
  /** Of the features of the pictures. */
  readonly picture: number | null
}

/** Token counts of one generation; null where a runner cannot know. */
export interface Usage {
  readonly promptTokens: number | null
  readonly imageTokens: number | null
  readonly textTokens: number | null
  /** How many of the text tokens are thoughts that the endpoint returns separately; absent if it does not say. */
  readonly thoughtTokens?: number | null
  readonly latentSteps: number | null
  readonly markerTokens: number | null
  readonly blocks: number | null
}

/** Tokens that were decoded, latents and markers included; null where nobody knows how many were text. */
export function decodeStepsOf({textTokens, latentSteps, markerTokens}: Usage): number | null {
  return textTokens === null ? null : textTokens + (latentSteps ?? 0) + (markerTokens ?? 0)
}

/** Milliseconds. */
export interface Timing {
  readonly firstTokenMs: number | null
  readonly totalMs: number | null
  /** Mean time per decoded token or latent, prefill excluded. */
  readonly perStepMs?: number | null
}

/**
 * A picture as the model saw it: the hash of its file, its original size, and its size after all resizing in this
 * program.
 */
export interface SeenImage {
  readonly sha256: string
  readonly width: number
  readonly height: number
  readonly sentWidth: number
  readonly sentHeight: number
}

export interface Seen {
  readonly promptSha256: string
  readonly images: readonly SeenImage[]
  /** Parameters of the request that the server refused and that were left out, in order of their names. */
  readonly dropped?: readonly string[]
}

export const stops = ['eos', 'length', 'refusal', 'abort', 'error'] as const
export type Stop = (typeof stops)[number]

/** The answer to a request that came before the scored one: the box that the picture was cropped by. */
export interface Step
  extends Pick<Generation, 'text' | 'stop' | 'usage' | 'timing' | 'attempts' | 'seen' | 'cached' | 'costUsd'> {
  /** Null where no box can be read in the text. */
  readonly box: Box | null
}

export interface Generation {
  readonly request: Request
  readonly text: string
  readonly tokenIds?: readonly number[]
  /** The places in `tokenIds` at which a latent was fed. */
  readonly latentAt?: readonly number[]
  readonly latents?: readonly LatentBlock[]
  /** What the latents are looked at with, where it is kept: absent without latents. */
  readonly lens?: LogitLens
  /** The pictures of the prompt in their order; empty where an intervention changed them. */
  readonly pictures?: readonly PictureFeatures[]
  readonly promptNorms?: PromptNorms
  readonly donor?: FedDonor
  /**
   * The reading that was requested: the natural log-probability of each answer, summed over its tokens and normalised
   * over the answers.
   */
  readonly forced?: readonly number[]
  readonly usage: Usage
  readonly timing: Timing
  readonly stop: Stop
  /** Number of attempts, retries included; 0 for an answer read from a cache or a file. */
  readonly attempts: number
  readonly seen: Seen | null
  /** Set when `stop` is `error`: what failed, in a sentence without secrets. */
  readonly error?: {readonly code: string; readonly message: string}
  /** Natural log-probability of each token of each requested continuation, [continuation][token]. */
  readonly continuationLogProbs?: readonly (readonly number[])[]
  /** Of the tokens of the text, where they were asked for; latents have none. */
  readonly tokenLogProbs?: readonly TokenLogProb[]
  /** True when the text came from the response cache. */
  readonly cached?: boolean
  /**
   * Cost of the answer, without the scoring of options: 0 from the cache, null if unknown, absent if nothing is paid.
   */
  readonly costUsd?: number | null
  /** Answers that led to this one. Usage, time, attempts and cost above include theirs. */
  readonly steps?: readonly Step[]
}

export const unknownUsage: Usage = {
  promptTokens: null,
  imageTokens: null,
  textTokens: null,
  latentSteps: null,
  markerTokens: null,
  blocks: null,
}
export const unknownTiming: Timing = {firstTokenMs: null, totalMs: null}

/** A generation that records a failure. It has an outcome of its own and is never treated as an answer. */
export function failedGeneration(request: Request, code: string, message: string, attempts = 1): Generation {
  return {
    request,
    text: '',
    usage: unknownUsage,
    timing: unknownTiming,
    stop: 'error',
    attempts,
    seen: null,
    error: {code, message},
  }
}

/**
 * Cuts a text at the first stop string, and says whether there was one. Both runners need it: many endpoints keep the
 * string in the text, and a local model decodes past it.
 */
export function cutAtStop(text: string, stops: readonly string[] = []): {readonly text: string; readonly cut: boolean} {
  const places = stops.map(stop => text.indexOf(stop)).filter(place => place !== -1)
  return places.length === 0 ? {text, cut: false} : {text: text.slice(0, Math.min(...places)), cut: true}
}

/** The prompt as JSON text with a placeholder for each picture. This is the text hashed as `promptSha256`. */
export function promptText({system, earlier, parts}: Prompt): string {
  const shown = (of: readonly PromptPart[]) => of.map(part => (part.type === 'text' ? part.text : {image: true}))
  const before = earlier?.map(turn => [turn.role, shown(turn.parts)])
  return JSON.stringify([system, shown(parts), ...(before ? [before] : [])])
}
