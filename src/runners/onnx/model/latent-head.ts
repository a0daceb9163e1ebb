// The learned heads through which some methods pass a state before it is fed back: how a checkpoint's files show one,
// and its part of the decoder graph. Sources: VincentLeebang/lvr: src/model/lvr_heads.py; Warrenustc1958/UniVLR:
// src/model/univlr_heads.py; hulianyuyy/CoLT: modeling_qwen3_vl.py.
import {LanternError} from '../../../core/errors.js'
import type {JsonObject} from '../../../core/json.js'
import {float, type Graph} from '../onnx-writer.js'
import type {LatentHead, TextConfig} from '../types.js'
import type {Weights} from '../weights.js'

/** A head, and what was assumed of it. */
interface FoundHead {
  readonly head: LatentHead | null
  readonly assumed: readonly string[]
}

/**
 * The head that config.json and the weights (`has`: whether a tensor is among them) show. Throws LanternError
 * `unsupported` for a kind that is not known here, and `bad-checkpoint` for a layer that the model does not have.
 */
export function latentHead(
  config: JsonObject,
  has: (tensor: string) => boolean,
  layers: number,
  file: string,
): FoundHead {
  for (const method of ['lvr', 'univlr']) {
    const [flag, name] = [config[`${method}_head`], `${method}_head`]
    const there = Object.values(markerTensors).some(tensor => has(`${name}.${tensor}`))
    if (flag !== true) {
      if (!there) continue
      if (flag === undefined || flag === null)
        throw new LanternError(
          'bad-checkpoint',
          `${file} has no ${name}, but the weights hold one (${name}.*), so it is not known whether states pass through it.`,
          `Add "${name}": true and "${name}_type" as the training had them, or false.`,
        )
      return {head: null, assumed: [`${name}.* is not used: config.json has ${name} false`]}
    }
    const kind = config[`${method}_head_type`] ?? 'simple'
    if (kind !== 'simple' && kind !== 'glu' && kind !== 'vae')
      throw new LanternError(
        'unsupported',
        `${file}: the ${name}_type ${JSON.stringify(kind)} is not one of simple, glu and vae.`,
        'Checkpoints with these heads, or without one, can be run.',
      )
    const layer = layerOf(config[`${method}_align_layer`], layers, `${file}: ${method}_align_layer`)
    return {head: {kind, name, layer}, assumed: []}
  }
  if (has('prj.1.weight') && has('prj.4.weight'))
    return {head: {kind: 'colt', name: 'prj', layer: null}, assumed: ["prj.* is taken for CoLT's projection"]}
  return {head: null, assumed: []}
}

/** One tensor of each kind, by which a head is seen in the weights. */
const markerTensors = {simple: 'mlp.0.weight', glu: 'gate_proj.weight', vae: 'mu_proj.weight'} as const

function layerOf(value: unknown, layers: number, place: string): number | null {
  if (value === undefined || value === null || value === -1) return null
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= layers) return value as number
  throw new LanternError(
    'bad-checkpoint',
    `${place} is ${JSON.stringify(value)}; the model has ${layers} layers.`,
    'Fetch the config.json that belongs to these weights.',
  )
}

/** Every tensor that a head reads, with its shape. */
export function headTensors({kind, name}: LatentHead, text: TextConfig): [name: string, shape: readonly number[]][] {
  const {hidden: H, intermediate: I} = text
  const linear = (layer: string, out: number, inputs: number): [string, readonly number[]][] => [
    [`${name}.${layer}.weight`, [out, inputs]],
    [`${name}.${layer}.bias`, [out]],
  ]
  const norm = (layer: string): [string, readonly number[]][] => [
    [`${name}.${layer}.weight`, [H]],
    [`${name}.${layer}.bias`, [H]],
  ]
  switch (kind) {
    case 'simple':
      return [...norm('ln_q'), ...linear('mlp.0', H, H), ...linear('mlp.2', H, H)]
    case 'glu':
      return [...linear('gate_proj', I, H), ...linear('up_proj', I, H), ...linear('down_proj', H, I)]
    case 'vae':
      return [
        ...norm('input_ln'),
        ...linear('fc1', H, H),
        ...linear('fc2', H, H),
        ...norm('hidden_ln'),
        ...linear('mu_proj', H, H),
      ]
    case 'colt':
      return [...linear('1', H / 2, H), ...linear('3', H, H / 2), ...norm('4')]
  }
}

/** The head's output for states [.., H]. The mean of `vae` is computed in float32, as in its own code. */
function projected(g: Graph, {kind, name}: LatentHead, weights: Weights, states: string): string {
  const layer = (w: Weights, x: string, of: string) => w.linear(g, x, `${name}.${of}`)
  const norm = (w: Weights, x: string, of: string, epsilon = 1e-6) =>
    g.op('LayerNormalization', [x, w.tensor(g, `${name}.${of}.weight`), w.tensor(g, `${name}.${of}.bias`)], {
      axis: -1,
      epsilon: float(epsilon),
    })
  const gelu = (x: string) => g.op('Gelu', [x])
  switch (kind) {
    case 'simple':
      return layer(weights, gelu(layer(weights, norm(weights, states, 'ln_q'), 'mlp.0')), 'mlp.2')
    case 'glu': {
      const gate = g.op('QuickGelu', [layer(weights, states, 'gate_proj')], {alpha: float(1)})
      return layer(weights, g.op('Mul', [gate, layer(weights, states, 'up_proj')]), 'down_proj')
    }
    case 'vae': {
      const exact = weights.inF32()
      const shared = layer(exact, norm(exact, weights.toF32(g, states), 'input_ln'), 'fc1')
      const hidden = norm(exact, layer(exact, gelu(shared), 'fc2'), 'hidden_ln')
      return weights.fromF32(g, layer(exact, hidden, 'mu_proj'))
    }
    case 'colt':
      return norm(weights, layer(weights, gelu(layer(weights, states, '1')), '3'), '4', 1e-5)
  }
}

/** What is fed back of a position, and what its logits are computed from. */
export interface Headed {
  readonly fedBack: string
  readonly forLogits: string
}

/**
 * Puts a head behind the states [B,R,H] of the requested positions. `latents` bool [B,R] is true where a vector was
 * fed: only there a state passes through the head (the first latent of a block is the plain state), except for CoLT,
 * whose every latent is projected. `tapped` are the outputs [B,R,H] of the layer that the head reads, if it reads one.
 */
export function withHead(
  g: Graph,
  head: LatentHead,
  weights: Weights,
  values: {readonly states: string; readonly tapped: string | null; readonly latents: string},
): Headed {
  const {states, tapped, latents} = values
  const out = projected(g, head, weights, tapped ?? states)
  if (head.kind === 'colt') return {fedBack: out, forLogits: states}
  const fedBack = g.op('Where', [g.op('Unsqueeze', [latents, g.constant('i64', [2])]), out, states])
  return {fedBack, forLogits: head.layer === null ? fedBack : states}
}

/** For people: `simple (lvr_head)`, `vae (univlr_head) on layer 14`. */
export function headInWords({kind, name, layer}: LatentHead): string {
  return `${kind} (${name})${layer === null ? '' : ` on layer ${layer}`}`
}
