// Reads config.json of a Qwen2.5-VL checkpoint: the sizes the graphs are built from, and the tensors these sizes
// require.
// Supports flat and nested (`text_config`) layouts. Fields that some exporters leave out get the published values.
import {z} from 'zod'
import {LanternError} from '../../../core/errors.js'
import type {TextConfig, VisionConfig} from './types.js'

const count = z.number().int().positive()
const id = z.number().int().nonnegative()

const ropeSchema = z.looseObject({
  mrope_section: z.tuple([count, count, count]).optional(),
  rope_theta: z.number().positive().optional(),
})

const textSchema = z.looseObject({
  num_hidden_layers: count,
  hidden_size: count,
  num_attention_heads: count,
  num_key_value_heads: count,
  head_dim: count.nullish(),
  intermediate_size: count,
  rms_norm_eps: z.number().positive().default(1e-6),
  rope_theta: z.number().positive().optional(),
  rope_scaling: ropeSchema.nullish(),
  // Newer versions of transformers write both rope_theta and the sections here.
  rope_parameters: ropeSchema.nullish(),
  tie_word_embeddings: z.boolean().nullish(),
})

// Defaults: Qwen/Qwen2.5-VL-3B-Instruct: config.json.
const visionSchema = z.looseObject({
  depth: count.default(32),
  hidden_size: count.default(1280),
  num_heads: count.default(16),
  intermediate_size: count.default(3420),
  in_channels: count.default(3),
  patch_size: count.default(14),
  temporal_patch_size: count.default(2),
  spatial_merge_size: count.default(2),
  window_size: count.default(112),
  fullatt_block_indexes: z.array(id).default([7, 15, 23, 31]),
})

const configSchema = z.looseObject({
  tie_word_embeddings: z.boolean().nullish(),
  image_token_id: id.default(151655),
  video_token_id: id.nullable().default(151656),
  vision_start_token_id: id.default(151652),
  vision_end_token_id: id.default(151653),
  eos_token_id: z.union([id, z.array(id)]).nullish(),
  latent_size: z.number().int().nullish(),
  lvr_start_id: id.nullish(),
  lvr_sep_id: id.nullish(),
  lvr_id: id.nullish(),
  lvr_end_id: id.nullish(),
})

export type RawConfig = z.infer<typeof configSchema>

/** What config.json says. The vocabulary and the tied head are taken from the weights later. */
export interface ParsedConfig {
  readonly text: Omit<TextConfig, 'vocabulary' | 'tied'>
  readonly vision: VisionConfig
  /** Undefined when the file does not say. */
  readonly tied: boolean | undefined
  readonly raw: RawConfig
}

/**
 * Parses config.json. Throws LanternError `unsupported` for another architecture, and `bad-checkpoint` (naming the
 * field) for missing or impossible values.
 */
export function parseConfig(value: unknown, file: string): ParsedConfig {
  const root = (value ?? {}) as Record<string, unknown>
  requireQwen(root, file)
  const raw = check(configSchema, root, file, '')
  const nested = root['text_config'] !== undefined
  const text = check(textSchema, nested ? root['text_config'] : root, file, nested ? 'text_config.' : '')
  const vision = check(visionSchema, root['vision_config'] ?? {}, file, 'vision_config.')
  const headDim = text.head_dim ?? text.hidden_size / text.num_attention_heads
  const rope = {...text.rope_scaling, ...text.rope_parameters}
  const mropeSection = rope.mrope_section ?? [16, 24, 24]
  const rules: [holds: boolean, what: string][] = [
    [
      Number.isInteger(headDim) && headDim % 2 === 0,
      `hidden_size ${text.hidden_size} does not divide into heads of even size`,
    ],
    [
      text.num_attention_heads % text.num_key_value_heads === 0,
      'num_attention_heads is not a multiple of num_key_value_heads',
    ],
    [
      mropeSection[0] + mropeSection[1] + mropeSection[2] === headDim / 2,
      `mrope_section [${mropeSection}] does not add up to ${headDim / 2}`,
    ],
    [
      vision.hidden_size % (4 * vision.num_heads) === 0,
      `vision hidden_size ${vision.hidden_size} does not divide into heads with a size that is a multiple of 4`,
    ],
    [
      vision.window_size % (vision.patch_size * vision.spatial_merge_size) === 0,
      'window_size is not a multiple of a merged cell',
    ],
  ]
  for (const [holds, what] of rules) if (!holds) throw badConfig(file, what)
  return {
    text: {
      layers: text.num_hidden_layers,
      hidden: text.hidden_size,
      heads: text.num_attention_heads,
      kvHeads: text.num_key_value_heads,
      headDim,
      intermediate: text.intermediate_size,
      ropeTheta: text.rope_theta ?? rope.rope_theta ?? 1e6,
      mropeSection,
      normEpsilon: text.rms_norm_eps,
    },
    vision: {
      depth: vision.depth,
      hidden: vision.hidden_size,
      heads: vision.num_heads,
      intermediate: vision.intermediate_size,
      channels: vision.in_channels,
      patch: vision.patch_size,
      temporalPatch: vision.temporal_patch_size,
      merge: vision.spatial_merge_size,
      window: vision.window_size,
      fullAttentionBlocks: vision.fullatt_block_indexes,
    },
    tied: text.tie_word_embeddings ?? raw.tie_word_embeddings ?? undefined,
    raw,
  }
}

