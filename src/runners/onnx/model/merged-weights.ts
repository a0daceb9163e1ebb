// Merges an adapter into the weights it changes. The result is written to the cache once, in the type of the base, as
// peft's merge_and_unload would save it. The sum is computed in float32 and rounded once.
import {join} from 'node:path'
import {
  elementBytes,
  fromFloat32,
  readFloats,
  readTensor,
  type TensorPlace,
  type TensorSource,
  toFloat32,
} from '../../../core/safetensors.js'
import type {LowRank} from '../checkpoint/adapter.js'
import {Graph} from '../onnx-writer.js'
import {createSession, loadRuntime, parseDevice} from '../ort-session.js'
import type {Checkpoint, LoadOptions} from '../types.js'
import {weightsFolder, writtenWeights} from './written-weights.js'

/** Increment it when a code change merges the same adapter differently. Part of the cached file's name. */
const mergeVersion = 1

/** Number of bytes of weights that are merged at a time. */
const pieceBytes = 1 << 22

/**
 * The checkpoint with its adapter's low-rank parts merged; the checkpoint itself when it has none. Throws LanternError
 * `disk`.
 */
export async function withMergedAdapter(
  checkpoint: Checkpoint,
  {cacheDir, notify, threads}: Pick<LoadOptions, 'cacheDir' | 'notify' | 'threads'>,
): Promise<Checkpoint> {
  const {adapter, tensors} = checkpoint
  if (adapter === null || adapter.lowRank.size === 0) return checkpoint
  const {sum, close} = await openSum(threads)
  const merged = await writtenWeights({
    folder: join(await weightsFolder(checkpoint, cacheDir), `merged-v${mergeVersion}`),
    tensors: [...adapter.lowRank.keys()].map(name => [name, tensors.get(name)!] as const),
    convert: some => some.map(([name, place]) => mergedTensor(name, place, adapter.lowRank.get(name)!, sum)),
    what: `merging the adapter into ${adapter.lowRank.size} layers`,
    ...(notify && {notify}),
  }).finally(close)
  return {...checkpoint, tensors: new Map([...tensors, ...merged])}
}

/** W [n, in] + B [n, r] A [r, in]. */
type Sum = (weights: Float32Array, b: Float32Array, a: Float32Array, rank: number) => Promise<Float32Array>

/** The sum, computed by onnxruntime: a model of 3 B parameters with rank 64 needs 200 billion multiplications. */
async function openSum(threads: number | undefined): Promise<{readonly sum: Sum; close(): Promise<void>}> {
  const {Tensor} = await loadRuntime()
  const g = new Graph('merge')
  const weights = g.input('weights', 'f32', ['N', 'I'])
  const product = g.op('MatMul', [g.input('b', 'f32', ['N', 'R']), g.input('a', 'f32', ['R', 'I'])])
  g.output('merged', g.op('Add', [weights, product]), 'f32', ['N', 'I'])
  const session = await createSession(g.encode(), {
    device: parseDevice('cpu'),
    folder: '',
    mapped: false,
    frugal: true,
    ...(threads !== undefined && {threads}),
  })
  return {
    async sum(values, b, a, rank) {
      const [rows, inputs] = [b.length / rank, a.length / rank]
      const outputs = await session.run({
        weights: new Tensor('float32', values, [rows, inputs]),
        b: new Tensor('float32', b, [rows, rank]),
        a: new Tensor('float32', a, [rank, inputs]),
      })
      return outputs['merged']!.data as Float32Array
    },
    close: () => session.release(),
  }
}

/** W + scale x B A, a few rows at a time. */
function mergedTensor(name: string, place: TensorPlace, {a, b, scale}: LowRank, sum: Sum): TensorSource {
  const [, inputs] = place.shape as [number, number]
  const rank = a.shape[0]!
  async function* bytes() {
    const down = await readFloats(a) // [r, in]
    const up = (await readFloats(b)).map(value => scale * value) // [out, r]
    const rowBytes = inputs * elementBytes[place.type]
    const rowsPerPiece = Math.max(1, Math.floor(pieceBytes / rowBytes))
    let row = 0
    for await (const piece of readTensor(place, rowsPerPiece * rowBytes)) {
      const weights = toFloat32(piece, place.type)
      const rows = weights.length / inputs
      const merged = await sum(weights, up.subarray(row * rank, (row + rows) * rank), down, rank)
      yield fromFloat32(merged, place.type)
      row += rows
    }
  }
  return {name, type: place.type, shape: place.shape, bytes}
}
