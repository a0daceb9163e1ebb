// The sizes of Qwen3-VL (dense) in config.json, and the tensors of its vision tower.
import {z} from 'zod'
import type {JsonObject} from '../../../core/json.js'
import type {ArchitectureConfig, ExpectedTensor, TieFlags} from '../architecture.js'
import {count, id, notHere, readFields, requireRules} from '../checkpoint/config-fields.js'
import {readTextConfig} from '../checkpoint/text-config.js'
import {
  biased,
  layerNormBlocksTensors,
  layerNormTensors,
  patchEmbeddingTensor,
  towerRules,
  towerSizes,
} from '../checkpoint/vision-config.js'
import type {VisionConfig} from '../types.js'

export interface Qwen3Vision extends VisionConfig {
  /** Positions per side of the square table of learned positions. */
  readonly positionSide: number
  /** The blocks whose states go to the decoder as well, in the order of their mergers. */
  readonly deepstackBlocks: readonly number[]
}

// No default for sizes: the published models differ in them.
const visionSchema = z.looseObject({
  depth: count,
  hidden_size: count,
  num_heads: count,
  intermediate_size: count,
  hidden_act: z.string().nullish(),
  in_channels: count.default(3),
  patch_size: count.default(16),
  temporal_patch_size: count.default(2),
  spatial_merge_size: count.default(2),
  num_position_embeddings: count.default(2304),
  deepstack_visual_indexes: z.array(id),
})

/** See Architecture.readConfig. */
export function readConfig(root: JsonObject, file: string): ArchitectureConfig<Qwen3Vision> {
  const written = (root['vision_config'] ?? {}) as JsonObject
  const vision = readFields(visionSchema, written, file, 'vision_config.')
  if (vision.hidden_act != null && vision.hidden_act !== 'gelu_pytorch_tanh')
    throw notHere(file, `vision_config.hidden_act ${JSON.stringify(vision.hidden_act)}`)
  const blocks = vision.deepstack_visual_indexes
  const {text, assumed} = readTextConfig(root, file, {
    attentionBiases: null,
    queryKeyNorm: true,
    mropeInterleaved: true,
    ropeTheta: 5e6,
    mropeSection: [24, 20, 20],
    deepstack: blocks.length,
  })
  const positionSide = Math.sqrt(vision.num_position_embeddings)
  const sizes = towerSizes(vision, {
    hidden: vision.hidden_size,
    intermediate: vision.intermediate_size,
    channels: vision.in_channels,
  })
  requireRules(file, [
    ...towerRules(sizes, 'hidden_size', {name: 'Qwen3-VL', patch: 16, merge: 2}),
    [
      Number.isInteger(positionSide),
      `num_position_embeddings ${vision.num_position_embeddings} is not the square of a whole number`,
    ],
    [
      blocks.every(block => block < vision.depth) && new Set(blocks).size === blocks.length,
      `deepstack_visual_indexes [${blocks.join(', ')}] are not distinct blocks of ${vision.depth}`,
    ],
  ])
  const missing = written['num_position_embeddings'] === undefined ? ['vision_config.num_position_embeddings 2304'] : []
  return {text, vision: {...sizes, positionSide, deepstackBlocks: blocks}, assumed: [...assumed, ...missing]}
}

/**
 * transformers reads the flag of text_config alone, published files have it at either level, and a checkpoint with a
 * tied head saves none.
 */
export function tiedHead({root, text}: TieFlags, saved: boolean): boolean {
  return root === true || text === true || !saved
}

/** The names of the two layers of a block's MLP. */
export const mlp = ['mlp.linear_fc1', 'mlp.linear_fc2'] as const

/** See Architecture.visionTensors. */
export function* visionTensors(vision: Qwen3Vision, hidden: number): Generator<ExpectedTensor> {
  const width = vision.hidden
  const cell = width * vision.merge ** 2
  yield patchEmbeddingTensor(vision)
  yield ['visual.patch_embed.proj.bias', [width]]
  yield ['visual.pos_embed.weight', [vision.positionSide ** 2, width]]
  yield* layerNormBlocksTensors(vision, mlp)
  // The merger normalises each patch, those of the levels a whole cell.
  const mergers = [
    ['visual.merger', width] as const,
    ...vision.deepstackBlocks.map((_, level) => [`visual.deepstack_merger_list.${level}`, cell] as const),
  ]
  for (const [name, normed] of mergers) {
    yield* layerNormTensors(`${name}.norm`, normed)
    yield* biased(`${name}.linear_fc1`, cell, cell)
    yield* biased(`${name}.linear_fc2`, hidden, cell)
  }
}
