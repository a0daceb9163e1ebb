// The Qwen3-VL vision tower as an ONNX graph for one picture, in the order of the forward pass
// (huggingface/transformers: models/qwen3_vl/modeling_qwen3_vl.py). Attention is over the whole picture.
// Shapes: N patches, M = N / merge² merged cells, C channels of the tower, H text hidden size.
import {
  joinCells,
  layerNorm,
  layerNormBlock,
  patchElements,
  patchEmbedding,
  rotary,
  rowsOf,
} from '../model/vision-parts.js'
import {Graph} from '../onnx-writer.js'
import type {TextConfig} from '../types.js'
import type {Weights} from '../weights.js'
import {mlp, type Qwen3Vision} from './config.js'
import {corners} from './vision-plan.js'

/** See Architecture.visionGraph. */
export function visionGraph(vision: Qwen3Vision, text: TextConfig, weights: Weights): Uint8Array {
  const g = new Graph('vision')
  const pixels = g.input('pixel_values', 'f32', [null, patchElements(vision)])
  const rotate = rotary(g, weights, g.input('places', 'f32', [null, 2]), vision)
  // The tower's MLP has the GELU by its tanh approximation, the mergers the exact one.
  const block = {
    vision,
    rotate,
    mlp,
    activation: (x: string) => g.op('FastGelu', [x]),
  } as const
  const output = (name: string, x: string) => g.output(name, weights.toF32(g, x), 'f32', [null, text.hidden])

  let x = patchEmbedding(g, weights, pixels, vision) // [N,C]
  for (const corner of corners) x = g.op('Add', [x, learnedPositions(g, weights, corner)])
  let level = 0
  for (let i = 0; i < vision.depth; i++) {
    x = layerNormBlock(g, weights, x, `visual.blocks.${i}.`, block)
    const merger = vision.deepstackBlocks.indexOf(i)
    if (merger === -1) continue
    // The norm of a level is over the joined cell, that of the main merger over each patch.
    const name = `visual.deepstack_merger_list.${merger}`
    output(
      `deepstack.${level++}`,
      project(g, weights, layerNorm(g, weights, joinCells(g, x, vision), `${name}.norm`), name),
    )
  }
  const normed = layerNorm(g, weights, x, 'visual.merger.norm')
  output('image_features', project(g, weights, joinCells(g, normed, vision), 'visual.merger'))
  return g.encode()
}

/** The positions of one corner, [N,C]: rows of the learned table, each with its weight. */
function learnedPositions(g: Graph, weights: Weights, corner: string): string {
  const at = g.input(`position.${corner}`, 'i32', [null])
  const share = weights.fromF32(g, g.input(`share.${corner}`, 'f32', [null, 1]))
  return g.op('Mul', [rowsOf(g, weights.tensor(g, 'visual.pos_embed.weight'), at), share])
}

/** Normed cells [M,4C] to the text's size: [M,H]. */
function project(g: Graph, weights: Weights, cells: string, name: string): string {
  const mixed = g.op('Gelu', [weights.linear(g, cells, `${name}.linear_fc1`)])
  return weights.linear(g, mixed, `${name}.linear_fc2`)
}
