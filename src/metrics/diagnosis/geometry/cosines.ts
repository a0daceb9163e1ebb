// How alike latents are: within a sample, and across samples at the same place. Near 1 across samples they say little
// about the sample. Descriptive: a cosine is never a measure of quality.
import {addTo, cosine, dot, norm, type Vector} from './vectors.js'

export interface CosineFigures {
  /** Mean cosine of two latents of one sample; null where no sample has two. */
  readonly within: number | null
  /** The same for neighbours. */
  readonly adjacent: number | null
  /** Mean cosine of the latents of two samples at the same place. */
  readonly across: number | null
  /**
   * The same after the mean of all latents is taken off: mean inner product of two latents over the mean squared
   * length.
   * The ratio of means, unlike the mean of ratios, needs one pass only.
   */
  readonly withinCentred: number | null
  readonly acrossCentred: number | null
}

interface Place {
  n: number
  readonly units: Float64Array
  readonly sum: Float64Array
}

/** Collects the cosines of a run in one pass: memory grows with the number of places, not of samples. */
export class Cosines {
  readonly #places: Place[] = []
  readonly #within = {pairs: 0, sum: 0}
  readonly #adjacent = {pairs: 0, sum: 0}
  #total: Float64Array | null = null
  #latents = 0
  #squares = 0
  /** Over samples: squared length of the sum, K times the sum, K^2 and K. */
  #sumSquares = 0
  #weighted: Float64Array | null = null
  #pairsWithSelf = 0

  /** The latents of one sample, in order. */
  add(latents: readonly Vector[]): void {
    const [first] = latents
    if (first === undefined) return
    this.#total ??= new Float64Array(first.length)
    this.#weighted ??= new Float64Array(first.length)
    const own = new Float64Array(first.length)
    for (const [k, latent] of latents.entries()) {
      addTo(own, latent)
      this.#squares += dot(latent, latent)
      const length = norm(latent)
      let place = this.#places[k]
      if (place === undefined) {
        place = {n: 0, units: new Float64Array(first.length), sum: new Float64Array(first.length)}
        this.#places[k] = place
      }
      place.n++
      addTo(place.sum, latent)
      if (length > 0) addTo(place.units, latent, 1 / length)
      for (let earlier = 0; earlier < k; earlier++) {
        const alike = cosine(latents[earlier]!, latent)
        this.#within.pairs++
        this.#within.sum += alike
        if (earlier === k - 1) {
          this.#adjacent.pairs++
          this.#adjacent.sum += alike
        }
      }
    }
    addTo(this.#total, own)
    addTo(this.#weighted, own, latents.length)
    this.#sumSquares += dot(own, own)
    this.#pairsWithSelf += latents.length ** 2
    this.#latents += latents.length
  }

  figures(): CosineFigures {
    const mean = ({pairs, sum}: {pairs: number; sum: number}) => (pairs === 0 ? null : sum / pairs)
    return {
      within: mean(this.#within),
      adjacent: mean(this.#adjacent),
      across: this.#across(),
      ...this.#centred(),
    }
  }

  /** Ordered pairs of different samples at one place: |sum of units|^2 less the n pairs of a latent with itself. */
  #across(): number | null {
    let pairs = 0
    let sum = 0
    for (const {n, units} of this.#places) {
      pairs += n * (n - 1)
      sum += dot(units, units) - n
    }
    return pairs === 0 ? null : sum / pairs
  }

  #centred(): Pick<CosineFigures, 'withinCentred' | 'acrossCentred'> {
    const total = this.#total
    if (total === null) return {withinCentred: null, acrossCentred: null}
    const n = this.#latents
    const centre = dot(total, total) / n ** 2
    const squares = this.#squares - n * centre
    const length = squares / n
    const ratio = (products: number, pairs: number) =>
      pairs === 0 || length <= 1e-12 * centre ? null : products / pairs / length
    // Sum over samples of |s - K mu|^2, less each latent with itself.
    const within = this.#sumSquares - (2 * dot(this.#weighted!, total)) / n + this.#pairsWithSelf * centre - squares
    let across = -squares
    let pairs = -n
    for (const place of this.#places) {
      across += dot(place.sum, place.sum) - (2 * place.n * dot(place.sum, total)) / n + place.n ** 2 * centre
      pairs += place.n ** 2
    }
    return {
      withinCentred: ratio(within, this.#pairsWithSelf - n),
      acrossCentred: ratio(across, pairs),
    }
  }
}
