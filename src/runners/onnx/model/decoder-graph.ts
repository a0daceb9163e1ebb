// The text decoder as an ONNX graph, in the order of the forward pass (huggingface/transformers:
// models/qwen2_5_vl/modeling_qwen2_5_vl.py, models/qwen3_vl/modeling_qwen3_vl.py). Shapes: B batch, S new positions, P
// cache capacity, R requested positions, M positions with added features, H hidden, V vocabulary, kv key-value heads,
// g query heads per key-value head, d head size.

import {defaultFrequencies} from '../checkpoint/rope-scaling.js'
import {float, Graph} from '../onnx-writer.js'
import type {LatentHead, TextConfig} from '../types.js'
import type {Weights} from '../weights.js'
import {withHead} from './latent-head.js'
import {ropeAxes} from './rope-axes.js'

/**
 * Attention of one layer: q [B,S,heads·d], k and v [B,S,kv·d], rotated -> [B,S,heads·d]. The caller decides where the
 * cache is kept.
 */
export type Attend = (layer: number, q: string, k: string, v: string) => string

/** Features of the vision tower that are added after the first layers, once the caller has named their places. */
export interface DeepStack {
  /** i64 [M, 2]: row of the batch and position. */
  readonly places: string
  /** Per level [M,H]. */
  readonly levels: readonly string[]
}

/** What a caller adds to the layers, or reads from them. */
export interface LayerOptions {
  readonly deepstack?: DeepStack | null
  /** Called with the output [B,S,H] of each layer, counted from 1. */
  readonly onLayer?: (layer: number, output: string) => void
}

/**
 * Embeddings x [B,S,H] and positions i32 [3,B,S] -> states after the final norm [B,S,H].
 * The residual sum and the following norm are one operator, so each block passes its normed input on to the next.
 * `onLayer` is told the output [B,S,H] of each layer, counted from 1, before any norm.
 */
export function decoderForward(
  g: Graph,
  config: TextConfig,
  weights: Weights,
  x: string,
  positions: string,
  attend: Attend,
  {deepstack = null, onLayer = () => undefined}: LayerOptions = {},
): string {
  const rotate = rotary(g, config, weights, positions)
  const epsilon = float(config.normEpsilon)
  let residual = x // [B,S,H]
  let normed = g.op('SimplifiedLayerNormalization', [x, weights.tensor(g, 'model.layers.0.input_layernorm.weight')], {
    axis: -1,
    epsilon,
  })
  const addAndNorm = (y: string, norm: string) => {
    const outputs = g.ops('SkipSimplifiedLayerNormalization', [y, residual, weights.tensor(g, norm)], {epsilon}, [
      true,
      false,
      false,
      true,
    ])
    normed = outputs[0]!
    residual = outputs[3]!
  }

  for (let i = 0; i < config.layers; i++) {
    const layer = `model.layers.${i}.`
    const project = (part: 'q' | 'k', heads: number) => {
      const projected = weights.linear(g, normed, `${layer}self_attn.${part}_proj`)
      const name = `${layer}self_attn.${part}_norm.weight`
      return rotate(config.queryKeyNorm ? headNorm(g, config, weights, {x: projected, heads, name}) : projected, heads)
    }
    const q = project('q', config.heads) // [B,S,heads·d]
    const k = project('k', config.kvHeads) // [B,S,kv·d]
    const values = weights.linear(g, normed, `${layer}self_attn.v_proj`)
    // Where queries have a known shape and values have not (in a loop), onnxruntime takes the three for packed.
    const v = config.queryKeyNorm
      ? g.op('Reshape', [values, g.constant('i64', [0, 0, config.kvHeads * config.headDim])])
      : values // [B,S,kv·d]
    const attended = attend(i, q, k, v) // [B,S,heads·d]
    addAndNorm(weights.linear(g, attended, `${layer}self_attn.o_proj`), `${layer}post_attention_layernorm.weight`)

    const gate = weights.linear(g, normed, `${layer}mlp.gate_proj`) // [B,S,I]
    const up = weights.linear(g, normed, `${layer}mlp.up_proj`) // [B,S,I]
    const down = weights.linear(g, g.op('Mul', [silu(g, gate), up]), `${layer}mlp.down_proj`) // [B,S,H]
    // Added before the residual sum, which is the same as after it.
    const level = deepstack?.levels[i]
    const added = level === undefined ? down : scatterAdd(g, down, deepstack!.places, level)
    addAndNorm(added, i + 1 < config.layers ? `model.layers.${i + 1}.input_layernorm.weight` : 'model.norm.weight')
    onLayer(i + 1, residual)
  }
  return normed
}

