// The interface between checkpoints and graphs (model.ts and below) and everything that decodes with them: raw arrays,
// no onnxruntime types.
// Letters in shapes: B rows of a batch, S new positions, P capacity of the cache, R requested positions, H hidden size,
// V vocabulary.

import type {TensorPlace, TensorType} from '../../core/safetensors.js'
import type {PictureFetch} from '../smart-resize.js'
import type {Adapter} from './checkpoint/adapter.js'
import type {RopeScaling} from './checkpoint/rope-scaling.js'

export type Precision = 'fp32' | 'fp16' | 'q8' | 'q4'

export type AttentionPart = 'q' | 'k' | 'v' | 'o'

/** The text decoder, from `config.json` (flat or nested `text_config`) and the shapes of the weights. */
export interface TextConfig {
  readonly layers: number
  readonly hidden: number
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
  readonly intermediate: number
  /** Rows of the embedding table; may differ from `vocab_size`. */
  readonly vocabulary: number
  readonly ropeTheta: number
  /** Absent for the default frequencies. */
  readonly ropeScaling?: RopeScaling
  /** Number of rotary frequencies for time, row and column. */
  readonly mropeSection: readonly [number, number, number]
  /** Whether frequencies go to the axes one after another, or section by section. */
  readonly mropeInterleaved: boolean
  /** The projections of attention that have a bias. */
  readonly attentionBiases: readonly AttentionPart[]
  /** Whether queries and keys are normalised per head before they are rotated. */
  readonly queryKeyNorm: boolean
  /** Number of first layers after which features of the vision tower are added at the picture's positions. */
  readonly deepstack: number
  readonly normEpsilon: number
  /** True when the head shares the embedding table. */
  readonly tied: boolean
}

/** What all vision towers have. Each architecture adds its own. patch is in pixels, depth in blocks. */
export interface VisionConfig {
  readonly depth: number
  readonly hidden: number
  readonly heads: number
  readonly intermediate: number
  readonly channels: number
  readonly patch: number
  readonly temporalPatch: number
  /** Patches per side of a merged cell. One cell is one image token. */
  readonly merge: number
}

/** Patches of one picture. */
export interface Grid {
  readonly rows: number
  readonly columns: number
}

export interface LatentTokens {
  /** Name of the protocol indicated by the files, e.g. `lantern`. */
  readonly protocol: string
  /** Latents per block. */
  readonly size: number
  readonly ids: {readonly start: number; readonly pad: number; readonly end: number}
  /** The texts of the tokens, for a tokenizer that lacks them. */
  readonly texts: {readonly start: string; readonly pad: string; readonly end: string}
  /** Which files showed the method. */
  readonly recognisedBy: 'config.json' | 'the tokenizer'
  /** Sentences about what these files leave open. */
  readonly assumed: readonly string[]
}

/** A learned head through which latents pass before they are fed (latent-head.ts). */
export interface LatentHead {
  readonly kind: 'simple' | 'glu' | 'vae' | 'colt'
  /** The module's name in the weights. */
  readonly name: string
  /**
   * The decoder layer, from 1, whose output the head reads. Null: it reads the state after the final norm, and what it
   * gives replaces that state for the choice of the token too.
   */
  readonly layer: number | null
}

/**
 * An opened checkpoint folder: everything is checked, but no weights are read yet. Plain data, so it can be sent to a
 * worker.
 */
