// Qwen2.5-VL in float64, written for readability: whole sequences, no cache, one row, windows as masks. The tests of
// the graphs compare against it.
// Formulas: huggingface/transformers: models/qwen2_5_vl/modeling_qwen2_5_vl.py. Matrices are arrays of rows.

import {readFloats} from '../../src/core/safetensors.js'
import type {Qwen25Vision} from '../../src/runners/onnx/qwen2-5-vl/config.js'
import type {Checkpoint} from '../../src/runners/onnx/types.js'

type Matrix = Float64Array[]
type Weights = ReadonlyMap<string, {readonly values: Float32Array; readonly out: number}>

/** All weights of a (tiny) checkpoint, as numbers. */
export async function readWeights({tensors}: Checkpoint): Promise<Weights> {
  const weights = new Map<string, {values: Float32Array; out: number}>()
  for (const [name, place] of tensors) weights.set(name, {values: await readFloats(place), out: place.shape[0]!})
  return weights
}

function linear(weights: Weights, x: Matrix, name: string): Matrix {
  const {values, out} = weights.get(`${name}.weight`)!
  const bias = weights.get(`${name}.bias`)?.values
  return x.map(row =>
    Float64Array.from({length: out}, (_, i) =>
      row.reduce((sum, v, j) => sum + v * values[i * row.length + j]!, bias?.[i] ?? 0),
    ),
  )
}

function rmsNorm(weights: Weights, x: Matrix, name: string, epsilon: number): Matrix {
  const {values} = weights.get(`${name}.weight`)!
  return x.map(row => {
    const scale = 1 / Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / row.length + epsilon)
    return row.map((v, i) => v * scale * values[i]!)
  })
}

const add = (a: Matrix, b: Matrix): Matrix => a.map((row, i) => row.map((v, j) => v + b[i]![j]!))

function swiglu(weights: Weights, x: Matrix, name: string): Matrix {
  const up = linear(weights, x, `${name}.up_proj`)
  const gated = linear(weights, x, `${name}.gate_proj`).map((row, i) =>
    row.map((v, j) => (v / (1 + Math.exp(-v))) * up[i]![j]!),
  )
  return linear(weights, gated, `${name}.down_proj`)
}

/** Rotates each head of each row, pairing j and j + d/2, by `angle(row, j)`, and multiplies it by `factor`. */
function rotate(x: Matrix, headDim: number, angle: (row: number, j: number) => number, factor = 1): Matrix {
  const half = headDim / 2
  return x.map((row, t) =>
    row.map((v, i) => {
      const j = i % headDim
      const a = angle(t, j % half)
      const other = j < half ? -row[i + half]! : row[i - half]!
      return factor * (v * Math.cos(a) + other * Math.sin(a))
    }),
  )
}

/** Softmax attention, head by head, over the rows that `sees(row, other)` allows. */
function attention(
  q: Matrix,
  k: Matrix,
  v: Matrix,
  heads: number,
  headDim: number,
  sees: (row: number, other: number) => boolean,
): Matrix {
  const group = heads / (k[0]!.length / headDim)
  return q.map((row, t) => {
    const out = new Float64Array(row.length)
    const others = k.map((_, u) => u).filter(u => sees(t, u))
    for (let h = 0; h < heads; h++) {
      const from = Math.floor(h / group) * headDim
      const scores = others.map(u => {
        let dot = 0
        for (let j = 0; j < headDim; j++) dot += row[h * headDim + j]! * k[u]![from + j]!
        return dot / Math.sqrt(headDim)
      })
      const top = Math.max(...scores)
      const powers = scores.map(score => Math.exp(score - top))
      const total = powers.reduce((a, b) => a + b)
      others.forEach((u, i) => {
        for (let j = 0; j < headDim; j++) out[h * headDim + j]! += (powers[i]! / total) * v[u]![from + j]!
      })
    }
    return out
  })
}

/**
 * Embeddings [S, H] and positions [3][S] -> states after the final norm [S, H] and logits [S, V]. `rope` replaces the
 * default frequencies.
 */
