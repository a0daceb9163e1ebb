// Rewrites a checkpoint's matrices at lower precision: float16, or 8 or 4 bits per weight in the layout of MatMulNBits
// (microsoft/onnxruntime: docs/ContribOperators.md). The result is one safetensors file with everything that the
// decoder reads.
import {
  elementBytes,
  fromFloat32,
  readTensor,
  type TensorPlace,
  type TensorSource,
  toFloat32,
} from '../../core/safetensors.js'
import {quantisedBlock, quantisedNames} from './weights.js'

export type LowPrecision = 'fp16' | 'q8' | 'q4'

/** Incremented when a change writes the same weights differently. Part of the cached file's name. */
export const quantiserVersion = 1

/** Number of bytes of weights read and converted at a time. */
const pieceBytes = 1 << 22

/**
 * What to write for `tensors`. Vectors (norms, biases) stay float32; so do matrices whose rows are not a whole number
 * of blocks.
 * `isTable` identifies an embedding table that is only looked up, never multiplied; it is not quantised.
 */
export function quantised(
  tensors: Iterable<readonly [string, TensorPlace]>,
  precision: LowPrecision,
  isTable: (name: string) => boolean,
): TensorSource[] {
  return [...tensors].flatMap(([name, place]) => {
    if (place.shape.length === 1) return [converted(name, place, 'F32')]
    if (precision === 'fp16' || isTable(name)) return [converted(name, place, 'F16')]
    const inputs = place.shape.at(-1)!
    if (place.shape.length !== 2 || inputs % quantisedBlock !== 0) return [converted(name, place, 'F32')]
    return inBlocks(name, place, precision === 'q4' ? 4 : 8)
  })
}

/** The tensor in another type of floating point. */
export function converted(name: string, place: TensorPlace, type: 'F32' | 'F16'): TensorSource {
  async function* bytes() {
    for await (const piece of readTensor(place, pieceBytes)) {
      yield fromFloat32(toFloat32(piece, place.type), type)
    }
  }
  return {name, type, shape: place.shape, bytes}
}

/**
 * Two tensors: the packed values [out, in / block, block x bits / 8], then the scales [out x in / block], which are
 * computed while packing.
 */
function inBlocks(name: string, place: TensorPlace, bits: 4 | 8): TensorSource[] {
  const [out, inputs] = place.shape as [number, number]
  const rowBytes = inputs * elementBytes[place.type]
  const rowsPerPiece = Math.max(1, Math.floor(pieceBytes / rowBytes))
  const count = (out * inputs) / quantisedBlock
  // Held from the one tensor to the other only: those of a large model take hundreds of megabytes together.
  let scales: Float32Array | undefined
  async function* values() {
    scales = new Float32Array(count)
    let done = 0
    for await (const piece of readTensor(place, rowsPerPiece * rowBytes)) {
      const floats = toFloat32(piece, place.type)
      yield packBlocks(floats, bits, scales.subarray(done, done + floats.length / quantisedBlock))
      done += floats.length / quantisedBlock
    }
  }
  function* scaleBytes() {
    yield new Uint8Array(scales!.buffer)
    scales = undefined
  }
  const {values: valuesName, scales: scalesName} = quantisedNames(name)
  const shape = [out, inputs / quantisedBlock, (quantisedBlock * bits) / 8]
  return [
    {name: valuesName, type: 'U8', shape, bytes: values},
    {name: scalesName, type: 'F32', shape: [count], bytes: scaleBytes},
  ]
}

/**
 * Packs whole blocks and fills in their scales: value = (code - 2^(bits-1)) x scale. The scale maps the entry of
 * largest magnitude, with its sign, to the lowest code, which has no positive counterpart. All codes are therefore used
 * (ggml-org/llama.cpp: ggml-quants.c, Q4_0).
 */
export function packBlocks(values: Float32Array, bits: 4 | 8, scales: Float32Array): Uint8Array {
  const middle = 2 ** (bits - 1)
  const packed = new Uint8Array((values.length * bits) / 8)
  for (let block = 0; block < scales.length; block++) {
    const from = block * quantisedBlock
    let extreme = 0
    for (let i = from; i < from + quantisedBlock; i++)
      if (Math.abs(values[i]!) > Math.abs(extreme)) extreme = values[i]!
    const scale = extreme / -middle
    scales[block] = scale
    const inverse = scale === 0 ? 0 : 1 / scale
    for (let i = from; i < from + quantisedBlock; i++) {
      const code = Math.min(2 * middle - 1, Math.round(values[i]! * inverse) + middle)
      if (bits === 8) packed[i] = code
      // Two per byte, the even one in the low half.
      else packed[i >> 1]! |= code << (4 * (i & 1))
    }
  }
  return packed
}
