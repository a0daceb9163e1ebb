// What the readers of `vision_config` share: common fields, common rules, and the tensors of common parts.
import type {ExpectedTensor} from '../architecture.js'
import type {VisionConfig} from '../types.js'

/** The fields that all architectures write under the same names. */
interface Written {
  readonly depth: number
  readonly num_heads: number
  readonly patch_size: number
  readonly temporal_patch_size: number
  readonly spatial_merge_size: number
}

/** The common sizes; those whose names differ are given apart. */
export function towerSizes(
  written: Written,
  others: Pick<VisionConfig, 'hidden' | 'intermediate' | 'channels'>,
): VisionConfig {
  return {
    ...others,
    depth: written.depth,
    heads: written.num_heads,
    patch: written.patch_size,
    temporalPatch: written.temporal_patch_size,
    merge: written.spatial_merge_size,
  }
}

/** The rules for requireRules that hold for all towers. `of`: the architecture and its published patch and merge. */
export function towerRules(
  {hidden, heads, patch, merge}: VisionConfig,
  width: 'hidden_size' | 'embed_dim',
  of: {readonly name: string; readonly patch: number; readonly merge: number},
): [holds: boolean, otherwise: string][] {
  return [
    [
      hidden % (4 * heads) === 0,
      `vision ${width} ${hidden} does not divide into heads with a size that is a multiple of 4`,
    ],
    [
      patch * merge === of.patch * of.merge,
      `an image token of ${patch} x ${merge} pixels a side is not one of ${of.name} (${of.patch} x ${of.merge})`,
    ],
  ]
}

export function patchEmbeddingTensor({hidden, channels, temporalPatch, patch}: VisionConfig): ExpectedTensor {
  return ['visual.patch_embed.proj.weight', [hidden, channels, temporalPatch, patch, patch]]
}

/** The two tensors of a linear layer with a bias. */
export function* biased(name: string, out: number, inputs: number): Generator<ExpectedTensor> {
  yield [`${name}.weight`, [out, inputs]]
  yield [`${name}.bias`, [out]]
}

/** The two tensors of a LayerNorm. */
export function* layerNormTensors(name: string, size: number): Generator<ExpectedTensor> {
  yield [`${name}.weight`, [size]]
  yield [`${name}.bias`, [size]]
}

/** The tensors of all blocks as `layerNormBlock` (model/vision-parts.ts) reads them; `mlp` names its two layers. */
export function* layerNormBlocksTensors(
  {depth, hidden, intermediate}: VisionConfig,
  mlp: readonly [first: string, second: string],
): Generator<ExpectedTensor> {
  for (let i = 0; i < depth; i++) {
    const block = `visual.blocks.${i}.`
    yield* layerNormTensors(`${block}norm1`, hidden)
    yield* biased(`${block}attn.qkv`, 3 * hidden, hidden)
    yield* biased(`${block}attn.proj`, hidden, hidden)
    yield* layerNormTensors(`${block}norm2`, hidden)
    yield* biased(`${block}${mlp[0]}`, intermediate, hidden)
    yield* biased(`${block}${mlp[1]}`, hidden, intermediate)
  }
}
