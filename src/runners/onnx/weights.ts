// Gives a graph its weights: safetensors tensors as external data, in the layout saved by Hugging Face ([out, in]),
// cast where needed.
import type {TensorPlace} from '../../core/safetensors.js'
import type {ElementType, Graph} from './onnx-writer.js'

/** The type a graph computes in: f32 on the CPU, f16 on the GPU. */
export type ComputeType = 'f32' | 'f16'

/** Weights per block of MatMulNBits. A row must consist of whole blocks. */
export const quantisedBlock = 32

/** Names of the two tensors that represent a quantised matrix (written by quantise.ts). */
export const quantisedNames = (name: string) => ({values: `${name}.nbits`, scales: `${name}.scales`})

const stored: Readonly<Partial<Record<TensorPlace['type'], ElementType>>> = {
  F32: 'f32',
  F16: 'f16',
  BF16: 'bf16',
  U8: 'u8',
}

export class Weights {
  constructor(
    private readonly tensors: ReadonlyMap<string, TensorPlace>,
    /** The file's name relative to the model's folder. */
    private readonly locate: (file: string) => string,
    readonly compute: ComputeType,
  ) {}

  /**
   * y = x Wᵀ + b, with `${name}.weight` [out, in] and, if present, `${name}.bias` [out]. `shape` views W as a matrix.
   */
  linear(g: Graph, x: string, name: string, shape?: readonly [number, number]): string {
    const {values, scales} = quantisedNames(`${name}.weight`)
    const packed = this.tensors.get(values)
    const y =
      packed === undefined
        ? g.op('FusedMatMul', [x, this.tensor(g, `${name}.weight`, shape)], {transB: 1})
        : g.op('MatMulNBits', [x, this.raw(g, values), this.tensor(g, scales)], nBitsAttributes(packed))
    return this.tensors.has(`${name}.bias`) ? g.op('Add', [y, this.tensor(g, `${name}.bias`)]) : y
  }

  /** A tensor in the compute type. The cast of a constant is folded when the session loads. */
  tensor(g: Graph, name: string, shape?: readonly number[]): string {
    return g.shared(name, root => {
      const place = this.tensors.get(name)!
      const raw = this.raw(root, name, shape)
      return stored[place.type] === this.compute ? raw : root.op('Cast', [raw], {to: castTarget[this.compute]})
    })
  }

  /** The same weights for a part of the graph that computes in float32 whatever the rest computes in. */
  inF32(): Weights {
    return this.compute === 'f32' ? this : new Weights(this.tensors, this.locate, 'f32')
  }

  private raw(g: Graph, name: string, shape?: readonly number[]): string {
    const place = this.tensors.get(name)!
    return g.external(name, stored[place.type]!, place, this.locate(place.file), shape)
  }

  /** Converts between the compute type and f32, the type of all graph inputs and outputs. */
  fromF32(g: Graph, x: string): string {
    return this.compute === 'f32' ? x : g.op('Cast', [x], {to: castTarget[this.compute]})
  }
  toF32(g: Graph, x: string): string {
    return this.compute === 'f32' ? x : g.op('Cast', [x], {to: castTarget.f32})
  }
}

/** TensorProto.DataType numbers. */
const castTarget = {f32: 1, f16: 10} as const

/**
 * `values` is [out, in / block, block x bits / 8]. Accuracy level 4 rounds the activations to 8 bits per block; level 1
 * computes in float32, which is exact for the dequantised weights. Measured on the checkpoints of the goldens: with
 * 4-bit weights level 4 is 2.6 times faster and adds no error to that of the weights (hidden cosine 0.972 either way).
 * With 8-bit weights it doubles the small error, but level 1 takes 680 times as long for one row (265 ms for 11008 x
 * 2048 on two cores): it dequantises the matrix for every product.
 */
function nBitsAttributes(values: TensorPlace) {
  const [out, blocks, bytes] = values.shape as [number, number, number]
  const bits = (bytes * 8) / quantisedBlock
  return {N: out, K: blocks * quantisedBlock, bits, block_size: quantisedBlock, accuracy_level: 4}
}
