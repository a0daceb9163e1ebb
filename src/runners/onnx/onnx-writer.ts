// Writes ONNX models: a graph builder and the few protobuf messages it needs (names and field numbers from onnx/onnx:
// onnx/onnx.proto3, Apache-2.0). Write-only, and limited to the messages that our graphs need.
import type {TensorPlace} from '../../core/safetensors.js'

/** Element types with their numbers in TensorProto.DataType. */
const elementType = {f32: 1, u8: 2, i32: 6, i64: 7, bool: 9, f16: 10, bf16: 16} as const
export type ElementType = keyof typeof elementType

/** A number is a fixed size, a string names a free dimension, and null is a free dimension without a name. */
export type Dimension = number | string | null

/** Attributes by their JavaScript type. A number is an integer unless wrapped in `float`. */
export type Attribute = number | string | readonly number[] | Float | Graph
export interface Float {
  readonly float: number
}
export const float = (value: number): Float => ({float: value})

/** Operators in onnxruntime's own domain (microsoft/onnxruntime: docs/ContribOperators.md). */
const contributed = new Set([
  'FastGelu',
  'FusedMatMul',
  'Gelu',
  'GroupQueryAttention',
  'MatMulNBits',
  'MultiHeadAttention',
  'QuickGelu',
  'RotaryEmbedding',
  'SkipSimplifiedLayerNormalization',
])

const irVersion = 8
const opset = 17

/**
 * A graph under construction. Values are named by strings. Subgraphs share the initializers and names of their root.
 */
export class Graph {
  private readonly nodes: Uint8Array[] = []
  private readonly inputs: Uint8Array[] = []
  private readonly outputs: Uint8Array[] = []
  private readonly initializers = new Map<string, Uint8Array>()
  private readonly root: Graph
  private names = 0

  constructor(
    private readonly name: string,
    parent?: Graph,
  ) {
    this.root = parent?.root ?? this
  }

  /** Declares an input. Without a shape (inputs of a loop body), only its type is fixed. */
  input(name: string, type: ElementType, shape?: readonly Dimension[]): string {
    this.inputs.push(valueInfo(name, type, shape))
    return name
  }

  /** Declares `value` as the output `name`. */
  output(name: string, value: string, type: ElementType, shape?: readonly Dimension[]): void {
    this.emit('Identity', [value], {}, [name])
    this.outputs.push(valueInfo(name, type, shape))
  }

  /** Adds an operator with one output. An empty input name omits an optional input. */
  op(type: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    return this.ops(type, inputs, attributes, [true])[0]!
  }

  /** Adds an operator with several outputs. `false` omits an optional output (its name is then empty). */
  ops(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    wanted: readonly boolean[],
  ): string[] {
    const outputs = wanted.map(want => (want ? this.fresh(type) : ''))
    this.emit(type, inputs, attributes, outputs)
    return outputs
  }

  /**
   * A small constant inside the model. Equal constants are stored once, if they are short. Without a shape it is a
   * vector.
   */
  constant(
    type: 'f32' | 'i32' | 'i64' | 'bool',
    values: readonly number[],
    shape: readonly number[] = [values.length],
  ): string {
    const name = `${type}[${shape.join('x')}]:${values.length > 8 ? `#${this.root.initializers.size}` : values.join(',')}`
    if (!this.root.initializers.has(name)) {
      this.root.initializers.set(name, concat(...tensorHead(name, type, shape), bytesField(9, rawBytes(type, values))))
    }
    return name
  }

  scalar(type: 'f32' | 'i32' | 'i64' | 'bool', value: number): string {
    return this.constant(type, [value], [])
  }

  /**
   * A weight that stays in its file. `location` is relative to the model's folder. `shape` may regroup the same
   * elements.
   */
  external(
    name: string,
    type: ElementType,
    place: TensorPlace,
    location: string,
    shape: readonly number[] = place.shape,
  ): string {
    if (!this.root.initializers.has(name)) {
      const entries = Object.entries({location, offset: String(place.offset), length: String(place.length)})
      const data = entries.map(([key, value]) => bytesField(13, concat(textField(1, key), textField(2, value))))
      this.root.initializers.set(name, concat(...tensorHead(name, type, shape), ...data, numberField(14, 1)))
    }
    return name
  }

  /**
   * Runs `make` once per root graph and key, at the root, and remembers the value. For values that many operators
   * share; they depend on weights and constants only. Their operators stand first in the file, because onnxruntime then
   * runs each of them right before the operator that needs it: in any other place all of them ran first, and the
   * results of all were held.
   */
  shared(key: string, make: (root: Graph) => string): string {
    const known = this.root.sharedValues.get(key)
    if (known !== undefined) return known
    const {nodes} = this.root
    const before = nodes.length
    const value = make(this.root)
    this.root.sharedNodes.push(...nodes.splice(before))
    this.root.sharedValues.set(key, value)
    return value
  }
  private readonly sharedValues = new Map<string, string>()
  private readonly sharedNodes: Uint8Array[] = []