/** RMS norm of each head of [B,S,n·d], one weight vector for all heads. */
function headNorm(
  g: Graph,
  {headDim, normEpsilon}: TextConfig,
  weights: Weights,
  {x, heads, name}: {readonly x: string; readonly heads: number; readonly name: string},
): string {
  const byHead = g.op('Reshape', [x, g.constant('i64', [0, 0, heads, headDim])]) // [B,S,n,d]
  const inputs = [byHead, weights.tensor(g, name)]
  const normed = g.op('SimplifiedLayerNormalization', inputs, {axis: -1, epsilon: float(normEpsilon)})
  return g.op('Reshape', [normed, g.constant('i64', [0, 0, heads * headDim])])
}

/** x [B,S,H] with the rows [M,H] added at `places` [M,2]. M may be 0. */
function scatterAdd(g: Graph, x: string, places: string, rows: string): string {
  return g.op('ScatterND', [x, places, rows], {reduction: 'add'})
}

/** x · sigmoid(x), in one pass over memory. */
export function silu(g: Graph, x: string): string {
  return g.op('QuickGelu', [x], {alpha: float(1)})
}

/** Logits [.., V] of states [.., H]. */
export function head(g: Graph, config: TextConfig, weights: Weights, states: string): string {
  return weights.linear(g, states, config.tied ? 'model.embed_tokens' : 'lm_head')
}

/**
 * Multimodal rotary positions: each frequency rotates with the time, the row or the column. The angles are computed
 * once for all layers. The returned function rotates [B,S,n·d], pairing elements j and j + d/2 of each head.
 */
function rotary(
  g: Graph,
  config: TextConfig,
  weights: Weights,
  positions: string,
): (x: string, heads: number) => string {
  const {headDim, ropeTheta, ropeScaling} = config
  const half = headDim / 2
  const frequencies = new Array<number>(3 * half).fill(0) // [3, d/2], one non-zero per column
  const byIndex = ropeScaling?.frequencies ?? defaultFrequencies(headDim, ropeTheta)
  for (const [j, axis] of ropeAxes(config).entries()) frequencies[axis * half + j] = byIndex[j]!
  const byPosition = g.op('Cast', [g.op('Transpose', [positions], {perm: [1, 2, 0]})], {to: 1}) // [B,S,3]
  const angles = g.op('MatMul', [byPosition, g.constant('f32', frequencies, [3, half])]) // [B,S,d/2]
  const factor = ropeScaling?.attentionFactor ?? 1
  const scaled = (values: string) => (factor === 1 ? values : g.op('Mul', [values, g.scalar('f32', factor)]))
  const table = (f: 'Cos' | 'Sin') =>
    weights.fromF32(g, g.op('Reshape', [scaled(g.op(f, [angles])), g.constant('i64', [-1, half])])) // [B·S,d/2]
  const cos = table('Cos')
  const sin = table('Sin')
  // Every position has its own row in the tables: row b·S + s.
  const batchAndLength = g.op('Slice', [g.op('Shape', [positions]), g.constant('i64', [1]), g.constant('i64', [3])])
  const count = g.op('ReduceProd', [batchAndLength], {keepdims: 0})
  const rows = g.op('Reshape', [g.op('Range', [g.scalar('i64', 0), count, g.scalar('i64', 1)]), batchAndLength]) // [B,S]
  return (x, heads) =>
    g.op('RotaryEmbedding', [x, rows, cos, sin], {num_heads: heads, rotary_embedding_dim: headDim, interleaved: 0})
}

/** [B,S,n·d] -> [B,n,S,d] */
function splitHeads(g: Graph, x: string, heads: number, headDim: number): string {
  return g.op('Transpose', [g.op('Reshape', [x, g.constant('i64', [0, 0, heads, headDim])])], {perm: [0, 2, 1, 3]})
}

