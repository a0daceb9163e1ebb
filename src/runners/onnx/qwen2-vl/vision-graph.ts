// The Qwen2-VL vision tower as an ONNX graph for one picture, in the order of the forward pass
// (huggingface/transformers: models/qwen2_vl/modeling_qwen2_vl.py). Attention is over the whole picture.
// Shapes: N patches, M = N / merge² merged cells, C channels of the tower, H text hidden size.
import type {PlanInput} from '../architecture.js'
import {
  joinCells,
  layerNorm,
  layerNormBlock,
  patchElements,
  patchEmbedding,
  patchPlaces,
  rotary,
} from '../model/vision-parts.js'
import {float, Graph} from '../onnx-writer.js'
import type {Grid, TextConfig, VisionConfig} from '../types.js'
import type {Weights} from '../weights.js'
import {mlp} from './config.js'

/** The sigmoid's factor in the "quick" GELU. */
const quick = 1.702

/** See Architecture.visionGraph. */
export function visionGraph(vision: VisionConfig, text: TextConfig, weights: Weights): Uint8Array {
  const g = new Graph('vision')
  const pixels = g.input('pixel_values', 'f32', [null, patchElements(vision)])
  const rotate = rotary(g, weights, g.input('places', 'f32', [null, 2]), vision)
  const activation = (x: string) => g.op('QuickGelu', [x], {alpha: float(quick)})

  let x = patchEmbedding(g, weights, pixels, vision) // [N,C]
  for (let i = 0; i < vision.depth; i++) {
    const name = `visual.blocks.${i}.`
    x = layerNormBlock(g, weights, x, name, {vision, rotate, mlp, activation})
  }
  const joined = joinCells(g, layerNorm(g, weights, x, 'visual.merger.ln_q'), vision) // [M,4C]
  const mixed = g.op('Gelu', [weights.linear(g, joined, 'visual.merger.mlp.0')])
  const features = weights.linear(g, mixed, 'visual.merger.mlp.2') // [M,H]
  g.output('image_features', weights.toF32(g, features), 'f32', [null, text.hidden])
  return g.encode()
}

/** See Architecture.visionPlan. */
export function visionPlan(grid: Grid, vision: VisionConfig): Readonly<Record<string, PlanInput>> {
  return {places: patchPlaces(grid, vision)}
}
