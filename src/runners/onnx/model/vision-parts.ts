// Parts that the vision towers share. Shapes: N patches, M = N / merge² merged cells, C channels of the tower, d head
// size.
import type {PlanInput} from '../architecture.js'
import {type Float, float, type Graph} from '../onnx-writer.js'
import type {Grid, VisionConfig} from '../types.js'
import type {Weights} from '../weights.js'

/** The epsilon of the towers' norms and their rotary base are constants in the reference, not settings. */
export const epsilon: Float = float(1e-6)
const ropeTheta = 10_000

/** Number of values of one patch. */
export function patchElements({channels, temporalPatch, patch}: VisionConfig): number {
  return channels * temporalPatch * patch * patch
}

/** Pixel values f32 [N, patch elements] -> [N,C]. A convolution whose stride is its kernel is one matrix product. */
export function patchEmbedding(g: Graph, weights: Weights, pixels: string, vision: VisionConfig): string {
  return weights.linear(g, weights.fromF32(g, pixels), 'visual.patch_embed.proj', [
    vision.hidden,
    patchElements(vision),
  ])
}

/** Rows of `x` by their indices. */
export function rowsOf(g: Graph, x: string, at: string): string {
  return g.op('Gather', [x, at], {axis: 0})
}

export function layerNorm(g: Graph, weights: Weights, x: string, name: string): string {
  const inputs = [x, weights.tensor(g, `${name}.weight`), weights.tensor(g, `${name}.bias`)]
  return g.op('LayerNormalization', inputs, {axis: -1, epsilon})
}

/** Queries, keys and values [1,N,C] of the fused projection `name`. */
export function queriesKeysValues(
  g: Graph,
  weights: Weights,
  x: string,
  name: string,
  hidden: number,
): [q: string, k: string, v: string] {
  const qkv = weights.linear(g, x, name) // [N,3C]
  const thirds = g.constant('i64', [hidden, hidden, hidden])
  const inputs = [g.op('Unsqueeze', [qkv, g.constant('i64', [0])]), thirds]
  return g.ops('Split', inputs, {axis: -1}, [true, true, true]) as [string, string, string]
}

/** Softmax attention within each row of a batch; `padding` [B,N] masks where it is 0. */
export function attention(
  g: Graph,
  [q, k, v]: readonly [q: string, k: string, v: string],
  {heads, hidden}: VisionConfig,
  padding = '',
): string {
  return g.op('MultiHeadAttention', [q, k, v, '', padding], {
    num_heads: heads,
    scale: float(1 / Math.sqrt(hidden / heads)),
  })
}

/**
 * Two-dimensional rotary positions of `places` f32 [N,2]: the first half of the frequencies rotates with the row, the
 * second with the column. The returned function rotates [1,N,C].
 */
export function rotary(g: Graph, weights: Weights, places: string, vision: VisionConfig): (x: string) => string {
  const {heads} = vision
  const headDim = vision.hidden / heads
  const half = headDim / 2
  const quarter = headDim / 4
  const frequencies = new Array<number>(2 * half).fill(0) // [2, d/2]
  for (let j = 0; j < quarter; j++) {
    const frequency = ropeTheta ** ((-2 * j) / half)
    frequencies[j] = frequency
    frequencies[half + quarter + j] = frequency
  }
  const angles = g.op('MatMul', [places, g.constant('f32', frequencies, [2, half])]) // [N,d/2]
  const [cos, sin] = (['Cos', 'Sin'] as const).map(f => weights.fromF32(g, g.op(f, [angles]))) as [string, string]
  const count = g.op('Gather', [g.op('Shape', [places]), g.scalar('i64', 0)])
  const range = g.op('Range', [g.scalar('i64', 0), count, g.scalar('i64', 1)])
  const everyRow = g.op('Unsqueeze', [range, g.constant('i64', [0])]) // [1,N]
  return x =>
    g.op('RotaryEmbedding', [x, everyRow, cos, sin], {num_heads: heads, rotary_embedding_dim: headDim, interleaved: 0})
}

/** Joins the patches of each cell: [N,C] -> [M, merge²·C]. */
export function joinCells(g: Graph, x: string, {hidden, merge}: VisionConfig): string {
  return g.op('Reshape', [x, g.constant('i64', [-1, hidden * merge * merge])])
}

interface Block {
  readonly vision: VisionConfig
  readonly rotate: (x: string) => string
  /** Names of the two layers of the MLP. */
  readonly mlp: readonly [first: string, second: string]
  readonly activation: (x: string) => string
}

/** A transformer block with LayerNorm, attention over the whole picture and a plain MLP: [N,C] -> [N,C]. */
export function layerNormBlock(
  g: Graph,
  weights: Weights,
  x: string,
  name: string,
  {vision, rotate, mlp, activation}: Block,
): string {
  const normed = layerNorm(g, weights, x, `${name}norm1`)
  const [q, k, v] = queriesKeysValues(g, weights, normed, `${name}attn.qkv`, vision.hidden)
  const attended = g.op('Squeeze', [attention(g, [rotate(q), rotate(k), v], vision), g.constant('i64', [0])]) // [N,C]
  const between = g.op('Add', [x, weights.linear(g, attended, `${name}attn.proj`)])
  const inner = activation(weights.linear(g, layerNorm(g, weights, between, `${name}norm2`), `${name}${mlp[0]}`)) // [N,I]
  return g.op('Add', [between, weights.linear(g, inner, `${name}${mlp[1]}`)])
}

/** Row and column of each patch, in the order of the pixel values: cell by cell, and row by row within a cell. */
export function patchPlaces({rows, columns}: Grid, {merge}: VisionConfig): PlanInput {
  const values = new Float32Array(2 * rows * columns)
  let at = 0
  for (let top = 0; top < rows; top += merge) {
    for (let left = 0; left < columns; left += merge) {
      for (let i = 0; i < merge * merge; i++) {
        values[at++] = top + Math.floor(i / merge)
        values[at++] = left + (i % merge)
      }
    }
  }
  return {values, shape: [rows * columns, 2]}
}