function requireQwen(root: Record<string, unknown>, file: string): void {
  const type = root['model_type']
  if (type === 'qwen2_5_vl') return
  throw new LanternError(
    'unsupported',
    `${file}: unknown architecture ${type === undefined ? '(no model_type)' : JSON.stringify(type)}.`,
    'Checkpoints of the Qwen2.5-VL architecture (model_type "qwen2_5_vl") run locally; serve others behind an endpoint and use openai:NAME.',
  )
}

function check<T extends z.ZodType>(schema: T, value: unknown, file: string, prefix: string): z.infer<T> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw badConfig(file, `${prefix}${issue.path.join('.')}: ${issue.message}`)
}

function badConfig(file: string, what: string): LanternError {
  return new LanternError('bad-checkpoint', `${file}: ${what}.`, 'Fetch the config.json that belongs to these weights.')
}

export const isVisionTensor = (name: string) => name.startsWith('visual.')
export const isDecoderTensor = (name: string) => !isVisionTensor(name)

/**
 * Every tensor the graphs read, with its shape, in the order of the forward pass. Lazy, because a config may claim any
 * number of layers.
 */
export function* expectedTensors(
  text: TextConfig,
  vision: VisionConfig,
): Generator<[name: string, shape: readonly number[]]> {
  const {hidden: V, intermediate: VI, channels, temporalPatch, patch, merge} = vision
  const cell = V * merge * merge
  yield ['visual.patch_embed.proj.weight', [V, channels, temporalPatch, patch, patch]]
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
  yield* biased('visual.merger.mlp.2', text.hidden, cell)

  const {hidden: H, intermediate: I, heads, kvHeads, headDim} = text
  yield ['model.embed_tokens.weight', [text.vocabulary, H]]
  for (let i = 0; i < text.layers; i++) {
    const layer = `model.layers.${i}.`
    yield [`${layer}input_layernorm.weight`, [H]]
    yield* biased(`${layer}self_attn.q_proj`, heads * headDim, H)
    yield* biased(`${layer}self_attn.k_proj`, kvHeads * headDim, H)
    yield* biased(`${layer}self_attn.v_proj`, kvHeads * headDim, H)
    yield [`${layer}self_attn.o_proj.weight`, [H, heads * headDim]]
    yield [`${layer}post_attention_layernorm.weight`, [H]]
    yield [`${layer}mlp.gate_proj.weight`, [I, H]]
    yield [`${layer}mlp.up_proj.weight`, [I, H]]
    yield [`${layer}mlp.down_proj.weight`, [H, I]]
  }
  yield ['model.norm.weight', [H]]
  if (!text.tied) yield ['lm_head.weight', [text.vocabulary, H]]
}

function* biased(name: string, out: number, inputs: number): Generator<[string, readonly number[]]> {
  yield [`${name}.weight`, [out, inputs]]
  yield [`${name}.bias`, [out]]
}
