// Merges an adapter into the weights it changes: written to the cache once, in the type of the base, as peft's
// merge_and_unload would save them. The sum is computed in float32 and rounded once.
import {access, mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {LanternError, messageOf} from '../../../core/errors.js'
import {
  elementBytes,
  fromFloat32,
  readFloats,
  readSafetensorsHeader,
  readTensor,
  type TensorPlace,
  type TensorSource,
  toFloat32,
  writeSafetensors,
} from '../safetensors.js'
import type {LowRank} from './adapter.js'
import {checkpointSha256} from './checkpoint-hash.js'
import type {Checkpoint, LoadOptions} from './types.js'

/** Incremented when a change merges the same adapter differently. Part of the cached file's name. */
const mergeVersion = 1

/** Number of bytes of weights that are merged at a time. */
const pieceBytes = 1 << 22

/**
 * The checkpoint with its adapter's low-rank parts merged; the checkpoint itself when it has none. Throws LanternError
 * `disk`.
 */
export async function withMergedAdapter(
  checkpoint: Checkpoint,
  {cacheDir, notify}: Pick<LoadOptions, 'cacheDir' | 'notify'>,
): Promise<Checkpoint> {
  const {adapter, tensors} = checkpoint
  if (adapter === null || adapter.lowRank.size === 0) return checkpoint
  // The hash covers base and adapter, so that another adapter never finds these weights.
  const folder = join(cacheDir, 'weights', (await checkpointSha256(checkpoint, cacheDir)).slice(0, 16))
  const file = join(folder, `merged-v${mergeVersion}.safetensors`)
  const exists = await access(file).then(
    () => true,
    () => false,
  )
  if (!exists) {
    notify?.(`merging the adapter into ${adapter.lowRank.size} layers`)
    await mkdir(folder, {recursive: true}).catch((error: unknown) => {
      throw new LanternError('disk', `Cannot create ${folder}: ${messageOf(error)}.`, 'Give a writable cache folder.')
    })
    const merged = [...adapter.lowRank].map(([name, lowRank]) => mergedTensor(name, tensors.get(name)!, lowRank))
    await writeSafetensors(file, merged)
  }
  return {...checkpoint, tensors: new Map([...tensors, ...(await readSafetensorsHeader(file))])}
}

/** W + scale x B A, a few rows at a time. */
function mergedTensor(name: string, place: TensorPlace, {a, b, scale}: LowRank): TensorSource {
  const [, inputs] = place.shape as [number, number]
  const rank = a.shape[0]!
  async function* bytes() {
    const [down, up] = [await readFloats(a), await readFloats(b)] // [r, in], [out, r]
    const rowBytes = inputs * elementBytes[place.type]
    const rowsPerPiece = Math.max(1, Math.floor(pieceBytes / rowBytes))
    let row = 0
    for await (const piece of readTensor(place, rowsPerPiece * rowBytes)) {
      const weights = toFloat32(piece, place.type)
      for (let at = 0; at < weights.length; at += inputs, row++) {
        const delta = new Float32Array(inputs)
        for (let k = 0; k < rank; k++) {
          const factor = up[row * rank + k]!
          for (let i = 0; i < inputs; i++) delta[i]! += factor * down[k * inputs + i]!
        }
        for (let i = 0; i < inputs; i++) weights[at + i]! += scale * delta[i]!
      }
      yield fromFloat32(weights, place.type)
    }
  }
  return {name, type: place.type, shape: place.shape, bytes}
}
