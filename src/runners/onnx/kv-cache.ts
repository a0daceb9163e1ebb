// The KV cache of the rows being decoded. The padded arrays are kept here, because an array that passes through the
// graph is copied whole at every step. Occupied rows always come first, so that a run reads a contiguous front part of
// each array.
import type {KeyValue, Past, TextConfig} from './types.js'

/** A row's capacity grows in steps of this many positions. */
const growth = 128
/** Added to the attention scores of padding. */
const hidden = -1e9

function roomFor(positions: number): number {
  return Math.ceil(positions / growth) * growth
}

export type CacheShape = Pick<TextConfig, 'layers' | 'kvHeads' | 'headDim'>

export class KvCache {
  readonly #shape: CacheShape
  readonly #maxRows: number
  #capacity = 0
  /** Per layer, [maxRows, kvHeads, capacity, headDim]. */
  #layers: KeyValue[] = []
  /** [maxRows, capacity] */
  #bias = new Float32Array(0)
  readonly #lengths: number[] = []

  constructor(shape: CacheShape, maxRows: number) {
    this.#shape = shape
    this.#maxRows = maxRows
  }

  /** Number of positions held by each row. */
  get lengths(): readonly number[] {
    return this.#lengths
  }

  /**
   * Starts a row as a fork of prefilled positions and returns its index. `prefix` has the shape [kvHeads, stride,
   * headDim] per layer; its first `length` positions count. It is copied and may be forked again.
   */
  add(prefix: readonly KeyValue[], length: number): number {
    const row = this.#lengths.length
    if (row === this.#maxRows) throw new RangeError('the cache is full')
    // The capacity is reduced only when it is much too large for this row: attention runs over all of it.
    if (row === 0 && this.#capacity > 2 * roomFor(length + 1)) this.#capacity = 0
    this.#reserve(length + 1)
    const {kvHeads, headDim} = this.#shape
    const stride = prefix[0]!.key.length / (kvHeads * headDim)
    for (const [layer, {key, value}] of prefix.entries()) {
      for (let head = 0; head < kvHeads; head++) {
        const from = head * stride * headDim
        const to = this.#offset(row, head)
        this.#layers[layer]!.key.set(key.subarray(from, from + length * headDim), to)
        this.#layers[layer]!.value.set(value.subarray(from, from + length * headDim), to)
      }
    }
    this.#bias.fill(hidden, row * this.#capacity, (row + 1) * this.#capacity)
    this.#bias.fill(0, row * this.#capacity, row * this.#capacity + length)
    this.#lengths.push(length)
    return row
  }

  /** Appends the new position of every row, per layer [rows, kvHeads, 1, headDim], and reserves room for the next. */
  append(delta: readonly KeyValue[]): void {
    const {kvHeads, headDim} = this.#shape
    for (const [row, length] of this.#lengths.entries()) {
      for (let head = 0; head < kvHeads; head++) {
        const from = (row * kvHeads + head) * headDim
        const to = this.#offset(row, head) + length * headDim
        for (const [layer, {key, value}] of delta.entries()) {
          // For a few dozen numbers, a loop is faster than a view and set().
          const into = this.#layers[layer]!
          for (let i = 0; i < headDim; i++) {
            into.key[to + i] = key[from + i]!
            into.value[to + i] = value[from + i]!
          }
        }
      }
      this.#bias[row * this.#capacity + length] = 0
      this.#lengths[row] = length + 1
    }
    if (this.#lengths.length > 0) this.#reserve(Math.max(...this.#lengths) + 1)
  }

  /**
   * Removes positions of a row; those behind them move up. What is attended to later is a cache that never held them:
   * the keys keep their rotary positions. `places` is ascending, without repeats.
   */
  drop(row: number, places: readonly number[]): void {
    if (places.length === 0) return
    const {headDim} = this.#shape
    const length = this.#lengths[row]!
    for (let head = 0; head < this.#shape.kvHeads; head++) {
      const base = this.#offset(row, head)
      let to = places[0]!
      for (const [i, place] of places.entries()) {
        const [from, end] = [place + 1, places[i + 1] ?? length]
        for (const {key, value} of this.#layers) {
          key.copyWithin(base + to * headDim, base + from * headDim, base + end * headDim)
          value.copyWithin(base + to * headDim, base + from * headDim, base + end * headDim)
        }
        to += end - from
      }
    }
    const left = length - places.length
    this.#bias.fill(hidden, row * this.#capacity + left, row * this.#capacity + length)
    this.#lengths[row] = left
  }

  /** Appends `count` positions to the only row; per layer [1, kvHeads, count, headDim]. */
  extend(delta: readonly KeyValue[], count: number): void {
    const {kvHeads, headDim} = this.#shape
    const length = this.#lengths[0]!
    this.#reserve(length + count + 1)
    for (let head = 0; head < kvHeads; head++) {
      const from = head * count * headDim
      const to = this.#offset(0, head) + length * headDim
      for (const [layer, {key, value}] of delta.entries()) {
        this.#layers[layer]!.key.set(key.subarray(from, from + count * headDim), to)
        this.#layers[layer]!.value.set(value.subarray(from, from + count * headDim), to)
      }
    }
    this.#bias.fill(0, length, length + count)
    this.#lengths[0] = length + count
  }

  /** Removes a row. The last row takes its place (and index). */
  remove(row: number): void {
    const last = this.#lengths.length - 1
    const length = this.#lengths.pop()!
    if (row === last) return
    const size = this.#rowSize
    for (const {key, value} of this.#layers) {
      key.copyWithin(row * size, last * size, (last + 1) * size)
      value.copyWithin(row * size, last * size, (last + 1) * size)
    }
    this.#bias.copyWithin(row * this.#capacity, last * this.#capacity, (last + 1) * this.#capacity)
    this.#lengths[row] = length
  }

  /** The input of a step: all rows in the order of their indices. Valid until the cache changes. */
  past(): Past {
    const used = this.#lengths.length * this.#rowSize
    return {
      capacity: this.#capacity,
      layers: this.#layers.map(({key, value}) => ({key: key.subarray(0, used), value: value.subarray(0, used)})),
      bias: this.#bias.subarray(0, this.#lengths.length * this.#capacity),
    }
  }

  get #rowSize(): number {
    return this.#shape.kvHeads * this.#capacity * this.#shape.headDim
  }

  #offset(row: number, head: number): number {
    return (row * this.#shape.kvHeads + head) * this.#capacity * this.#shape.headDim
  }

  /** Makes room for `positions` in every row. */
  #reserve(positions: number): void {
    if (positions <= this.#capacity) return
    const before = this.#capacity
    const {layers, kvHeads, headDim} = this.#shape
    this.#capacity = roomFor(positions)
    const size = this.#maxRows * this.#rowSize
    const grown: KeyValue[] = Array.from({length: layers}, () => ({
      key: new Float32Array(size),
      value: new Float32Array(size),
    }))
    const bias = new Float32Array(this.#maxRows * this.#capacity).fill(hidden)
    for (const row of this.#lengths.keys()) {
      bias.set(this.#bias.subarray(row * before, (row + 1) * before), row * this.#capacity)
      for (let head = 0; head < kvHeads; head++) {
        const from = (row * kvHeads + head) * before * headDim
        for (const [layer, {key, value}] of this.#layers.entries()) {
          grown[layer]!.key.set(key.subarray(from, from + before * headDim), this.#offset(row, head))
          grown[layer]!.value.set(value.subarray(from, from + before * headDim), this.#offset(row, head))
        }
      }
    }
    this.#layers = grown
    this.#bias = bias
  }
}
