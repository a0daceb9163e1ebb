// Reads the text decoder from config.json, flat or nested (`text_config`), in the fields that all architectures of the
// family share. What differs between them comes in as TextOptions.
import {z} from 'zod'
import type {JsonObject} from '../../../core/json.js'
import type {ArchitectureConfig} from '../architecture.js'
import type {AttentionPart} from '../types.js'
import {count, notHere, readFields, requireRules} from './config-fields.js'
import {ropeScalingOf} from './rope-scaling.js'

const ropeSchema = z.looseObject({
  mrope_section: z.tuple([count, count, count]).optional(),
  mrope_interleaved: z.boolean().nullish(),
  rope_theta: z.number().positive().optional(),
})

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
  attention_bias: z.boolean().nullish(),
  max_position_embeddings: count.nullish(),
  use_sliding_window: z.boolean().nullish(),
  sliding_window: z.number().nullish(),
  max_window_layers: z.number().nullish(),
})

/** The differences between the decoders of the family, and the values for fields that a file leaves out. */
export interface TextOptions {
  /** The projections with a bias, whatever the file says; null: `attention_bias` says it, for all four or none. */
  readonly attentionBiases: readonly AttentionPart[] | null
  readonly queryKeyNorm: boolean
  readonly mropeInterleaved: boolean
  readonly ropeTheta: number
  readonly mropeSection: readonly [number, number, number]
  /** Levels of the vision tower that are added to the first layers. */
  readonly deepstack: number
}

/** The object of config.json that holds the text decoder's fields. */
export function textFields(root: JsonObject): JsonObject {
  return (root['text_config'] ?? root) as JsonObject
}

/** Throws LanternError `unsupported` and `bad-checkpoint`, naming the field. */
export function readTextConfig(
  root: JsonObject,
  file: string,
  options: TextOptions,
): Pick<ArchitectureConfig, 'text' | 'assumed'> {
  const written = textFields(root)
  const text = readFields(textSchema, written, file, written === root ? '' : 'text_config.')
  const rope = {...text.rope_scaling, ...text.rope_parameters}
  refuseUnsupported(text, rope, {written, file, options})
  const headDim = text.head_dim ?? text.hidden_size / text.num_attention_heads
  const mropeSection = rope.mrope_section ?? options.mropeSection
  const sections = mropeSection[0] + mropeSection[1] + mropeSection[2]
  requireRules(file, [
    [
      Number.isInteger(headDim) && headDim % 2 === 0,
      `hidden_size ${text.hidden_size} does not divide into heads of even size`,
    ],
    [
      text.num_attention_heads % text.num_key_value_heads === 0,
      'num_attention_heads is not a multiple of num_key_value_heads',
    ],
    // Interleaved, the first number is never read.
    [
      options.mropeInterleaved || sections === headDim / 2,
      `mrope_section [${mropeSection}] does not add up to ${headDim / 2}`,
    ],
    [
      options.deepstack <= text.num_hidden_layers,
      `deepstack_visual_indexes has ${options.deepstack} entries, the decoder ${text.num_hidden_layers} layers`,
    ],
  ])
  const ropeTheta = text.rope_theta ?? rope.rope_theta ?? options.ropeTheta
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
      mropeInterleaved: options.mropeInterleaved,
      attentionBiases: options.attentionBiases ?? (text.attention_bias === true ? ['q', 'k', 'v', 'o'] : []),
      queryKeyNorm: options.queryKeyNorm,
      deepstack: options.deepstack,
      normEpsilon: text.rms_norm_eps,
    },
    assumed: [
      ...(text.rope_theta === undefined && rope.rope_theta === undefined ? [`rope_theta ${options.ropeTheta}`] : []),
      ...(rope.mrope_section === undefined ? [`mrope_section [${options.mropeSection.join(', ')}]`] : []),
    ],
  }
}

interface Context {
  readonly written: JsonObject
  readonly file: string
  readonly options: TextOptions
}

/** Settings that no published checkpoint uses and the graphs do not support. */
function refuseUnsupported(
  text: z.infer<typeof textSchema>,
  rope: z.infer<typeof ropeSchema>,
  {written, file, options}: Context,
): void {
  const window = text.use_sliding_window === true && text.sliding_window != null
  const rotated = written['partial_rotary_factor'] ?? rope['partial_rotary_factor'] ?? 1
  const unsupported =
    text.hidden_act != null && text.hidden_act !== 'silu'
      ? `hidden_act ${JSON.stringify(text.hidden_act)}`
      : window && (text.max_window_layers ?? 0) < text.num_hidden_layers
        ? 'use_sliding_window'
        : rotated !== 1
          ? `partial_rotary_factor ${JSON.stringify(rotated)}`
          : rope.mrope_interleaved != null && rope.mrope_interleaved !== options.mropeInterleaved
            ? `mrope_interleaved ${rope.mrope_interleaved}`
            : null
  if (unsupported !== null) throw notHere(file, unsupported)
}
