// How many dimensions latents fill.
import {type Random, random} from '../../../core/random.js'
import {symmetricEigenvalues} from './eigenvalues.js'
import {addTo, dot, meanOf, type Vector} from './vectors.js'

export interface RankFigures {
  /** Latents that were used: all, or a seeded sample of them. */
  readonly latents: number
  /** (sum of eigenvalues)^2 / sum of their squares, of the covariance. */
  readonly participationRatio: number
  /** Fewest dimensions that hold 90 % of the variance. */
  readonly rank90: number
  /** Share of the first dimension. */
  readonly top1: number
}

/** Up to this many latents are kept: 15 MB at 3,584 dimensions, and eigenvalues in a few seconds. */
const kept = 1024

/**
 * The effective rank, in one pass: of more than 1,024 latents a seeded sample is kept (Vitter 1985, algorithm R). The
 * eigenvalues of the covariance are those of the Gram matrix of the centred latents.
 */
export class EffectiveRank {
  readonly #random: Random
  readonly #sample: Vector[] = []
  #seen = 0

  constructor(seed: string | number = 0) {
    this.#random = random('effective-rank', seed)
  }

  add(latents: Iterable<Vector>): void {
    for (const latent of latents) {
      this.#seen++
      if (this.#sample.length < kept) this.#sample.push(latent.slice())
      else {
        const at = this.#random.integer(this.#seen)
        if (at < kept) this.#sample[at] = latent.slice()
      }
    }
  }

  /** Null with fewer than two latents, or where all are the same. */
  figures(): RankFigures | null {
    const n = this.#sample.length
    if (n < 2) return null
    const centre = meanOf(this.#sample)
    const centred = this.#sample.map(latent => {
      const difference = Float64Array.from(latent)
      addTo(difference, centre, -1)
      return difference
    })
    const gram = new Float64Array(n * n)
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        const product = dot(centred[i]!, centred[j]!)
        gram[i * n + j] = product
        gram[j * n + i] = product
      }
    const values = symmetricEigenvalues(gram, n).map(value => Math.max(0, value))
    const total = values.reduce((sum, value) => sum + value, 0)
    if (total <= 1e-12 * n * dot(centre, centre)) return null
    let rank90 = 0
    for (let held = 0; held < 0.9 * total * (1 - 1e-12); rank90++) held += values[rank90]!
    const squares = values.reduce((sum, value) => sum + value * value, 0)
    return {latents: n, participationRatio: total ** 2 / squares, rank90, top1: values[0]! / total}
  }
}
