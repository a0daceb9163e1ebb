// Which tensors the graphs read, and which of them belong to the vision tower.
import type {Architecture, ExpectedTensor} from '../architecture.js'
import type {TextConfig, VisionConfig} from '../types.js'

export const isVisionTensor = (name: string) => name.startsWith('visual.')

/**
 * Every tensor the graphs read, with its shape, in the order of the forward pass. Lazy, because a config may claim any
 * number of layers.
 */
export function* expectedTensors(
  architecture: Architecture,
  text: TextConfig,
  vision: VisionConfig,
): Generator<ExpectedTensor> {
  yield* architecture.visionTensors(vision, text.hidden)
  yield* decoderTensors(text)
}

function* decoderTensors(text: TextConfig): Generator<ExpectedTensor> {
  const {hidden: H, intermediate: I, heads, kvHeads, headDim, attentionBiases} = text
  const projections = [
    ['q', heads * headDim, H],
    ['k', kvHeads * headDim, H],
    ['v', kvHeads * headDim, H],
    ['o', H, heads * headDim],
  ] as const
  yield ['model.embed_tokens.weight', [text.vocabulary, H]]
  for (let i = 0; i < text.layers; i++) {
    const layer = `model.layers.${i}.`
    yield [`${layer}input_layernorm.weight`, [H]]
    for (const [part, out, inputs] of projections) {
      yield [`${layer}self_attn.${part}_proj.weight`, [out, inputs]]
      if (attentionBiases.includes(part)) yield [`${layer}self_attn.${part}_proj.bias`, [out]]
    }
    if (text.queryKeyNorm) {
      yield [`${layer}self_attn.q_norm.weight`, [headDim]]
      yield [`${layer}self_attn.k_norm.weight`, [headDim]]
    }
    yield [`${layer}post_attention_layernorm.weight`, [H]]
    yield [`${layer}mlp.gate_proj.weight`, [I, H]]
    yield [`${layer}mlp.up_proj.weight`, [I, H]]
    yield [`${layer}mlp.down_proj.weight`, [H, I]]
  }
  yield ['model.norm.weight', [H]]
  if (!text.tied) yield ['lm_head.weight', [text.vocabulary, H]]
}
