// Reads config.json of a Qwen2.5-VL checkpoint: the sizes the graphs are built from, and the tensors these sizes
// require.
// Supports flat and nested (`text_config`) layouts. Fields that some exporters leave out get the published values.
import {dirname} from 'node:path'
import {z} from 'zod'
import {LanternError} from '../../../core/errors.js'
import type {JsonObject} from '../../../core/json.js'
import {checkpointLimits} from '../../../core/limits.js'
import {tokenSide} from '../../smart-resize.js'
import {ropeScalingOf} from './rope-scaling.js'
import {quantisedWeights} from './tensor-names.js'
import type {TextConfig, VisionConfig} from './types.js'

const count = z.number().int().positive()
const id = z.number().int().nonnegative()

const ropeSchema = z.looseObject({
  mrope_section: z.tuple([count, count, count]).optional(),
  rope_theta: z.number().positive().optional(),
})

const eosSchema = z.union([id, z.array(id)]).nullish()

const textSchema = z.looseObject({
  num_hidden_layers: count,
  hidden_size: count,
  num_attention_heads: count,
  num_key_value_heads: count,
  head_dim: count.nullish(),
  intermediate_size: count,
  hidden_act: z.string().nullish(),
  rms_norm_eps: z.number().positive().default(1e-6),
  rope_theta: z.number().positive().optional(),
  rope_scaling: ropeSchema.nullish(),
  // Newer versions of transformers write both rope_theta and the sections here.
  rope_parameters: ropeSchema.nullish(),
  max_position_embeddings: count.nullish(),
  use_sliding_window: z.boolean().nullish(),
  sliding_window: z.number().nullish(),
  max_window_layers: z.number().nullish(),
  tie_word_embeddings: z.boolean().nullish(),
  eos_token_id: eosSchema,
})

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

const configSchema = z.looseObject({
  tie_word_embeddings: z.boolean().nullish(),
  image_token_id: id.default(151655),
  eos_token_id: eosSchema,
})

export type RawConfig = z.infer<typeof configSchema>

/** The content of config.json. The vocabulary size and the tied head are taken from the weights later. */
export interface ParsedConfig {
  readonly text: Omit<TextConfig, 'vocabulary' | 'tied'>
  readonly vision: VisionConfig
  /** Undefined if the file has no such field. */
  readonly tied: boolean | undefined
  /** What the file says; the weights decide. */
  readonly vocabulary: number | undefined
  /** End-of-sequence ids; empty if the file gives none. */
  readonly eos: readonly number[]
  readonly raw: RawConfig
  /** Sentences about the values that are missing in the file and were taken from the published model. */
  readonly assumed: readonly string[]
}

/**
 * Parses config.json. Throws LanternError `unsupported` for another architecture, quantised weights and settings that
 * the graphs do not support, and `bad-checkpoint` (naming the field) for missing or impossible values.
 */
export function parseConfig(root: JsonObject, file: string): ParsedConfig {
  requireQwen(root, file)
  refuseQuantised(root, file)
  const raw = check(configSchema, root, file, '')
  const nested = root['text_config'] !== undefined
  const text = check(textSchema, nested ? root['text_config'] : root, file, nested ? 'text_config.' : '')
  const vision = check(visionSchema, root['vision_config'] ?? {}, file, 'vision_config.')
  refuseUnsupported(text, vision, file)
  const written = (nested ? root['text_config'] : root) as JsonObject
  const headDim = text.head_dim ?? text.hidden_size / text.num_attention_heads
  const rope = {...text.rope_scaling, ...text.rope_parameters}
  const rotated = written['partial_rotary_factor'] ?? (rope as JsonObject)['partial_rotary_factor'] ?? 1
  if (rotated !== 1) throw notHere(file, `partial_rotary_factor ${JSON.stringify(rotated)}`)
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
    [
      vision.window_size <= checkpointLimits.windowSide,
      `window_size ${vision.window_size} is more than ${checkpointLimits.windowSide}`,
    ],
    [
      vision.patch_size * vision.spatial_merge_size === tokenSide,
      `an image token of ${vision.patch_size} x ${vision.spatial_merge_size} pixels a side is not one of Qwen2.5-VL (14 x 2)`,
    ],
  ]
  for (const [holds, what] of rules) if (!holds) throw badConfig(file, what)
  const ropeTheta = text.rope_theta ?? rope.rope_theta ?? 1e6
  const ropeScaling = ropeScalingOf(rope, {file, headDim, ropeTheta, maxPositions: text.max_position_embeddings})
  return {
    text: {
      layers: text.num_hidden_layers,
      hidden: text.hidden_size,
      heads: text.num_attention_heads,
      kvHeads: text.num_key_value_heads,
      headDim,
      intermediate: text.intermediate_size,
      ropeTheta,
      ...(ropeScaling !== null && {ropeScaling}),
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
    // The value at the root is used: tools that changed one of the two left the nested copy at its default.
    tied: raw.tie_word_embeddings ?? text.tie_word_embeddings ?? undefined,
    eos: [raw.eos_token_id ?? text.eos_token_id ?? []].flat(),
    raw,
    vocabulary: typeof written['vocab_size'] === 'number' ? written['vocab_size'] : undefined,
    assumed: assumedIn(root, written, rope),
  }
}

