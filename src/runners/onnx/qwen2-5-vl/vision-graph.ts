// The Qwen2.5-VL vision tower as an ONNX graph for one picture, in the order of the forward pass
// (huggingface/transformers: models/qwen2_5_vl/modeling_qwen2_5_vl.py). One run per picture is exact, because attention
// never crosses pictures.
// Shapes: N patches, M = N / merge² merged cells, W windows of L patches, C channels of the tower, d head size, H text
// hidden size.
import {float, Graph} from '../onnx-writer.js'
import type {Weights} from '../weights.js'
import {silu} from '../model/decoder-graph.js'
import type {TextConfig, VisionConfig} from '../types.js'

/** The epsilon of the tower's norms and its rotary base are constants in the reference, not settings. */
const epsilon = float(1e-6)
const ropeTheta = 10_000

/**
 * Inputs: `pixel_values` f32 [N, patch elements] and a VisionPlan. Output: `image_features` f32 [M,H], cells in raster
 * order.
 */
export function visionGraph(vision: VisionConfig, text: TextConfig, weights: Weights): Uint8Array {
  const {depth, hidden, heads, channels, temporalPatch, patch, merge} = vision
  const headDim = hidden / heads
  const patchElements = channels * temporalPatch * patch * patch
  const windowLength = (vision.window / patch) ** 2
  const g = new Graph('vision')
  // Free dimensions have no names: onnxruntime keeps a dead buffer for the next value of the same named shape, which
  // doubles the peak.
  const [N, W, M] = [null, null, null]
  const pixels = g.input('pixel_values', 'f32', [N, patchElements])
  const order = g.input('order', 'i32', [N])
  const places = g.input('places', 'f32', [N, 2])
  const windows = g.input('windows', 'i32', [W, windowLength])
  const mask = g.input('mask', 'i32', [W, windowLength])
  const fromWindows = g.input('from_windows', 'i32', [N])
  const cells = g.input('cells', 'i32', [M])

  const rows = (x: string, at: string) => g.op('Gather', [x, at], {axis: 0})
  const norm = (x: string, name: string) =>
    g.op('SimplifiedLayerNormalization', [x, weights.tensor(g, name)], {axis: -1, epsilon})
  const attention = (q: string, k: string, v: string, padding = '') =>
    g.op('MultiHeadAttention', [q, k, v, '', padding], {num_heads: heads, scale: float(1 / Math.sqrt(headDim))})
  const first = g.constant('i64', [0])
  const rotate = rotary(g, weights, places, heads, headDim)

  // A convolution with a stride equal to its kernel size is one matrix product per patch.
  const embedded = weights.linear(g, weights.fromF32(g, pixels), 'visual.patch_embed.proj', [hidden, patchElements]) // [N,C]
  let x = rows(embedded, order) // [N,C] in window order
  for (let i = 0; i < depth; i++) {
    const block = `visual.blocks.${i}.`
    const qkv = weights.linear(g, norm(x, `${block}norm1.weight`), `${block}attn.qkv`) // [N,3C]
    const thirds = g.constant('i64', [hidden, hidden, hidden])
    const [q, k, v] = g.ops('Split', [g.op('Unsqueeze', [qkv, first]), thirds], {axis: -1}, [true, true, true]) as [
      string,
      string,
      string,
    ]
    let attended: string // [N,C]
    if (vision.fullAttentionBlocks.includes(i)) {
      attended = g.op('Squeeze', [attention(rotate(q), rotate(k), v), first])
    } else {
      const inWindows = (y: string) => rows(g.op('Squeeze', [y, first]), windows) // [W,L,C]
      const parts = attention(inWindows(rotate(q)), inWindows(rotate(k)), inWindows(v), mask)
      attended = rows(g.op('Reshape', [parts, g.constant('i64', [-1, hidden])]), fromWindows)
    }
    x = g.op('Add', [x, weights.linear(g, attended, `${block}attn.proj`)])

    const normed = norm(x, `${block}norm2.weight`)
    const gate = silu(g, weights.linear(g, normed, `${block}mlp.gate_proj`)) // [N,I]
    const up = weights.linear(g, normed, `${block}mlp.up_proj`) // [N,I]
    x = g.op('Add', [x, weights.linear(g, g.op('Mul', [gate, up]), `${block}mlp.down_proj`)])
  }
  // The merger joins the patches of a cell and projects them to the text's size.
  const joined = g.op('Reshape', [
    norm(x, 'visual.merger.ln_q.weight'),
    g.constant('i64', [-1, hidden * merge * merge]),
  ]) // [M,4C]
  const mixed = g.op('Gelu', [weights.linear(g, joined, 'visual.merger.mlp.0')])
  const features = rows(weights.linear(g, mixed, 'visual.merger.mlp.2'), cells) // [M,H] in raster order
  g.output('image_features', weights.toF32(g, features), 'f32', [M, text.hidden])
  return g.encode()
}

/**
 * Two-dimensional rotary positions: the first half of the frequencies rotates with the row, the second with the column.
 */
function rotary(g: Graph, weights: Weights, places: string, heads: number, headDim: number): (x: string) => string {
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
