import {KvCache} from './kv-cache.js'
import type {KeyValue} from './types.js'

const shape = {layers: 2, kvHeads: 2, headDim: 3}

/** A recognisable value for every element. */
const code = (row: number, layer: number, head: number, position: number, i: number) =>
  row * 10_000 + layer * 1000 + head * 500 + position + i / 10

function rowsOf(row: number, from: number, count: number, scale = 1): KeyValue[] {
  return Array.from({length: shape.layers}, (_, layer) => {
    const key = new Float32Array(shape.kvHeads * count * shape.headDim)
    for (let head = 0; head < shape.kvHeads; head++) {
      for (let p = 0; p < count; p++) {
        for (let i = 0; i < shape.headDim; i++)
          key[(head * count + p) * shape.headDim + i] = scale * code(row, layer, head, from + p, i)
      }
    }
    return {key, value: key.map(x => -x)}
  })
}

/** One new position of several rows, [rows, kvHeads, 1, headDim]. */
function step(rows: readonly [row: number, position: number][]): KeyValue[] {
  const each = rows.map(([row, position]) => rowsOf(row, position, 1))
  return Array.from({length: shape.layers}, (_, layer) => ({
    key: Float32Array.from(each.flatMap(delta => [...delta[layer]!.key])),
    value: Float32Array.from(each.flatMap(delta => [...delta[layer]!.value])),
  }))
}

function expectRow(cache: KvCache, index: number, row: number, length: number): void {
  const {capacity, layers, bias} = cache.past()
  expect(cache.lengths[index]).toBe(length)
  for (const [layer, {key, value}] of layers.entries()) {
    for (let head = 0; head < shape.kvHeads; head++) {
      for (let p = 0; p < length; p++) {
        for (let i = 0; i < shape.headDim; i++) {
          const at = ((index * shape.kvHeads + head) * capacity + p) * shape.headDim + i
          expect(key[at]).toBe(Math.fround(code(row, layer, head, p, i)))
          expect(value[at]).toBe(-Math.fround(code(row, layer, head, p, i)))
        }
      }
    }
  }
  for (let p = 0; p < capacity; p++) expect(bias[index * capacity + p]).toBe(p < length ? 0 : Math.fround(-1e9))
}

it('forks a prefix into independent rows', () => {
  const cache = new KvCache(shape, 3)
  const prefix = rowsOf(0, 0, 4)
  cache.add(prefix, 4)
  cache.add(prefix, 3)
  cache.append(
    step([
      [0, 4],
      [0, 3],
    ]),
  )
  expectRow(cache, 0, 0, 5)
  expectRow(cache, 1, 0, 4)
})

it('keeps the content of every row when it grows', () => {
  const cache = new KvCache(shape, 2)
  cache.add(rowsOf(1, 0, 100), 100)
  cache.add(rowsOf(2, 0, 2), 2)
  for (let p = 0; p < 200; p++)
    cache.append(
      step([
        [1, 100 + p],
        [2, 2 + p],
      ]),
    )
  expectRow(cache, 0, 1, 300)
  expectRow(cache, 1, 2, 202)
})

it('moves the last row into the place of a removed one, and accepts new rows', () => {
  const cache = new KvCache(shape, 3)
  cache.add(rowsOf(1, 0, 5), 5)
  cache.add(rowsOf(2, 0, 2), 2)
  cache.add(rowsOf(3, 0, 7), 7)
  cache.remove(0)
  expectRow(cache, 0, 3, 7)
  expectRow(cache, 1, 2, 2)
  cache.add(rowsOf(4, 0, 1), 1)
  expectRow(cache, 2, 4, 1)
  expect(() => cache.add(rowsOf(5, 0, 1), 1)).toThrow('full')
})

it('masks what an earlier row left behind', () => {
  const cache = new KvCache(shape, 1)
  cache.add(rowsOf(1, 0, 100), 100)
  cache.remove(0)
  cache.add(rowsOf(2, 0, 3), 3)
  expectRow(cache, 0, 2, 3)
})
