// The Qwen2.5-VL vision tower as an ONNX graph for one picture, in the order of the forward pass
// (huggingface/transformers: models/qwen2_5_vl/modeling_qwen2_5_vl.py). One run per picture is exact, because attention
// never crosses pictures.
// Shapes: N patches, M = N / merge² merged cells, W windows of L patches, C channels of the tower, d head size, H text
// hidden size.
import {silu} from '../model/decoder-graph.js'
import {
  attention,
  epsilon,
  joinCells,
  patchElements,
  patchEmbedding,
  queriesKeysValues,
  rotary,
  rowsOf,
} from '../model/vision-parts.js'
import {Graph} from '../onnx-writer.js'
import type {TextConfig} from '../types.js'
import type {Weights} from '../weights.js'
import type {Qwen25Vision} from './config.js'

/** See Architecture.visionGraph. */
export function visionGraph(vision: Qwen25Vision, text: TextConfig, weights: Weights): Uint8Array {
  const {depth, hidden} = vision
  const windowLength = (vision.window / vision.patch) ** 2
  const g = new Graph('vision')
  // Free dimensions have no names: onnxruntime keeps a dead buffer for the next value of the same named shape, which
  // doubles the peak.
  const [N, W, M] = [null, null, null]
  const pixels = g.input('pixel_values', 'f32', [N, patchElements(vision)])
  const order = g.input('order', 'i32', [N])
  const places = g.input('places', 'f32', [N, 2])
  const windows = g.input('windows', 'i32', [W, windowLength])
  const mask = g.input('mask', 'i32', [W, windowLength])
  const fromWindows = g.input('from_windows', 'i32', [N])
  const cells = g.input('cells', 'i32', [M])

  const rows = (x: string, at: string) => rowsOf(g, x, at)
  const norm = (x: string, name: string) =>
    g.op('SimplifiedLayerNormalization', [x, weights.tensor(g, name)], {axis: -1, epsilon})
  const first = g.constant('i64', [0])
  const rotate = rotary(g, weights, places, vision)

  let x = rows(patchEmbedding(g, weights, pixels, vision), order) // [N,C] in window order
  for (let i = 0; i < depth; i++) {
    const block = `visual.blocks.${i}.`
    const normedIn = norm(x, `${block}norm1.weight`)
    const [q, k, v] = queriesKeysValues(g, weights, normedIn, `${block}attn.qkv`, hidden)
    let attended: string // [N,C]
    if (vision.fullAttentionBlocks.includes(i)) {
      attended = g.op('Squeeze', [attention(g, [rotate(q), rotate(k), v], vision), first])
    } else {
      const inWindows = (y: string) => rows(g.op('Squeeze', [y, first]), windows) // [W,L,C]
      const parts = attention(g, [inWindows(rotate(q)), inWindows(rotate(k)), inWindows(v)], vision, mask)
      attended = rows(g.op('Reshape', [parts, g.constant('i64', [-1, hidden])]), fromWindows)
    }
    x = g.op('Add', [x, weights.linear(g, attended, `${block}attn.proj`)])

    const normed = norm(x, `${block}norm2.weight`)
    const gate = silu(g, weights.linear(g, normed, `${block}mlp.gate_proj`)) // [N,I]
    const up = weights.linear(g, normed, `${block}mlp.up_proj`) // [N,I]
    x = g.op('Add', [x, weights.linear(g, g.op('Mul', [gate, up]), `${block}mlp.down_proj`)])
  }
  // The merger joins the patches of a cell and projects them to the text's size.
  const joined = joinCells(g, norm(x, 'visual.merger.ln_q.weight'), vision) // [M,4C]
  const mixed = g.op('Gelu', [weights.linear(g, joined, 'visual.merger.mlp.0')])
  const features = rows(weights.linear(g, mixed, 'visual.merger.mlp.2'), cells) // [M,H] in raster order
  g.output('image_features', weights.toF32(g, features), 'f32', [M, text.hidden])
  return g.encode()
}