export interface Checkpoint {
  readonly dir: string
  /** Where tokenizer, template and image processor are looked for, in this order: the adapter's folder, then `dir`. */
  readonly folders: readonly string[]
  /** The LoRA adapter to merge when the model is loaded. */
  readonly adapter: Adapter | null
  /** `model_type` of config.json; architectures.ts lists those that run here. */
  readonly architecture: string
  readonly text: TextConfig
  readonly vision: VisionConfig
  readonly ids: {readonly image: number}
  readonly latent: LatentTokens | null
  /** The learned head that latents pass through; null if states are fed back as they are. */
  readonly head: LatentHead | null
  /**
   * From `generation_config.json`: end-of-sequence ids (at least one) and other settings that affect decoding;
   * undefined where the file does not set them.
   */
  readonly generation: {
    readonly eos: readonly number[]
    readonly repetitionPenalty: number
    readonly topP?: number
    readonly topK?: number
  }
  /**
   * From the files of the image processor: limits on height x width after resizing, and the normalisation per channel.
   * `fetch`: the resize before it, as the architecture's official code has it.
   */
  readonly image: {
    readonly minPixels: number
    readonly maxPixels: number
    readonly fetch: PictureFetch
    readonly mean: readonly number[]
    readonly std: readonly number[]
  }
  /** By published name (`model.layers.0...`, `visual.blocks.0...`), whatever the name in the file. */
  readonly tensors: ReadonlyMap<string, TensorPlace>
  readonly parameters: number
  readonly dtype: TensorType
  readonly shards: number
  /**
   * The files that affect what is generated: weights, configuration, tokenizer, template. Absolute paths, those of each
   * folder sorted.
   */
  readonly files: readonly string[]
  /** What the files leave open and how it was read, as sentences for `model show` and the lock. */
  readonly assumed: readonly string[]
}

/** What the vision tower makes of one picture of M merged cells. */
export interface VisionFeatures {
  /** [M, H]: what stands at the picture's positions in the prompt. */
  readonly features: Float32Array
  /** Per level [M, H]: what is added after the first layers of the decoder. Empty for towers without such levels. */
  readonly deepstack: readonly Float32Array[]
}

/** Features that the decoder adds to the states of some of the new positions. */
export interface DeepstackInput {
  /** [M, 2]: row of the batch and position of each. */
  readonly places: Int32Array
  /** Per level, [M, H]. */
  readonly levels: readonly Float32Array[]
}

/** Keys and values of one layer, Float32Array [B, kvHeads, n, headDim]. */
export interface KeyValue {
  readonly key: Float32Array
  readonly value: Float32Array
}

/**
 * A padded cache owned by the caller. Row b holds its own positions from 0 on; the rest is padding, masked by `bias`.
 */
export interface Past {
  /** P: capacity of each row, in positions. */
  readonly capacity: number
  /** Per layer, [B, kvHeads, P, headDim]. */
  readonly layers: readonly KeyValue[]
  /** [B, P]: 0 where a position is filled, -1e9 where it is padding. */
  readonly bias: Float32Array
}

/**
 * One run of the decoder. It has three uses: a prefill (no past, rows right-padded to S), a step (S = 1, any batch),
 * and a chunk after a past (S > 1, batch 1 only, because the attention kernel refuses more).
 */
export interface DecoderInput {
  readonly batch: number
  /** S */
  readonly length: number
  /** [B, S, H] */
  readonly embeds: Float32Array
  /** [3, B, S]: time, row, column. Values at padding are ignored. */
  readonly positions: Int32Array
  /** [B]: valid positions of each row after this run, cached ones included. */
  readonly totals: Int32Array
  readonly past: Past | null
  /** For a prompt with pictures, where the decoder takes such features. */
  readonly deepstack?: DeepstackInput
  /**
   * [B, R]: the positions (of the S new ones) whose outputs are returned. Default: the last valid one of each row (R =
   * 1).
   */
  readonly rows?: Int32Array
  /** [B, R]: 1 where a latent was fed at this position; only a head reads it. Default: none was. */
  readonly latents?: Uint8Array
  /** [B, R]: token ids whose log-probabilities at `rows` are returned. */
  readonly targets?: Int32Array
  /** True where the caller needs no token: the head is not computed. Only without `targets` and `want.logits`. */
  readonly withoutTokens?: boolean
  /** Further outputs to return. They are copied, so request only what is needed. */
  readonly want?: {readonly hidden?: boolean; readonly logits?: boolean}
}

