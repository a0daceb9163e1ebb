// What the latents of a generation are looked at with: the features of the pictures, each given once, and the tokens
// that the model's head reads in them.
import type {Generation, LogitLens, PictureFeatures, Request} from '../../core/generation.js'
import {fromFloat32} from '../../core/safetensors.js'
import type {DecodedBlock} from './decode.js'
import {interventionOf} from './latent-supply.js'
import type {PromptPicture} from './prefill.js'
import type {PromptTools} from './prepared-inputs.js'
import type {LatentHead} from './types.js'

/** The largest number that half precision with 10 bits of fraction holds. */
const largestHalf = 65_504

export class LatentContext {
  readonly #tools: PromptTools
  /** Pictures whose features were given. */
  readonly #given = new Set<string>()

  constructor(tools: PromptTools) {
    this.#tools = tools
  }

  /** Nothing for a generation without latents, and no lens where the whole of it came out of one graph. */
  of(
    request: Request,
    pictures: readonly PromptPicture[],
    blocks: readonly DecodedBlock[],
  ): Pick<Generation, 'lens' | 'pictures'> {
    if (!blocks.some(({vectors}) => vectors.length > 0)) return {}
    const changed = interventionOf(request)?.picture?.for === 'answer'
    return {
      pictures: changed ? [] : pictures.map(picture => this.#features(picture)),
      ...(blocks.some(({lens}) => lens.length > 0) && {lens: this.#lens(blocks)}),
    }
  }

  #features({seen, rows, columns, features}: PromptPicture): PictureFeatures {
    const key = `${seen.sha256} ${seen.sentWidth} ${seen.sentHeight}`
    if (this.#given.has(key)) return {seen, rows, columns}
    this.#given.add(key)
    const type = largest(features) > largestHalf ? 'BF16' : 'F16'
    return {seen, rows, columns, features: {type, bytes: fromFloat32(features, type)}}
  }

  #lens(blocks: readonly DecodedBlock[]): LogitLens {
    const {tokenizer, model} = this.#tools
    return {
      of: readsLatents(model.checkpoint.head) ? 'latent' : 'state',
      blocks: blocks.map(({lens}) =>
        lens.map(entries => entries.map(({id, p}) => ({id, token: tokenizer.decode([id]), p}))),
      ),
    }
  }
}

/** The largest magnitude. */
function largest(values: Float32Array): number {
  let most = 0
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!))
  return most
}

/**
 * Whether the logits of a step are computed from what is fed back: not behind CoLT's projection, nor behind a head that
 * reads an earlier layer (latent-head.ts).
 */
function readsLatents(head: LatentHead | null): boolean {
  return head === null || (head.kind !== 'colt' && head.layer === null)
}