/** The missing fields among those that affect the graphs or the prompts. */
function assumedIn(root: JsonObject, text: JsonObject, rope: z.infer<typeof ropeSchema>): string[] {
  const vision = (root['vision_config'] ?? {}) as JsonObject
  const missing = [
    ...(root['image_token_id'] == null ? ['image_token_id 151655'] : []),
    ...(text['rope_theta'] == null && rope.rope_theta === undefined ? ['rope_theta 1000000'] : []),
    ...(rope.mrope_section === undefined ? ['mrope_section [16, 24, 24]'] : []),
    ...['window_size', 'fullatt_block_indexes', 'num_heads']
      .filter(name => vision[name] === undefined)
      .map(name => `vision_config.${name}`),
  ]
  return missing.length === 0 ? [] : [`config.json leaves out what is assumed as published: ${missing.join(', ')}`]
}

/**
 * The fields by which quantised checkpoints are recognised: `quantization_config` in transformers, `quantization` in
 * MLX.
 */
function refuseQuantised(root: JsonObject, file: string): void {
  const text = (root['text_config'] ?? {}) as JsonObject
  const config = root['quantization_config'] ?? text['quantization_config'] ?? root['quantization']
  if (config === undefined || config === null) return
  const {quant_method: said, fmt} = config as JsonObject
  const known: Readonly<Record<string, string>> = {awq: 'AWQ', gptq: 'GPTQ', bitsandbytes: 'bitsandbytes', fp8: 'FP8'}
  const method = typeof said === 'string' ? (known[said] ?? said) : fmt === undefined ? 'MLX' : String(fmt)
  throw quantisedWeights('quantization_config in config.json', dirname(file), method)
}

/** Settings of the architecture that no published checkpoint uses and the graphs do not support. */
function refuseUnsupported(text: z.infer<typeof textSchema>, vision: z.infer<typeof visionSchema>, file: string): void {
  const window = text.use_sliding_window === true && text.sliding_window != null
  const unsupported =
    text.hidden_act != null && text.hidden_act !== 'silu'
      ? `hidden_act ${JSON.stringify(text.hidden_act)}`
      : vision.hidden_act != null && vision.hidden_act !== 'silu'
        ? `vision_config.hidden_act ${JSON.stringify(vision.hidden_act)}`
        : window && (text.max_window_layers ?? 0) < text.num_hidden_layers
          ? 'use_sliding_window'
          : null
  if (unsupported !== null) throw notHere(file, unsupported)
}

function notHere(file: string, what: string): LanternError {
  return new LanternError(
    'unsupported',
    `${file}: ${what} is not supported by the local runner.`,
    'Serve the checkpoint behind an endpoint and use openai:NAME.',
  )
}

/** Architectures that are often mistaken for Qwen2.5-VL, by their name in transformers. */
const otherArchitectures: Readonly<Record<string, string>> = {
  qwen2: 'Qwen2.5, the text model',
  qwen2_vl: 'Qwen2-VL',
  qwen2_5_omni: 'Qwen2.5-Omni',
  qwen2_5_vl_text: 'the text part of Qwen2.5-VL alone',
  qwen3: 'Qwen3, the text model',
  qwen3_vl: 'Qwen3-VL',
  qwen3_vl_moe: 'Qwen3-VL with experts',
  llava: 'LLaVA',
  llava_next: 'LLaVA-NeXT',
  llava_onevision: 'LLaVA-OneVision',
  internvl: 'InternVL',
  internvl_chat: 'InternVL',
  mllama: 'Llama 3.2 Vision',
  gemma3: 'Gemma 3',
  idefics3: 'Idefics3',
  smolvlm: 'SmolVLM',
  chameleon: 'Chameleon',
  phi4mm: 'Phi-4-multimodal',
}

function requireQwen(root: JsonObject, file: string): void {
  const type = root['model_type']
  if (type === 'qwen2_5_vl') return
  const name = typeof type === 'string' && Object.hasOwn(otherArchitectures, type) ? otherArchitectures[type] : null
  const shown = type === undefined ? '(no model_type)' : JSON.stringify(type)
  throw new LanternError(
    'unsupported',
    `${file}: unknown architecture ${shown}${name === null ? '' : ` (${name})`}.`,
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
