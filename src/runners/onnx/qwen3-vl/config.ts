// The sizes of Qwen3-VL (dense) in config.json, and the tensors of its vision tower.
import {z} from 'zod'
import type {JsonObject} from '../../../core/json.js'
import type {ArchitectureConfig, ExpectedTensor, TieFlags} from '../architecture.js'
import {count, id, notHere, readFields, requireRules} from '../checkpoint/config-fields.js'
import {biased, layerNormTensors} from '../checkpoint/expected-tensors.js'
import {readTextConfig} from '../checkpoint/text-config.js'
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
  requireRules(file, [
    [
      vision.hidden_size % (4 * vision.num_heads) === 0,
      `vision hidden_size ${vision.hidden_size} does not divide into heads with a size that is a multiple of 4`,
    ],
    [
      Number.isInteger(positionSide),
      `num_position_embeddings ${vision.num_position_embeddings} is not the square of a whole number`,
    ],
    [
      blocks.every(block => block < vision.depth) && new Set(blocks).size === blocks.length,
      `deepstack_visual_indexes [${blocks.join(', ')}] are not distinct blocks of ${vision.depth}`,
    ],
    [
      vision.patch_size * vision.spatial_merge_size === 32,
      `an image token of ${vision.patch_size} x ${vision.spatial_merge_size} pixels a side is not one of Qwen3-VL (16 x 2)`,
    ],
  ])
  const missing = written['num_position_embeddings'] === undefined ? ['vision_config.num_position_embeddings 2304'] : []
  return {
    text,
    vision: {
      depth: vision.depth,
      hidden: vision.hidden_size,
      heads: vision.num_heads,
      intermediate: vision.intermediate_size,
      channels: vision.in_channels,
      patch: vision.patch_size,
      temporalPatch: vision.temporal_patch_size,
      merge: vision.spatial_merge_size,
      positionSide,
      deepstackBlocks: blocks,
    },
    assumed: [...assumed, ...missing],
  }
}

/**
 * transformers reads the flag of text_config alone, published files have it at either level, and a checkpoint with a
 * tied head saves none.
 */
export function tiedHead({root, text}: TieFlags, saved: boolean): boolean {
  return root === true || text === true || !saved
}

/** See Architecture.visionTensors. */
export function* visionTensors(vision: Qwen3Vision, hidden: number): Generator<ExpectedTensor> {
  const {hidden: V, intermediate: VI, channels, temporalPatch, patch, merge} = vision
  const cell = V * merge * merge
  yield ['visual.patch_embed.proj.weight', [V, channels, temporalPatch, patch, patch]]
  yield ['visual.patch_embed.proj.bias', [V]]
  yield ['visual.pos_embed.weight', [vision.positionSide ** 2, V]]
  for (let i = 0; i < vision.depth; i++) {
    const block = `visual.blocks.${i}.`
    yield* layerNormTensors(`${block}norm1`, V)
    yield* biased(`${block}attn.qkv`, 3 * V, V)
    yield* biased(`${block}attn.proj`, V, V)
    yield* layerNormTensors(`${block}norm2`, V)
    yield* biased(`${block}mlp.linear_fc1`, VI, V)
    yield* biased(`${block}mlp.linear_fc2`, V, VI)
  }
  // The merger normalises each patch, those of the levels a whole cell.
  const mergers = [
    ['visual.merger', V] as const,
    ...vision.deepstackBlocks.map((_, level) => [`visual.deepstack_merger_list.${level}`, cell] as const),
  ]
  for (const [name, normed] of mergers) {
    yield* layerNormTensors(`${name}.norm`, normed)
    yield* biased(`${name}.linear_fc1`, cell, cell)
    yield* biased(`${name}.linear_fc2`, hidden, cell)
  }
}
