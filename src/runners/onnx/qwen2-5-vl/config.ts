// The sizes of Qwen2.5-VL in config.json, and the tensors of its vision tower. Fields that some exporters leave out get
// the published values.
import {z} from 'zod'
import type {JsonObject} from '../../../core/json.js'
import {checkpointLimits} from '../../../core/limits.js'
import type {ArchitectureConfig, ExpectedTensor} from '../architecture.js'
import {count, id, notHere, readFields, requireRules} from '../checkpoint/config-fields.js'
import {readTextConfig} from '../checkpoint/text-config.js'
import {biased, patchEmbeddingTensor, towerRules, towerSizes} from '../checkpoint/vision-config.js'
import {qwen2Text} from '../qwen2-family.js'
import type {VisionConfig} from '../types.js'

export interface Qwen25Vision extends VisionConfig {
  /** Pixels per side of a window. */
  readonly window: number
  /** The blocks whose attention is not bound to windows. */
  readonly fullAttentionBlocks: readonly number[]
}

// Defaults: Qwen/Qwen2.5-VL-3B-Instruct: config.json.
const visionSchema = z.looseObject({
  depth: count.default(32),
  hidden_size: count.default(1280),
  num_heads: count.default(16),
  intermediate_size: count.default(3420),
  hidden_act: z.string().nullish(),
  in_channels: count.default(3),
  patch_size: count.default(14),
  temporal_patch_size: count.default(2),
  spatial_merge_size: count.default(2),
  window_size: count.default(112),
  fullatt_block_indexes: z.array(id).default([7, 15, 23, 31]),
})

/** See Architecture.readConfig. */
export function readConfig(root: JsonObject, file: string): ArchitectureConfig<Qwen25Vision> {
  const written = (root['vision_config'] ?? {}) as JsonObject
  const vision = readFields(visionSchema, written, file, 'vision_config.')
  if (vision.hidden_act != null && vision.hidden_act !== 'silu')
    throw notHere(file, `vision_config.hidden_act ${JSON.stringify(vision.hidden_act)}`)
  const {text, assumed} = readTextConfig(root, file, qwen2Text)
  const sizes = towerSizes(vision, {
    hidden: vision.hidden_size,
    intermediate: vision.intermediate_size,
    channels: vision.in_channels,
  })
  requireRules(file, [
    ...towerRules(sizes, 'hidden_size', {name: 'Qwen2.5-VL', patch: 14, merge: 2}),
    [vision.window_size % (sizes.patch * sizes.merge) === 0, 'window_size is not a multiple of a merged cell'],
    [
      vision.window_size <= checkpointLimits.windowSide,
      `window_size ${vision.window_size} is more than ${checkpointLimits.windowSide}`,
    ],
  ])
  const missing = ['window_size', 'fullatt_block_indexes', 'num_heads'].filter(name => written[name] === undefined)
  return {
    text,
    vision: {...sizes, window: vision.window_size, fullAttentionBlocks: vision.fullatt_block_indexes},
    assumed: [...assumed, ...missing.map(name => `vision_config.${name}`)],
  }
}

/** See Architecture.visionTensors. */
export function* visionTensors(vision: Qwen25Vision, hidden: number): Generator<ExpectedTensor> {
  const {hidden: V, intermediate: VI, merge} = vision
  const cell = V * merge * merge
  yield patchEmbeddingTensor(vision)
  for (let i = 0; i < vision.depth; i++) {
    const block = `visual.blocks.${i}.`
    yield [`${block}norm1.weight`, [V]]
    yield* biased(`${block}attn.qkv`, 3 * V, V)
    yield* biased(`${block}attn.proj`, V, V)
    yield [`${block}norm2.weight`, [V]]
    yield* biased(`${block}mlp.gate_proj`, VI, V)
    yield* biased(`${block}mlp.up_proj`, VI, V)
    yield* biased(`${block}mlp.down_proj`, V, VI)
  }
  yield ['visual.merger.ln_q.weight', [V]]
  yield* biased('visual.merger.mlp.0', cell, cell)
  yield* biased('visual.merger.mlp.2', hidden, cell)
}
