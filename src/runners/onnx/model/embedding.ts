// Reads rows of the embedding table from the weight file on demand. The whole table is never in memory.
import {closeSync, openSync, readSync} from 'node:fs'
import {LanternError} from '../../../core/errors.js'
import {elementBytes, type TensorPlace, toFloat32} from '../../../core/safetensors.js'

export interface Embedding {
  /**
   * [ids, H]. Throws LanternError `bad-checkpoint` for an id without a row, which means that the tokenizer does not
   * belong to the weights.
   */
  rows(ids: ArrayLike<number>): Float32Array
  close(): void
}

/** Opens the table [vocabulary, H] at its place. The file stays open until `close`. */
export function openEmbedding(place: TensorPlace): Embedding {
  const [vocabulary, hidden] = place.shape as [number, number]
  const rowBytes = hidden * elementBytes[place.type]
  const descriptor = openSync(place.file, 'r')
  return {
    rows(ids) {
      const bytes = new Uint8Array(ids.length * rowBytes)
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i]!
        if (!(id >= 0 && id < vocabulary)) {
          throw new LanternError(
            'bad-checkpoint',
            `Token id ${id} has no row in model.embed_tokens.weight (${vocabulary} rows, ${place.file}).`,
            'Use the tokenizer.json that was saved with these weights.',
          )
        }
        readSync(descriptor, bytes, i * rowBytes, rowBytes, place.offset + id * rowBytes)
      }
      return toFloat32(bytes, place.type)
    },
    close: () => closeSync(descriptor),
  }
}