/**
 * GroupQueryAttention over past [B,kv,P,d] and new positions. Never builds an S x S matrix. Returns [attended, present
 * k, present v].
 */
export function groupQueryAttention(
  g: Graph,
  config: TextConfig,
  inputs: readonly string[],
): [attended: string, key: string, value: string] {
  const {heads, kvHeads, headDim} = config
  const attributes = {num_heads: heads, kv_num_heads: kvHeads, scale: float(1 / Math.sqrt(headDim)), do_rotary: 0}
  return g.ops('GroupQueryAttention', inputs, attributes, [true, true, true]) as [string, string, string]
}

/**
 * The decoder for one `run()` per step. The caller owns the cache: the graph reads it padded to P and returns only new
 * rows.
 * Inputs and outputs correspond to DecoderInput and DecoderOutput (types.ts); decoder.ts feeds them.
 */
export function decoderGraph(config: TextConfig, latentHead: LatentHead | null, weights: Weights): Uint8Array {
  const {layers, hidden, kvHeads, headDim, vocabulary} = config
  const g = new Graph('decoder')
  const embeds = g.input('inputs_embeds', 'f32', ['B', 'S', hidden])
  const positions = g.input('position_ids', 'i32', [3, 'B', 'S'])
  const lastIndex = g.input('seqlens_k', 'i32', ['B']) // index of each row's last valid position, the cache included
  const longest = g.input('total_seq', 'i32', [])
  const bias = g.input('past_bias', 'f32', ['B', 1, 1, 'P'])
  const rows = g.input('rows', 'i32', ['B', 'R'])
  const headRows = g.input('head_rows', 'i64', [1]) // R, or 0: no tokens
  const targets = g.input('targets', 'i32', ['B', 'T']) // T = R, or 0: no log-probabilities
  const deepstack = deepstackInputs(g, config, weights)
  const past = Array.from({length: layers}, (_, i) => ({
    key: g.input(`past.${i}.key`, 'f32', ['B', kvHeads, 'P', headDim]),
    value: g.input(`past.${i}.value`, 'f32', ['B', kvHeads, 'P', headDim]),
  }))

  const length = g.op('Gather', [g.op('Shape', [embeds]), g.scalar('i64', 1)])
  const isStep = g.op('Equal', [length, g.scalar('i64', 1)])
  const biasIn = weights.fromF32(g, bias)
  const attend: Attend = (layer, q, k, v) => {
    const newKey = splitHeads(g, k, kvHeads, headDim) // [B,kv,S,d]
    const newValue = splitHeads(g, v, kvHeads, headDim)
    g.output(`delta.${layer}.key`, weights.toF32(g, newKey), 'f32', ['B', kvHeads, 'S', headDim])
    g.output(`delta.${layer}.value`, weights.toF32(g, newValue), 'f32', ['B', kvHeads, 'S', headDim])
    const pastKey = weights.fromF32(g, past[layer]!.key)
    const pastValue = weights.fromF32(g, past[layer]!.value)

    const step = new Graph(`step_${layer}`, g)
    step.output(
      `step_${layer}_out`,
      stepAttention(step, config, {q, newKey, newValue, pastKey, pastValue, bias: biasIn}),
      weights.compute,
    )
    const chunk = new Graph(`chunk_${layer}`, g)
    const [attended] = groupQueryAttention(chunk, config, [q, k, v, pastKey, pastValue, lastIndex, longest])
    chunk.output(`chunk_${layer}_out`, attended, weights.compute)
    return g.op('If', [isStep], {then_branch: step, else_branch: chunk})
  }
  let tapped: string | null = null // [B,S,H]
  const onLayer = (layer: number, output: string) => {
    if (layer === latentHead?.layer) tapped = output
  }
  const x = weights.fromF32(g, embeds)
  const states = decoderForward(g, config, weights, x, positions, attend, {deepstack, onLayer}) // [B,S,H]

  const at = g.op('Unsqueeze', [g.op('Cast', [rows], {to: 7}), g.constant('i64', [2])]) // [B,R,1]
  const atRows = (values: string) => g.op('GatherND', [values, at], {batch_dims: 1}) // [B,R,H]
  const plain = atRows(states)
  const {fedBack, forLogits} =
    latentHead === null
      ? {fedBack: plain, forLogits: plain}
      : withHead(g, latentHead, weights, {
          states: plain,
          tapped: tapped === null ? null : atRows(tapped),
          latents: g.input('latents', 'bool', ['B', 'R']),
        })
  g.output('hidden_states', weights.toF32(g, fedBack), 'f32', ['B', 'R', hidden])
  const withToken = g.op('Slice', [forLogits, g.constant('i64', [0]), headRows, g.constant('i64', [1])]) // [B,R or 0,H]
  const logits = weights.toF32(g, head(g, config, weights, withToken)) // [B,R or 0,V]
  g.output('logits', logits, 'f32', ['B', null, vocabulary])
  g.output('next_token', g.op('Cast', [g.op('ArgMax', [logits], {axis: -1, keepdims: 0})], {to: 6}), 'i32', ['B', null])
  g.output('log_probs', targetLogProbs(g, logits, targets), 'f32', ['B', 'T'])
  return g.encode()
}

