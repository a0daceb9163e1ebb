// Scaling of the rotary frequencies beyond the length that a model was trained on. Unsupported scaling is refused,
// because a model that runs with unscaled frequencies answers fluently and wrongly.
import {z} from 'zod'
import {LanternError} from '../../../core/errors.js'

/** Frequencies that replace the default ones, and the factor applied to cosines and sines. */
export interface RopeScaling {
  readonly name: 'linear' | 'yarn'
  /** [headDim / 2] */
  readonly frequencies: readonly number[]
  readonly attentionFactor: number
}

interface RopeContext {
  readonly file: string
  readonly headDim: number
  readonly ropeTheta: number
  readonly maxPositions: number | null | undefined
}

/** Default frequencies: theta^(-2j / d). */
export function defaultFrequencies(headDim: number, ropeTheta: number): number[] {
  return Array.from({length: headDim / 2}, (_, j) => ropeTheta ** ((-2 * j) / headDim))
}

const yarnSchema = z.looseObject({
  factor: z.number().min(1),
  original_max_position_embeddings: z.number().positive().nullish(),
  attention_factor: z.number().positive().nullish(),
  beta_fast: z.number().positive().nullish(),
  beta_slow: z.number().positive().nullish(),
})

/**
 * Reads `rope_scaling` or `rope_parameters`; null for the default, which is also called `mrope`. Throws LanternError
 * `unsupported` for unknown kinds and `bad-checkpoint` if a number is missing.
 */
export function ropeScalingOf(rope: Readonly<Record<string, unknown>>, context: RopeContext): RopeScaling | null {
  const kind = rope['rope_type'] ?? rope['type'] ?? 'default'
  if (kind === 'default' || kind === 'mrope') return null
  const {file} = context
  const unsupported = (what: string) =>
    new LanternError(
      'unsupported',
      `${file}: ${what} is not supported; the model would answer wrongly without it.`,
      'Remove rope_scaling but for mrope_section if the prompts are short enough, or serve the checkpoint and use openai:NAME.',
    )
  if (kind !== 'linear' && kind !== 'yarn') throw unsupported(`rope_scaling of the type ${JSON.stringify(kind)}`)
  for (const field of ['mscale', 'mscale_all_dim', 'truncate'])
    if (rope[field] !== undefined && rope[field] !== null) throw unsupported(`rope_scaling with ${field}`)
  const partial = rope['partial_rotary_factor']
  if (partial !== undefined && partial !== null && partial !== 1) throw unsupported('a partial_rotary_factor')

  const parsed = yarnSchema.safeParse(rope)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new LanternError('bad-checkpoint', `${file}: rope_scaling.${issue.path.join('.')}: ${issue.message}.`)
  }
  const plain = defaultFrequencies(context.headDim, context.ropeTheta)
  const {factor} = parsed.data
  if (kind === 'linear') return {name: 'linear', frequencies: plain.map(f => f / factor), attentionFactor: 1}
  const trained = parsed.data.original_max_position_embeddings ?? context.maxPositions
  if (trained == null) {
    throw new LanternError(
      'bad-checkpoint',
      `${file}: rope_scaling of the type "yarn" has no original_max_position_embeddings.`,
      'Add it; for Qwen2.5-VL it is 32768.',
    )
  }
  return yarn(plain, {...parsed.data, trained}, context)
}

/**
 * YaRN (Peng and others 2023, arXiv 2309.00071): low frequencies are interpolated by `factor`, high ones are kept, with
 * a ramp between (huggingface/transformers: modeling_rope_utils.py, _compute_yarn_parameters).
 */
function yarn(
  plain: readonly number[],
  said: z.infer<typeof yarnSchema> & {readonly trained: number},
  {headDim, ropeTheta}: RopeContext,
): RopeScaling {
  const {factor, trained} = said
  /** The index of the frequency that makes this many rotations over the trained length. */
  const indexOf = (rotations: number) =>
    (headDim * Math.log(trained / (rotations * 2 * Math.PI))) / (2 * Math.log(ropeTheta))
  const low = Math.max(0, Math.floor(indexOf(said.beta_fast ?? 32)))
  const top = Math.min(headDim - 1, Math.ceil(indexOf(said.beta_slow ?? 1)))
  // Equal ends would divide by zero, so the reference widens them by this amount.
  const high = top === low ? low + 0.001 : top
  const frequencies = plain.map((frequency, j) => {
    const interpolated = Math.min(1, Math.max(0, (j - low) / (high - low)))
    return (frequency / factor) * interpolated + frequency * (1 - interpolated)
  })
  return {name: 'yarn', frequencies, attentionFactor: said.attention_factor ?? 0.1 * Math.log(factor) + 1}
}
