// Whether a sample's latents lie nearer to its own oracle than to those of other samples.
import {type Random, random} from '../../../core/random.js'
import {meanOf, norm, type Vector} from './vectors.js'

export interface RetrievalFigures {
  /** Samples that are told apart: all, or a seeded sample of them. */
  readonly n: number
  /** Samples with latents and an oracle. */
  readonly of: number
  readonly recallAt1: number
  readonly recallAt5: number
  /** Mean reciprocal rank. */
  readonly mrr: number
  /** The same if the order were random, among as many. */
  readonly chance: {readonly recallAt1: number; readonly recallAt5: number; readonly mrr: number}
  /** The guard: samples whose oracle, as the query, ranks its own entry first. */
  readonly oracle: {readonly checked: number; readonly passed: number}
}

/**
 * Up to this many samples are kept: two unit vectors each are 15 MB at 3,584 dimensions, and ranking all queries and
 * oracles takes n^2 products twice, about two seconds.
 */
const kept = 512

interface Entry {
  readonly query: Float32Array
  readonly oracle: Float32Array
}

/**
 * The query is the mean of a sample's own latents, the gallery the mean of every sample's oracle vectors, the order
 * that of cosines: rank = 1 + number of entries that are nearer. Of more samples a seeded sample is kept (Vitter 1985,
 * algorithm R), as queries and as gallery: the task becomes as hard as among that many, and so does chance.
 */
export class Retrieval {
  readonly #random: Random
  readonly #entries: Entry[] = []
  #seen = 0

  constructor(seed: string | number = 0) {
    this.#random = random('retrieval', seed)
  }

  /** A sample without latents or without an oracle is left out. */
  add(own: readonly Vector[], oracle: readonly Vector[]): void {
    if (own.length === 0 || oracle.length === 0) return
    this.#seen++
    const at = this.#entries.length < kept ? this.#entries.length : this.#random.integer(this.#seen)
    if (at < kept) this.#entries[at] = {query: unit(meanOf(own)), oracle: unit(meanOf(oracle))}
  }

  /** Null without samples. */
  figures(): RetrievalFigures | null {
    const n = this.#entries.length
    if (n === 0) return null
    const ranks = this.#entries.map(({query}, i) => this.#rankOf(query, i))
    const share = (holds: (rank: number) => boolean) => ranks.filter(holds).length / n
    let harmonic = 0
    for (let k = 1; k <= n; k++) harmonic += 1 / k
    return {
      ...{n, of: this.#seen},
      recallAt1: share(rank => rank === 1),
      recallAt5: share(rank => rank <= 5),
      mrr: ranks.reduce((sum, rank) => sum + 1 / rank, 0) / n,
      chance: {recallAt1: 1 / n, recallAt5: Math.min(1, 5 / n), mrr: harmonic / n},
      oracle: {checked: n, passed: this.#entries.filter(({oracle}, i) => this.#rankOf(oracle, i) === 1).length},
    }
  }

  #rankOf(query: Float32Array, own: number): number {
    const aim = similarity(query, this.#entries[own]!.oracle)
    let rank = 1
    for (const [i, {oracle}] of this.#entries.entries()) if (i !== own && similarity(query, oracle) > aim) rank++
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