export function referenceDecoder(
  {text}: Checkpoint,
  weights: Weights,
  embeds: Float32Array,
  positions: readonly (readonly number[])[],
  rope?: {readonly frequencies: readonly number[]; readonly factor: number},
) {
  const {hidden, heads, headDim, ropeTheta, mropeSection, normEpsilon} = text
  const frequency = (j: number) => rope?.frequencies[j] ?? ropeTheta ** ((-2 * j) / headDim)
  const axes = mropeSection.flatMap((size, axis) => new Array<number>(size).fill(axis))
  const angle = (t: number, j: number) => positions[axes[j]!]![t]! * frequency(j)
  let x: Matrix = Array.from({length: embeds.length / hidden}, (_, t) =>
    Float64Array.from(embeds.subarray(t * hidden, (t + 1) * hidden)),
  )
  for (let i = 0; i < text.layers; i++) {
    const layer = `model.layers.${i}.`
    const normed = rmsNorm(weights, x, `${layer}input_layernorm`, normEpsilon)
    const q = rotate(linear(weights, normed, `${layer}self_attn.q_proj`), headDim, angle, rope?.factor)
    const k = rotate(linear(weights, normed, `${layer}self_attn.k_proj`), headDim, angle, rope?.factor)
    const v = linear(weights, normed, `${layer}self_attn.v_proj`)
    const attended = attention(q, k, v, heads, headDim, (t, u) => u <= t)
    x = add(x, linear(weights, attended, `${layer}self_attn.o_proj`))
    x = add(x, swiglu(weights, rmsNorm(weights, x, `${layer}post_attention_layernorm`, normEpsilon), `${layer}mlp`))
  }
  const states = rmsNorm(weights, x, 'model.norm', normEpsilon)
  return {states, logits: linear(weights, states, text.tied ? 'model.embed_tokens' : 'lm_head')}
}

/**
 * Pixel values [N, patch elements] of one picture -> image features [M, H]. Windows are implemented as a mask over all
 * patches.
 */
export function referenceVision(
  checkpoint: Checkpoint,
  weights: Weights,
  pixels: Float32Array,
  rows: number,
  columns: number,
): Matrix {
  const vision = checkpoint.vision as Qwen25Vision
  const {hidden, heads, merge} = vision
  const headDim = hidden / heads
  const places = patchPlaces(rows, columns, vision)
  const half = headDim / 2
  const angle = (n: number, j: number) => {
    const {row, column} = places[n]!
    return (j < half / 2 ? row : column) * 10_000 ** ((-2 * (j % (half / 2))) / half)
  }
  const elements = pixels.length / places.length
  const patches = places.map((_, n) => Float64Array.from(pixels.subarray(n * elements, (n + 1) * elements)))
  let x = linear(weights, patches, 'visual.patch_embed.proj')
  for (let i = 0; i < vision.depth; i++) {
    const block = `visual.blocks.${i}.`
    const qkv = linear(weights, rmsNorm(weights, x, `${block}norm1`, 1e-6), `${block}attn.qkv`)
    const [q, k, v] = [0, 1, 2].map(part => qkv.map(row => row.slice(part * hidden, (part + 1) * hidden))) as [
      Matrix,
      Matrix,
      Matrix,
    ]
    const everywhere = vision.fullAttentionBlocks.includes(i)
    const sees = (n: number, m: number) => everywhere || places[n]!.window === places[m]!.window
    const attended = attention(rotate(q, headDim, angle), rotate(k, headDim, angle), v, heads, headDim, sees)
    x = add(x, linear(weights, attended, `${block}attn.proj`))
    x = add(x, swiglu(weights, rmsNorm(weights, x, `${block}norm2`, 1e-6), `${block}mlp`))
  }
  const normed = rmsNorm(weights, x, 'visual.merger.ln_q', 1e-6)
  const perCell = merge * merge
  const cells = Array.from({length: places.length / perCell}, (_, cell) =>
    Float64Array.from(normed.slice(cell * perCell, (cell + 1) * perCell).flatMap(row => [...row])),
  )
  const mixed = linear(weights, cells, 'visual.merger.mlp.0').map(row =>
    row.map(v => 0.5 * v * (1 + erf(v / Math.SQRT2))),
  )
  return linear(weights, mixed, 'visual.merger.mlp.2')
}

/** The position and the window of each patch. Patches come cell by cell, and row by row within a cell. */
function patchPlaces(rows: number, columns: number, {merge, window, patch}: Qwen25Vision) {
  const side = window / patch
  const places: {row: number; column: number; window: string}[] = []
  for (let top = 0; top < rows; top += merge) {
    for (let left = 0; left < columns; left += merge) {
      for (let row = top; row < top + merge; row++) {
        for (let column = left; column < left + merge; column++) {
          places.push({row, column, window: `${Math.floor(row / side)},${Math.floor(column / side)}`})
        }
      }
    }
  }
  return places
}

/** erf by its Taylor series, exact to double rounding for the small arguments of a test. */
function erf(x: number): number {
  let term = x
  let sum = x
  for (let n = 1; Math.abs(term) > 1e-17; n++) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}
