// The sizes of Qwen2-VL in config.json, and the tensors of its vision tower.
import {z} from 'zod'
import type {JsonObject} from '../../../core/json.js'
import type {ArchitectureConfig, ExpectedTensor} from '../architecture.js'
import {count, notHere, readFields, requireRules} from '../checkpoint/config-fields.js'
import {biased, layerNormTensors} from '../checkpoint/expected-tensors.js'
import {readTextConfig} from '../checkpoint/text-config.js'
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
  requireRules(file, [
    [
      vision.embed_dim % (4 * vision.num_heads) === 0,
      `vision embed_dim ${vision.embed_dim} does not divide into heads with a size that is a multiple of 4`,
    ],
    [Number.isInteger(intermediate), `mlp_ratio ${vision.mlp_ratio} x embed_dim ${vision.embed_dim} is not whole`],
    [
      vision.patch_size * vision.spatial_merge_size === 28,
      `an image token of ${vision.patch_size} x ${vision.spatial_merge_size} pixels a side is not one of Qwen2-VL (14 x 2)`,
    ],
  ])
  const missing = ['embed_dim', 'depth', 'num_heads'].filter(name => written[name] === undefined)
  return {
    text,
    vision: {
      depth: vision.depth,
      hidden: vision.embed_dim,
      heads: vision.num_heads,
      intermediate,
      channels: vision.in_chans ?? vision.in_channels ?? 3,
      patch: vision.patch_size,
      temporalPatch: vision.temporal_patch_size,
      merge: vision.spatial_merge_size,
    },
    assumed: [...assumed, ...missing.map(name => `vision_config.${name}`)],
  }
}

/** See Architecture.visionTensors. */
export function* visionTensors(vision: VisionConfig, hidden: number): Generator<ExpectedTensor> {
  const {hidden: V, intermediate: VI, channels, temporalPatch, patch, merge} = vision
  const cell = V * merge * merge
  yield ['visual.patch_embed.proj.weight', [V, channels, temporalPatch, patch, patch]]
  for (let i = 0; i < vision.depth; i++) {
    const block = `visual.blocks.${i}.`
    yield* layerNormTensors(`${block}norm1`, V)
    yield* biased(`${block}attn.qkv`, 3 * V, V)
    yield* biased(`${block}attn.proj`, V, V)
    yield* layerNormTensors(`${block}norm2`, V)
    yield* biased(`${block}mlp.fc1`, VI, V)
    yield* biased(`${block}mlp.fc2`, V, VI)
  }
  yield* layerNormTensors('visual.merger.ln_q', V)
  yield* biased('visual.merger.mlp.0', cell, cell)
  yield* biased('visual.merger.mlp.2', hidden, cell)
}