  /** The finished model as the bytes of an .onnx file. */
  encode(): Uint8Array {
    const operators = (domain: string, version: number) =>
      bytesField(8, concat(textField(1, domain), numberField(2, version)))
    return concat(
      numberField(1, irVersion),
      textField(2, 'lantern-eval'),
      operators('', opset),
      operators('com.microsoft', 1),
      bytesField(7, this.bytes()),
    )
  }

  /** GraphProto. */
  private bytes(): Uint8Array {
    return concat(
      ...[...this.sharedNodes, ...this.nodes].map(node => bytesField(1, node)),
      textField(2, this.name),
      ...[...this.initializers.values()].map(tensor => bytesField(5, tensor)),
      ...this.inputs.map(info => bytesField(11, info)),
      ...this.outputs.map(info => bytesField(12, info)),
    )
  }

  private fresh(prefix: string): string {
    return `${prefix}_${this.root.names++}`
  }

  /** Appends a NodeProto. */
  private emit(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    outputs: readonly string[],
  ): void {
    this.nodes.push(
      concat(
        ...inputs.map(name => textField(1, name)),
        ...outputs.map(name => textField(2, name)),
        textField(3, this.fresh('node')),
        textField(4, type),
        textField(7, contributed.has(type) ? 'com.microsoft' : ''),
        ...Object.entries(attributes).map(([name, value]) =>
          bytesField(5, concat(textField(1, name), ...this.attribute(value))),
        ),
      ),
    )
  }

  /** The value fields of an AttributeProto: 2 float, 3 int, 4 string, 6 graph, 8 ints. Field 20 holds the type. */
  private attribute(value: Attribute): Uint8Array[] {
    if (typeof value === 'number') return [numberField(3, value), numberField(20, 2)]
    if (typeof value === 'string') return [textField(4, value), numberField(20, 3)]
    if (value instanceof Graph) return [bytesField(6, value.bytes()), numberField(20, 5)]
    if ('float' in value)
      return [concat(Uint8Array.of((2 << 3) | 5), rawBytes('f32', [value.float])), numberField(20, 1)]
    return [...value.map(n => numberField(8, n)), numberField(20, 7)]
  }
}

/** ValueInfoProto of a tensor. */
function valueInfo(name: string, type: ElementType, shape?: readonly Dimension[]): Uint8Array {
  const dimension = (d: Dimension) =>
    bytesField(1, d === null ? new Uint8Array(0) : typeof d === 'number' ? numberField(1, d) : textField(2, d))
  const shapeField = shape === undefined ? [] : [bytesField(2, concat(...shape.map(dimension)))]
  const tensor = concat(numberField(1, elementType[type]), ...shapeField)
  return concat(textField(1, name), bytesField(2, bytesField(1, tensor)))
}

/** The first fields of a TensorProto: dims, data_type, name. */
function tensorHead(name: string, type: ElementType, shape: readonly number[]): Uint8Array[] {
  return [...shape.map(n => numberField(1, n)), numberField(2, elementType[type]), textField(8, name)]
}

function rawBytes(type: 'f32' | 'i32' | 'i64' | 'bool', values: readonly number[]): Uint8Array {
  if (type === 'f32') return new Uint8Array(Float32Array.from(values).buffer)
  if (type === 'i32') return new Uint8Array(Int32Array.from(values).buffer)
  if (type === 'i64') return new Uint8Array(BigInt64Array.from(values, BigInt).buffer)
  return Uint8Array.from(values)
}

// Protobuf wire format: a field is its key (number << 3 | wire type) as a varint, followed by a varint (type 0) or by a
// length and bytes (type 2).

function varint(value: number): number[] {
  const bytes: number[] = []
  if (value < 0) {
    // Negative numbers are written as their 64-bit two's complement, in ten bytes.
    const bits = BigInt.asUintN(64, BigInt(value))
    for (let i = 0n; i < 9n; i++) bytes.push(Number((bits >> (7n * i)) & 127n) | 128)
    return [...bytes, 1]
  }
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
  return bytes
}

const numberField = (field: number, value: number) => Uint8Array.from([...varint(field << 3), ...varint(value)])

function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return concat(Uint8Array.from([...varint((field << 3) | 2), ...varint(bytes.length)]), bytes)
}

const encoder = new TextEncoder()
const textField = (field: number, text: string) => bytesField(field, encoder.encode(text))

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
