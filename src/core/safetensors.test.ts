import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {
  fromFloat32,
  numberToHalf,
  readFloats,
  readSafetensorsHeader,
  toFloat32,
  writeSafetensors,
} from './safetensors.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-safetensors-'))
afterAll(() => rmSync(folder, {recursive: true, force: true}))

/** Writes a file with this header and this many bytes of data. */
function fileWith(header: unknown, dataBytes: number, claimedLength?: bigint): string {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(claimedLength ?? BigInt(json.length))
  const file = join(folder, 'broken.safetensors')
  writeFileSync(file, Buffer.concat([length, json, Buffer.alloc(dataBytes)]))
  return file
}
function threeBytes(): string {
  const file = join(folder, 'short')
  writeFileSync(file, 'abc')
  return file
}
const f32 = (shape: unknown, offsets: unknown) => ({dtype: 'F32', shape, data_offsets: offsets})

it('reads back what it wrote, bit for bit', async () => {
  const file = join(folder, 'good.safetensors')
  const values = Float32Array.of(1, -2.5, 3e-8, 4)
  await writeSafetensors(file, [
    {name: 'a', type: 'F32', shape: [2, 2], bytes: () => [new Uint8Array(values.buffer)]},
    {name: 'empty', type: 'U8', shape: [0], bytes: () => []},
    {
      name: 'b',
      type: 'F16',
      shape: [4],
      bytes: () => [new Uint8Array(Uint16Array.from(values, v => numberToHalf(v)).buffer)],
    },
  ])
  const tensors = await readSafetensorsHeader(file)
  expect(tensors.get('a')).toMatchObject({file, type: 'F32', shape: [2, 2], length: 16})
  expect(await readFloats(tensors.get('a')!)).toEqual(values)
  expect(await readFloats(tensors.get('b')!)).toEqual(Float32Array.of(1, -2.5, 2 ** -24, 4))
  expect(await readFloats(tensors.get('empty')!)).toHaveLength(0)
})

it('converts every float16 to a number and back', () => {
  const all = Uint16Array.from({length: 65_536}, (_, i) => i)
  const numbers = toFloat32(new Uint8Array(all.buffer), 'F16')
  const back = Uint16Array.from(numbers, numberToHalf)
  const isNaN16 = (half: number) => (half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0
  expect(all.filter((half, i) => !isNaN16(half) && back[i] !== half)).toHaveLength(0)
  expect([65_504, 65_519.9, 65_520, 2 ** -25, 2 ** -25 * 1.01].map(numberToHalf)).toEqual([
    0x7bff, 0x7bff, 0x7c00, 0, 1,
  ])
})

const broken: [what: string, file: () => string, message: RegExp][] = [
  ['a file shorter than its length field', threeBytes, /cut short: it has 3 bytes/],
  [
    'a header that claims more than the file',
    () => fileWith({}, 0, 10n ** 18n),
    /header claims 1000000000000000000 bytes, but the file has 10/,
  ],
  ['a header that is not JSON', () => fileWith('{"a": ', 8), /header cannot be read as JSON/],
  ['a header that is a list', () => fileWith([], 8), /not a JSON object/],
  [
    'a tensor past the end of a truncated file',
    () => fileWith({'model.x': f32([4], [0, 16])}, 12),
    /tensor model\.x lies outside the file.*cut short/,
  ],
  [
    'a tensor that ends before it starts',
    () => fileWith({w: f32([0], [8, 4])}, 8),
    /tensor w ends \(4\) before it starts \(8\)/,
  ],
  ['negative offsets', () => fileWith({w: f32([1], [-4, 0])}, 8), /tensor w has no valid data_offsets/],
  [
    'a shape that does not fit the offsets',
    () => fileWith({w: f32([1000, 1000], [0, 8])}, 8),
    /tensor w of type F32 and shape \[1000, 1000\] needs 4000000 bytes/,
  ],
  ['a shape with a fraction', () => fileWith({w: f32([1.5], [0, 6])}, 8), /tensor w has no valid shape/],
  [
    'an unknown type',
    () => fileWith({w: {dtype: 'Q4', shape: [1], data_offsets: [0, 1]}}, 8),
    /tensor w has an unknown type Q4/,
  ],
  ['no entry at all', () => fileWith({w: null}, 8), /tensor w has an unknown type undefined/],
  ['overlapping tensors', () => fileWith({a: f32([2], [0, 8]), b: f32([2], [4, 12])}, 12), /tensors a and b overlap/],
  ['an absent file', () => join(folder, 'nowhere'), /Cannot read .*nowhere: there is no such file/],
]
it.each(broken)('refuses %s', async (_, file, message) => {
  const path = file()
  await expect(readSafetensorsHeader(path)).rejects.toMatchObject({
    code: 'bad-file',
    message: expect.stringMatching(message),
  })
  await expect(readSafetensorsHeader(path)).rejects.toThrow(path)
})

it('writes numbers in each type, rounded to nearest even', () => {
  const values = Float32Array.of(1, -2.5, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -9, 3.3895314e38, -0)
  const bfloat16 = toFloat32(fromFloat32(values, 'BF16'), 'BF16')
  expect([...bfloat16]).toEqual([1, -2.5, 1, 1 + 2 ** -6, 1, Math.fround(3.3895314e38), -0])
  expect([...toFloat32(fromFloat32(values.subarray(0, 2), 'F16'), 'F16')]).toEqual([1, -2.5])
  expect([...toFloat32(fromFloat32(values.subarray(1, 3), 'F32'), 'F32')]).toEqual([-2.5, 1 + 2 ** -8])
  expect(toFloat32(fromFloat32(Float32Array.of(Number.NaN), 'BF16'), 'BF16')[0]).toBeNaN()
})
