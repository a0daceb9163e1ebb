// Which tokens a latent would be read as, if it were read as text.
import {dot, type Vector} from './vectors.js'

/** Stands beside every list of tokens. */
export const lensWarning =
  'The head was trained on states that are read as text. What it says of a latent is a likeness, not its content.'

export interface LensToken {
  readonly id: number
  readonly logit: number
}

/** The k likeliest tokens of each latent, in one pass over the rows of the output head. */
export class LogitLens {
  readonly #latents: readonly Vector[]
  readonly #k: number
  readonly #best: LensToken[][]

  /** `latents` as the head would read them, after the last norm. */
  constructor(latents: readonly Vector[], k: number) {
    this.#latents = latents
    this.#k = k
    this.#best = latents.map(() => [])
  }

  /** Rows of the head, [rows, D]; `first` is the token id of the first. */
  add(rows: Iterable<Vector>, first: number): void {
    let id = first
    for (const row of rows) {
      for (const [at, latent] of this.#latents.entries()) this.#offer(this.#best[at]!, {id, logit: dot(latent, row)})
      id++
    }
  }

  #offer(best: LensToken[], token: LensToken): void {
    const last = best.at(-1)
    if (best.length === this.#k && (last === undefined || token.logit <= last.logit)) return
    // Equal logits keep the order of ids.
    let at = best.length
    while (at > 0 && best[at - 1]!.logit < token.logit) at--
    best.splice(at, 0, token)
    if (best.length > this.#k) best.pop()
  }

  /** By latent, the likeliest token first. */
  figures(): readonly (readonly LensToken[])[] {
    return this.#best
  }
}
