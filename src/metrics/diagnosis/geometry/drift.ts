// How far the latents of a model run from what they were trained to be, step by step.
import {cosine, dot, type Vector} from './vectors.js'

export interface DriftStep {
  readonly step: number
  readonly n: number
  /** Mean cosine of own and oracle at this step. */
  readonly cosine: number
  /** Mean squared difference per dimension. */
  readonly squaredError: number
}

/** Collects own latents against the oracle's, by step, in one pass. */
export class Drift {
  readonly #steps: {n: number; cosine: number; error: number}[] = []

  /** The latents of one sample and its oracle's, both in order; what one of them lacks is left out. */
  add(own: readonly Vector[], oracle: readonly Vector[]): void {
    for (let k = 0; k < Math.min(own.length, oracle.length); k++) {
      const [mine, aim] = [own[k]!, oracle[k]!]
      const step = this.#steps[k] ?? {n: 0, cosine: 0, error: 0}
      const squares = dot(mine, mine) - 2 * dot(mine, aim) + dot(aim, aim)
      this.#steps[k] = {
        n: step.n + 1,
        cosine: step.cosine + cosine(mine, aim),
        error: step.error + Math.max(0, squares) / mine.length,
      }
    }
  }

  figures(): DriftStep[] {
    return this.#steps.map(({n, cosine: sum, error}, step) => ({step, n, cosine: sum / n, squaredError: error / n}))
  }
}
