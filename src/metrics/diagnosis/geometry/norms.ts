// How long latents are beside the other vectors that a model reads: a replacement of another length is out of its
// distribution.
import {norm, type Vector} from './vectors.js'

/** A latent, an embedding of a token of the prompt, or a feature of its pictures. */
export type VectorKind = 'latent' | 'text' | 'picture'

export interface NormFigures {
  /** Mean norm of each kind; null where none was seen. */
  readonly mean: Readonly<Record<VectorKind, number | null>>
  /** Mean norm of latents over that of text embeddings, and of picture features. */
  readonly latentToText: number | null
  readonly latentToPicture: number | null
}

/** Collects norms in one pass. */
export class Norms {
  readonly #sums = {latent: {n: 0, sum: 0}, text: {n: 0, sum: 0}, picture: {n: 0, sum: 0}}

  add(kind: VectorKind, vectors: Iterable<Vector>): void {
    for (const vector of vectors) this.addMean(kind, norm(vector))
  }

  /** A mean norm that was recorded of one sample: it counts once, of however many vectors it is the mean. */
  addMean(kind: VectorKind, value: number): void {
    this.#sums[kind].n++
    this.#sums[kind].sum += value
  }

  figures(): NormFigures {
    const mean = (kind: VectorKind) => (this.#sums[kind].n === 0 ? null : this.#sums[kind].sum / this.#sums[kind].n)
    const ratio = (kind: VectorKind) => {
      const [latent, other] = [mean('latent'), mean(kind)]
      return latent === null || other === null || other === 0 ? null : latent / other
    }
    return {
      mean: {latent: mean('latent'), text: mean('text'), picture: mean('picture')},
      latentToText: ratio('text'),
      latentToPicture: ratio('picture'),
    }
  }
}