/** The inputs `deepstack_places` i32 [M,2] and `deepstack.L` f32 [M,H]; null for a decoder without them. */
export function deepstackInputs(g: Graph, config: TextConfig, weights: Weights): DeepStack | null {
  if (config.deepstack === 0) return null
  const places = g.op('Cast', [g.input('deepstack_places', 'i32', ['M', 2])], {to: 7})
  const levels = Array.from({length: config.deepstack}, (_, level) =>
    weights.fromF32(g, g.input(`deepstack.${level}`, 'f32', ['M', config.hidden])),
  )
  return {places, levels}
}

interface StepValues {
  readonly q: string
  readonly newKey: string
  readonly newValue: string
  readonly pastKey: string
  readonly pastValue: string
  readonly bias: string
}

/**
 * Attention of one new position over the cache and over itself, in two parts, so that the cache is read in place and
 * never copied.
 */
function stepAttention(
  g: Graph,
  config: TextConfig,
  {q, newKey, newValue, pastKey, pastValue, bias}: StepValues,
): string {
  const {heads, kvHeads, headDim} = config
  const queries = g.op('Reshape', [q, g.constant('i64', [0, kvHeads, -1, headDim])]) // [B,kv,g,d]
  const scores = (keys: string) =>
    g.op('FusedMatMul', [queries, keys], {transB: 1, alpha: float(1 / Math.sqrt(headDim))})
  const all = g.op('Concat', [g.op('Add', [scores(pastKey), bias]), scores(newKey)], {axis: -1}) // [B,kv,g,P+1]
  const p = g.op('Softmax', [all], {axis: -1})
  const [first, last, beyond, axis] = [0, -1, 2 ** 31, 3].map(n => g.constant('i64', [n])) as [
    string,
    string,
    string,
    string,
  ]
  const fromPast = g.op('MatMul', [g.op('Slice', [p, first, last, axis]), pastValue]) // [B,kv,g,d]
  const fromNew = g.op('MatMul', [g.op('Slice', [p, last, beyond, axis]), newValue]) // [B,kv,g,d]
  return g.op('Reshape', [g.op('Add', [fromPast, fromNew]), g.constant('i64', [0, 1, heads * headDim])]) // [B,1,heads·d]
}

/** log softmax(logits)[target] for logits [B,R,V] and targets [B,R]. Computes nothing for targets [B,0]. */
function targetLogProbs(g: Graph, logits: string, targets: string): string {
  const score = new Graph('score', g)
  const axis = score.constant('i64', [2])
  const all = score.op('LogSoftmax', [logits], {axis: -1})
  const picked = score.op('GatherElements', [all, score.op('Unsqueeze', [targets, axis])], {axis: 2})
  score.output('score_out', score.op('Squeeze', [picked, axis]), 'f32')
  const none = new Graph('no_score', g)
  none.output('no_score_out', none.op('Cast', [targets], {to: 1}), 'f32')
  const any = g.op('Greater', [g.op('Size', [targets]), g.scalar('i64', 0)])
  return g.op('If', [any], {then_branch: score, else_branch: none})
}
