// Measures how far a checkpoint's fed-back latents can be trusted: the factor by which a small change of the first
// latent grows per step, and how far lower precision moves each latent. Every step is a full forward pass, so the KV
// cache is not involved.
import {random} from '../../../core/random.js'
import {rounded} from '../../../core/safetensors.js'
import {requireFinite} from '../finite.js'
import type {Checkpoint, LoadOptions, Model, Parity, Precision} from '../types.js'
import {loadModel} from './model.js'

export interface Probe {
  /** Number of latents fed in a row. */
  readonly latents: number
  /** Relative size of the change made to the first latent. */
  readonly perturbation: number
  /** Relative difference of each later latent from its unperturbed value. */
  readonly differences: readonly number[]
  /** Geometric mean of the growth from one latent to the next. Above 1, rounding differences are amplified. */
  readonly growthPerStep: number
  /** The relative difference of each free-running latent when every latent is rounded to bf16 where it is fed. */
  readonly bf16Latents: readonly number[]
  /** The relative difference of each free-running latent from fp32, and the teacher-forced parity of the weights. */
  readonly precisions: Readonly<
    Partial<Record<Precision, {readonly differences: readonly number[]; readonly parity: Parity}>>
  >
}

const promptLength = 24
const perturbation = 1e-3

/**
 * Feeds back the latents of two blocks (at least four), after a fixed random prompt that ends with START if the
 * checkpoint has it.
 */
export async function probe(
  checkpoint: Checkpoint,
  precisions: readonly Exclude<Precision, 'fp32'>[],
  options: Omit<LoadOptions, 'precision'>,
): Promise<Probe> {
  const latents = Math.max(4, 2 * (checkpoint.latent?.size ?? 8))
  const exact = await loadModel(checkpoint, {...options, precision: 'fp32'})
  const own = await feedBack(exact, latents)
  const changed = await feedBack(exact, latents, (latent, k) => (k === 0 ? nudge(latent) : latent))
  const inBf16 = await feedBack(exact, latents, latent => rounded(latent, 'BF16'))
  await exact.close()
  const differences = own.slice(1).map((latent, i) => relativeDifference(changed[i + 1]!, latent))

  const lower: Partial<Record<Precision, {differences: number[]; parity: Parity}>> = {}
  for (const precision of precisions) {
    const model = await loadModel(checkpoint, {...options, precision})
    const fed = await feedBack(model, latents)
    lower[precision] = {
      differences: fed.map((latent, i) => relativeDifference(latent, own[i]!)),
      parity: model.provenance.parity!,
    }
    await model.close()
  }
  const growth = (differences.at(-1)! / differences[0]!) ** (1 / (differences.length - 1))
  const bf16Latents = inBf16.map((latent, i) => relativeDifference(latent, own[i]!))
  return {latents, perturbation, differences, growthPerStep: growth, bf16Latents, precisions: lower}
}

/** Feeds `count` latents in a row and returns the vectors; `change` is applied to each, with its number from 0. */
async function feedBack(
  model: Model,
  count: number,
  change = (latent: Float32Array, _k: number) => latent,
): Promise<Float32Array[]> {
  const {text, latent} = model.checkpoint
  const choose = random('probe', 'prompt')
  const ids = Array.from({length: promptLength}, () => choose.integer(text.vocabulary))
  if (latent !== null) ids[promptLength - 1] = latent.ids.start
  const embeds = new Float32Array((promptLength + count) * text.hidden)
  embeds.set(model.embed(ids))
  const fed: Float32Array[] = []
  for (let length = promptLength; fed.length < count; length++) {
    const positions = Int32Array.from({length: 3 * length}, (_, i) => i % length)
    const input = {
      batch: 1,
      length,
      embeds: embeds.subarray(0, length * text.hidden),
      positions,
      totals: Int32Array.of(length),
      past: null,
      latents: Uint8Array.of(fed.length > 0 ? 1 : 0),
    }
    const {hidden} = await model.decode({...input, want: {hidden: true}})
    requireFinite(hidden!)
    const next = change(hidden!, fed.length)
    embeds.set(next, length * text.hidden)
    fed.push(next)
  }
  return fed
}

/** Moves the latent in a random direction by the relative length `perturbation`. */
function nudge(latent: Float32Array): Float32Array {
  const noise = random('probe', 'perturbation')
  const direction = latent.map(() => noise.normal())
  const scale = (perturbation * norm(latent)) / norm(direction)
  return latent.map((v, i) => v + scale * direction[i]!)
}

const norm = (vector: Float32Array) => Math.hypot(...vector)
const relativeDifference = (a: Float32Array, b: Float32Array) => norm(a.map((v, i) => v - b[i]!)) / norm(b)
