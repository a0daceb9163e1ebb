// Whether a sample's latents lie nearer to its own oracle than to those of other samples.
import {meanOf, norm, type Vector} from './vectors.js'

export interface RetrievalFigures {
  readonly n: number
  readonly recallAt1: number
  readonly recallAt5: number
  /** Mean reciprocal rank. */
  readonly mrr: number
  /** The same if the order were random. */
  readonly chance: {readonly recallAt1: number; readonly recallAt5: number; readonly mrr: number}
  /** The guard: samples whose oracle, as the query, ranks its own entry first. */
  readonly oracle: {readonly checked: number; readonly passed: number}
}

/**
 * The query is the mean of a sample's own latents, the gallery the mean of every sample's oracle vectors, the order
 * that of cosines: rank = 1 + number of entries that are nearer. One unit vector per sample is kept on each side.
 */
export class Retrieval {
  readonly #queries: Float32Array[] = []
  readonly #gallery: Float32Array[] = []

  /** A sample without latents or without an oracle is left out. */
  add(own: readonly Vector[], oracle: readonly Vector[]): void {
    if (own.length === 0 || oracle.length === 0) return
    this.#queries.push(unit(meanOf(own)))
    this.#gallery.push(unit(meanOf(oracle)))
  }

  /** Null without samples. */
  figures(): RetrievalFigures | null {
    const n = this.#gallery.length
    if (n === 0) return null
    const ranks = this.#queries.map((query, i) => this.#rankOf(query, i))
    const share = (holds: (rank: number) => boolean) => ranks.filter(holds).length / n
    let harmonic = 0
    for (let k = 1; k <= n; k++) harmonic += 1 / k
    return {
      n,
      recallAt1: share(rank => rank === 1),
      recallAt5: share(rank => rank <= 5),
      mrr: ranks.reduce((sum, rank) => sum + 1 / rank, 0) / n,
      chance: {recallAt1: 1 / n, recallAt5: Math.min(1, 5 / n), mrr: harmonic / n},
      oracle: {checked: n, passed: this.#gallery.filter((entry, i) => this.#rankOf(entry, i) === 1).length},
    }
  }

  #rankOf(query: Float32Array, own: number): number {
    const aim = similarity(query, this.#gallery[own]!)
    let rank = 1
    for (const [i, entry] of this.#gallery.entries()) if (i !== own && similarity(query, entry) > aim) rank++
    return rank
  }
}

function unit(vector: Float64Array): Float32Array {
  const length = norm(vector)
  return Float32Array.from(vector, value => (length === 0 ? 0 : value / length))
}

/** Rounded to the precision of the stored units, so that equal entries are ties. */
function similarity(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return Math.fround(sum)
}
