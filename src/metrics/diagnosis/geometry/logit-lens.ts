// Which tokens the output head of a model reads in latents, over all samples, step by step.
import type {LensToken} from '../../../core/generation.js'

export interface LensStep {
  readonly step: number
  readonly n: number
  /** The tokens that were most often the likeliest one, and the share of samples in which they were. */
  readonly tokens: readonly {readonly id: number; readonly token: string; readonly share: number}[]
  /** Mean probability of the likeliest token. */
  readonly p: number
}

/** Tokens that are told of a step. */
const told = 3

/** Counts the likeliest token of each step in one pass: memory grows with the different tokens, not with samples. */
export class LogitLensTally {
  readonly #steps: {n: number; p: number; readonly tokens: Map<number, {readonly token: string; count: number}>}[] = []

  /** The tokens of one sample by latent, the likeliest first. A latent without tokens is left out. */
  add(latents: readonly (readonly LensToken[])[]): void {
    for (const [k, [likeliest]] of latents.entries()) {
      this.#steps[k] ??= {n: 0, p: 0, tokens: new Map()}
      if (likeliest === undefined) continue
      const step = this.#steps[k]
      const seen = step.tokens.get(likeliest.id) ?? {token: likeliest.token, count: 0}
      step.tokens.set(likeliest.id, seen)
      seen.count++
      step.n++
      step.p += likeliest.p
    }
  }

  figures(): LensStep[] {
    return this.#steps.flatMap(({n, p, tokens}, step) => {
      // Equally frequent tokens keep the order of ids.
      const sorted = [...tokens].sort(([a, one], [b, other]) => other.count - one.count || a - b).slice(0, told)
      const shares = sorted.map(([id, {token, count}]) => ({id, token, share: count / n}))
      return n === 0 ? [] : [{step, n, tokens: shares, p: p / n}]
    })
  }
}
