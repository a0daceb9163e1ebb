// The sizes of Qwen2-VL in config.json, and the tensors of its vision tower.
import {z} from 'zod'
import type {JsonObject} from '../../../core/json.js'
import type {ArchitectureConfig, ExpectedTensor} from '../architecture.js'
import {count, notHere, readFields, requireRules} from '../checkpoint/config-fields.js'
import {readTextConfig} from '../checkpoint/text-config.js'
import {
  biased,
  layerNormBlocksTensors,
  layerNormTensors,
  patchEmbeddingTensor,
  towerRules,
  towerSizes,
} from '../checkpoint/vision-config.js'
import {qwen2Text} from '../qwen2-family.js'
import type {VisionConfig} from '../types.js'

// Defaults: huggingface/transformers: models/qwen2_vl/configuration_qwen2_vl.py, which are those of the published 2B.
const visionSchema = z.looseObject({
  depth: count.default(32),
  // The width of the tower. `hidden_size` is the decoder's.
  embed_dim: count.default(1280),
  num_heads: count.default(16),
  mlp_ratio: z.number().positive().default(4),
  hidden_act: z.string().nullish(),
  in_chans: count.nullish(),
  in_channels: count.nullish(),
  patch_size: count.default(14),
  temporal_patch_size: count.default(2),
  spatial_merge_size: count.default(2),
})

/** See Architecture.readConfig. */
export function readConfig(root: JsonObject, file: string): ArchitectureConfig {
  const written = (root['vision_config'] ?? {}) as JsonObject
  const vision = readFields(visionSchema, written, file, 'vision_config.')
  if (vision.hidden_act != null && vision.hidden_act !== 'quick_gelu')
    throw notHere(file, `vision_config.hidden_act ${JSON.stringify(vision.hidden_act)}`)
  const {text, assumed} = readTextConfig(root, file, qwen2Text)
  const intermediate = vision.embed_dim * vision.mlp_ratio
  const channels = vision.in_chans ?? vision.in_channels ?? 3
  const sizes = towerSizes(vision, {hidden: vision.embed_dim, intermediate, channels})
  requireRules(file, [
    ...towerRules(sizes, 'embed_dim', {name: 'Qwen2-VL', patch: 14, merge: 2}),
    [Number.isInteger(intermediate), `mlp_ratio ${vision.mlp_ratio} x embed_dim ${vision.embed_dim} is not whole`],
  ])
  const missing = ['embed_dim', 'depth', 'num_heads'].filter(name => written[name] === undefined)
  return {text, vision: sizes, assumed: [...assumed, ...missing.map(name => `vision_config.${name}`)]}
}

/** The names of the two layers of a block's MLP. */
export const mlp = ['mlp.fc1', 'mlp.fc2'] as const

/** See Architecture.visionTensors. */
export function* visionTensors(vision: VisionConfig, hidden: number): Generator<ExpectedTensor> {
  const cell = vision.hidden * vision.merge ** 2
  yield patchEmbeddingTensor(vision)
  yield* layerNormBlocksTensors(vision, mlp)
  yield* layerNormTensors('visual.merger.ln_q', vision.hidden)
  yield* biased('visual.merger.mlp.0', cell, cell)
  yield* biased('visual.merger.mlp.2', hidden, cell)
}
