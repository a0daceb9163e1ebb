// What the local runner has to know of an architecture. All of them share one decoder with its options (TextConfig),
// the cache and the decoding loop; each has its own reading of config.json and its own vision tower.
import type {JsonObject} from '../../core/json.js'
import type {PictureFetch, PixelLimits} from '../smart-resize.js'
import type {Grid, TextConfig, VisionConfig} from './types.js'
import type {Weights} from './weights.js'

/** The name and the shape of a tensor. Names as `publishedName` (checkpoint/tensor-names.ts) gives them. */
export type ExpectedTensor = readonly [name: string, shape: readonly number[]]

/** The sizes in config.json. The vocabulary and the tied head are taken from the weights later. */
export interface ArchitectureConfig<V extends VisionConfig = VisionConfig> {
  readonly text: Omit<TextConfig, 'vocabulary' | 'tied'>
  readonly vision: V
  /** The fields that are missing in the file, with the published values taken for them. */
  readonly assumed: readonly string[]
}

/** Where config.json may say that the head shares the embedding table. */
export interface TieFlags {
  readonly root: boolean | undefined
  readonly text: boolean | undefined
}

/** An input of the vision graph besides the pixel values. */
export interface PlanInput {
  readonly values: Int32Array | Float32Array
  readonly shape: readonly number[]
}

/** How pictures are prepared where the files do not say so. */
export interface PublishedPictures {
  readonly limits: PixelLimits
  /** The limits in words. */
  readonly limitsAs: string
  readonly mean: readonly number[]
  readonly std: readonly number[]
  /** The resize before the checkpoint's own, as the official code has it. No file says so. */
  readonly fetch: PictureFetch
}

export interface Architecture<V extends VisionConfig = VisionConfig> {
  /** `model_type` in config.json. */
  readonly modelType: string
  /** As people call it. */
  readonly name: string
  readonly pictures: PublishedPictures
  /**
   * Reads the sizes. Throws LanternError `unsupported` for settings that the graphs do not support, and
   * `bad-checkpoint`, naming the field, for missing or impossible values.
   */
  readConfig(root: JsonObject, file: string): ArchitectureConfig<V>
  /** Whether the head shares the embedding table. `saved`: the weights hold a head of its own. */
  tiedHead(said: TieFlags, saved: boolean): boolean
  /** The tensors of the vision tower, in the order of the forward pass. `hidden` is the text's size. */
  visionTensors(vision: V, hidden: number): Iterable<ExpectedTensor>
  /**
   * The vision tower for one picture. Inputs: `pixel_values` f32 [N, patch elements], cell by cell, and those of
   * `visionPlan`. Outputs: `image_features` f32 [M, H], cells in raster order, and, for TextConfig.deepstack levels,
   * `deepstack.0` and so on, of the same shape.
   */
  visionGraph(vision: V, text: TextConfig, weights: Weights): Uint8Array
  /** The inputs that follow from the grid of patches alone. */
  visionPlan(grid: Grid, vision: V): Readonly<Record<string, PlanInput>>
}
