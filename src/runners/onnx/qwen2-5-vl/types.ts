// The seam between checkpoints and graphs (model.ts and below) and everything that decodes with them: raw arrays, no
// onnxruntime types.
// Letters in shapes: B rows of a batch, S new positions, P capacity of the cache, R wanted positions, H hidden size, V
// vocabulary.

import type {TensorPlace, TensorType} from '../../../core/safetensors.js'

export type Precision = 'fp32' | 'fp16' | 'q8' | 'q4'

/** The text decoder, from `config.json` (flat or nested `text_config`) and the weights' own shapes. */
export interface TextConfig {
  readonly layers: number
  readonly hidden: number
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
  readonly intermediate: number
  /** Rows of the embedding table; may be more or fewer than `vocab_size` says. */
  readonly vocabulary: number
  readonly ropeTheta: number
  /** Rotary frequencies that turn with time, row and column; they add up to headDim / 2. */
  readonly mropeSection: readonly [number, number, number]
  readonly normEpsilon: number
  /** True when the head is the embedding table. */
  readonly tied: boolean
}

/** The vision tower. Sizes in pixels: patch, window; in blocks: depth. */
export interface VisionConfig {
  readonly depth: number
  readonly hidden: number
  readonly heads: number
  readonly intermediate: number
  readonly channels: number
  readonly patch: number
  readonly temporalPatch: number
  /** Patches per side of a merged cell: one cell is one image token. */
  readonly merge: number
  readonly window: number
  readonly fullAttentionBlocks: readonly number[]
}

export interface LatentTokens {
  /** Name of the protocol the files point at, e.g. `lantern`. */
  readonly protocol: string
  /** Latents per block. */
  readonly size: number
  readonly ids: {readonly start: number; readonly pad: number; readonly end: number}
  /** The tokens' texts, for a tokenizer that lacks them. */
  readonly texts: {readonly start: string; readonly pad: string; readonly end: string}
}

/** An opened checkpoint folder: everything checked, no weight read yet. Plain data: it can be sent to a worker. */
export interface Checkpoint {
  readonly dir: string
  readonly architecture: 'qwen2_5_vl'
  readonly text: TextConfig
  readonly vision: VisionConfig
  readonly ids: {
    readonly image: number
    readonly video: number | null
    readonly visionStart: number
    readonly visionEnd: number
  }
  readonly latent: LatentTokens | null
  /**
   * `generation_config.json`: end-of-sequence ids (at least one) and what else acts on decoding; undefined where it
   * says nothing.
   */
  readonly generation: {
    readonly eos: readonly number[]
    readonly repetitionPenalty: number
    readonly temperature?: number
    readonly topP?: number
    readonly topK?: number
  }
  /** `preprocessor_config.json`: limits on height x width after resizing, and the normalisation per channel. */
  readonly image: {
    readonly minPixels: number
    readonly maxPixels: number
    readonly mean: readonly number[]
    readonly std: readonly number[]
  }
  /** By published name (`model.layers.0...`, `visual.blocks.0...`), whatever the file calls it. */
  readonly tensors: ReadonlyMap<string, TensorPlace>
  readonly parameters: number
  readonly dtype: TensorType
  readonly shards: number
  /**
   * The folder's files that decide what is generated: weights, configuration, tokenizer, template. Absolute paths,
   * sorted.
   */
  readonly files: readonly string[]
}

/** Keys and values of one layer, Float32Array [B, kvHeads, n, headDim]. */
export interface KeyValue {
  readonly key: Float32Array
  readonly value: Float32Array
}

/**
 * A padded cache owned by the caller: row b holds its own positions from 0 on, the rest is padding that `bias` hides.
 */
export interface Past {
  /** P: positions each row has room for. */
  readonly capacity: number
  /** Per layer, [B, kvHeads, P, headDim]. */
  readonly layers: readonly KeyValue[]
  /** [B, P]: 0 where a position is filled, -1e9 where it is padding. */
  readonly bias: Float32Array
}

/**
 * One run of the decoder. Three uses: a prefill (no past, rows right-padded to S), a step (S = 1, any batch),
 * and a chunk after a past (S > 1, batch 1 only: the attention kernel refuses more).
 */
export interface DecoderInput {
  readonly batch: number
  /** S */
  readonly length: number
  /** [B, S, H] */
  readonly embeds: Float32Array
  /** [3, B, S]: time, row, column. Those of padding do not matter. */
  readonly positions: Int32Array
  /** [B]: valid positions of each row once this run is done, cached ones included. */
  readonly totals: Int32Array
  readonly past: Past | null
  /** [B, R]: which of the S positions' outputs are wanted. Default: the last valid one of each row (R = 1). */
  readonly rows?: Int32Array
  /** [B, R]: token ids whose log-probabilities are wanted at `rows`. */
  readonly targets?: Int32Array
  /** What else to bring back (copied, so ask only for what is needed). */
  readonly want?: {readonly hidden?: boolean; readonly logits?: boolean}
}

export interface DecoderOutput {
  /** [B, R]: argmax of the logits. */
  readonly nextTokens: Int32Array
  /** [B, R, H]: after the final norm, the input of the head: what a latent step feeds back. */
  readonly hidden?: Float32Array
  /** [B, R, V] */
  readonly logits?: Float32Array
  /** [B, R]: natural logarithms. */
  readonly logProbs?: Float32Array
  /** Per layer, only the new positions: [B, kvHeads, S, headDim]. */
  readonly delta: readonly KeyValue[]
}

/**
 * A whole greedy generation in one run, latent blocks included; it cannot be watched or stopped before `maxNewTokens`.
 */
export interface LoopInput {
  readonly batch: number
  /** S: the longest prompt; rows are right-padded. */
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
  /** Threads of one run; default: all cores. */
  readonly threads?: number
  /**
   * What becomes of fp32 weights on the CPU. `mapped` (default): pages of their files, shared by all workers, next to
   * no memory of their own.
   * `packed`: a copy in the kernels' layout, faster for narrow models and for batches, at about 1.8 times the weights
   * while loading.
   */
  readonly weights?: 'mapped' | 'packed'
  /** Folder for graphs and quantised weights. */
  readonly cacheDir: string
  readonly notify?: (what: string, done?: number, total?: number) => void
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
  /** How far quantised weights move the model from fp32; null for fp32. */
  readonly parity: Parity | null
}

/** Differences from fp32 on a fixed random prompt. */
export interface Parity {
  /** Smallest cosine between the hidden states of the two. */
  readonly hiddenCosine: number
  /** Largest difference of the log-probability of the fp32 model's choice. */
  readonly maxLogProb: number
  /** Share of positions with the same argmax. */
  readonly sameToken: number
}

/**
 * A loaded model. Its methods block the thread they run on (onnxruntime computes on the caller's thread): use it in a
 * worker.
 */
export interface Model {
  readonly checkpoint: Checkpoint
  readonly provenance: Provenance
  /**
   * Pixel values [N, channels x temporalPatch x patch x patch] of one picture, N = rows x columns patches -> [N /
   * merge^2, H].
   */
  vision(pixelValues: Float32Array, grid: {readonly rows: number; readonly columns: number}): Promise<Float32Array>
  /** Rows of the embedding table, [ids, H]. */
  embed(ids: ArrayLike<number>): Float32Array
  decode(input: DecoderInput): Promise<DecoderOutput>
  /** The Loop graph, whose session is made at the first call; null for quantised weights, which take the step path. */
  readonly generate: ((input: LoopInput) => Promise<LoopOutput>) | null
  close(): Promise<void>
}
