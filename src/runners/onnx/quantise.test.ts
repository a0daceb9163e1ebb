import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {basename, join} from 'node:path'
import {random} from '../../core/random.js'
import {readFloats, readSafetensorsHeader, writeSafetensors} from '../../core/safetensors.js'
import {Graph} from './onnx-writer.js'
import {createSession, loadRuntime} from './ort-session.js'
import {packBlocks, quantised} from './quantise.js'
import {Weights} from './weights.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-quantise-'))
afterAll(() => rmSync(folder, {recursive: true, force: true}))

const noise = random('quantise.test')
const [out, inputs] = [24, 96]
const matrix = Float32Array.from({length: out * inputs}, () => noise.normal())

/** The values that the packed codes represent. */
function unpacked(bits: 4 | 8): Float32Array {
  const scales = new Float32Array(matrix.length / 32)
  const packed = packBlocks(matrix, bits, scales)
  return matrix.map((_, i) => {
    const code = bits === 8 ? packed[i]! : (packed[i >> 1]! >> (4 * (i & 1))) & 15
    return (code - 2 ** (bits - 1)) * scales[i >> 5]!
  })
}

it.each([4, 8] as const)(
  'packs %i bits with an error of at most one scale, or half a scale away from the clamped end',
  bits => {
    const values = unpacked(bits)
    for (let block = 0; block < matrix.length; block += 32) {
      const scale = Math.max(...matrix.subarray(block, block + 32).map(Math.abs)) / 2 ** (bits - 1)
      const errors = matrix.subarray(block, block + 32).map((v, i) => Math.abs(v - values[block + i]!))
      expect(Math.max(...errors)).toBeLessThanOrEqual(scale * 1.0001)
      expect([...errors].sort((a, b) => a - b)[16]).toBeLessThanOrEqual(scale * 0.5001)
    }
  },
)

it.each(['q8', 'q4'] as const)('the %s kernel computes with the packed values', async precision => {
  const source = join(folder, 'source.safetensors')
  await writeSafetensors(source, [
    {name: 'm.weight', type: 'F32', shape: [out, inputs], bytes: () => [new Uint8Array(matrix.buffer)]},
  ])
  const file = join(folder, `${precision}.safetensors`)
  await writeSafetensors(
    file,
    quantised(await readSafetensorsHeader(source), precision, () => false),
  )
  const g = new Graph('product')
  const x = g.input('x', 'f32', [1, inputs])
  g.output(
    'y',
    new Weights(await readSafetensorsHeader(file), path => basename(path), 'f32').linear(g, x, 'm'),
    'f32',
    [1, out],
  )
  const session = await createSession(g.encode(), {
    device: {provider: 'cpu', index: 0},
    threads: 1,
    folder,
    mapped: false,
  })
  const {Tensor} = await loadRuntime()
  const row = Float32Array.from({length: inputs}, () => noise.normal())
  const {y} = await session.run({x: new Tensor('float32', row, [1, inputs])})
  const values = unpacked(precision === 'q4' ? 4 : 8)
  for (let i = 0; i < out; i++) {
    const expected = row.reduce((sum, v, j) => sum + v * values[i * inputs + j]!, 0)
    // The row is rounded to 8 bits per block: 96 errors of about 3 / 127 / sqrt(12), five sigma.
    expect(Math.abs((y!.data as Float32Array)[i]! - expected)).toBeLessThan(0.33)
  }
})

it('keeps vectors, and matrices whose rows are not whole blocks, in float32', async () => {
  const source = join(folder, 'odd.safetensors')
  const values = Float32Array.from({length: 60}, (_, i) => i / 7)
  await writeSafetensors(source, [
    {name: 'norm.weight', type: 'F32', shape: [60], bytes: () => [new Uint8Array(values.buffer)]},
    {name: 'narrow.weight', type: 'F32', shape: [3, 20], bytes: () => [new Uint8Array(values.buffer)]},
  ])
  const file = join(folder, 'odd-q4.safetensors')
  await writeSafetensors(
    file,
    quantised(await readSafetensorsHeader(source), 'q4', () => false),
  )
  for (const [, place] of await readSafetensorsHeader(file)) expect(await readFloats(place)).toEqual(values)
})