export interface DecoderOutput {
  /** [B, R]: argmax of the logits. Empty for `withoutTokens`. */
  readonly nextTokens: Int32Array
  /**
   * [B, R, H]: what a latent step feeds back: the states after the final norm, or what the latent head made of them.
   */
  readonly hidden?: Float32Array
  /** [B, R, V] */
  readonly logits?: Float32Array
  /** [B, R]: natural logarithms. */
  readonly logProbs?: Float32Array
  /** Per layer, the new positions only: [B, kvHeads, S, headDim]. */
  readonly delta: readonly KeyValue[]
}

/**
 * A whole greedy generation in one run, latent blocks included. It can be neither observed nor stopped before it ends.
 */
export interface LoopInput {
  readonly batch: number
  /** S: length of the longest prompt; rows are right-padded. */
  readonly length: number
  /** [B, S, H] */
  readonly embeds: Float32Array
  /** [3, B, S] */
  readonly positions: Int32Array
  /** [B]: prompt lengths. */
  readonly lengths: Int32Array
  /** [B]: rotary position of the first generated token (length + rope delta). */
  readonly nextPositions: Int32Array
  readonly maxNewTokens: number
  /** [B]: latents per block; -1 for rows whose START is an ordinary token. */
  readonly latentSizes: Int32Array
  /** As in DecoderInput. */
  readonly deepstack?: DeepstackInput
}

export interface LoopOutput {
  /** Per row: the generated ids, the end-of-sequence id included. */
  readonly tokens: readonly Int32Array[]
  /** Per row: the vectors fed back, in order. */
  readonly latents: readonly (readonly Float32Array[])[]
}

export interface LoadOptions {
  readonly precision: Precision
  /** `cpu`, `cuda` or `cuda:N`. */
  readonly device: string
  /** Threads per run; default: all cores. */
  readonly threads?: number
  /**
   * How fp32 weights are held on the CPU. `mapped` (default): as pages of their files, shared by all workers, with
   * almost no memory of their own; files in another type are written to the cache as float32 first. `packed`: as a copy
   * in the kernels' layout; faster for narrow models and for batches, but takes about 1.8 times the size of the weights
   * while loading.
   */
  readonly weights?: 'mapped' | 'packed'
  /** Folder for graphs and quantised weights. */
  readonly cacheDir: string
  /** Told what takes long, and how many bytes of how many are done where something is written. */
  readonly notify?: (what: string, bytes?: {readonly done: number; readonly total: number}) => void
}

/** What the lock records of a loaded model. */
export interface Provenance {
  readonly runtime: string
  readonly provider: string
  readonly precision: Precision
  /** Version of the graph emitters. */
  readonly graphs: number
  readonly decoderSha256: string
  readonly visionSha256: string
  readonly prepacked: boolean
  /** How far the model deviates from fp32 at this precision; null for fp32. */
  readonly parity: Parity | null
}

/** Differences from fp32 on a fixed random prompt. */
export interface Parity {
  /** Smallest cosine between the hidden states of the two. */
  readonly hiddenCosine: number
  /** Share of positions with the same argmax. */
  readonly sameToken: number
}

/** A loaded model. Its methods block the calling thread, because onnxruntime computes on it. Use it in a worker. */
export interface Model {
  readonly checkpoint: Checkpoint
  readonly provenance: Provenance
  /**
   * Pixel values [N, channels x temporalPatch x patch x patch] of one picture of N = rows x columns patches, cell by
   * cell.
   */
  vision(pixelValues: Float32Array, grid: Grid): Promise<VisionFeatures>
  /** Rows of the embedding table, [ids, H]. */
  embed(ids: ArrayLike<number>): Float32Array
  decode(input: DecoderInput): Promise<DecoderOutput>
  /**
   * Runs the Loop graph. Its session is created at the first call. Null for quantised weights, which take the step
   * path.
   */
  readonly generate: ((input: LoopInput) => Promise<LoopOutput>) | null
  close(): Promise<void>
}
