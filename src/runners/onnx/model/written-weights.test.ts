import {mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {TensorPlace} from '../../../core/safetensors.js'
import {readSafetensorsHeader, type TensorSource, writeSafetensors} from '../../../core/safetensors.js'
import {type ToWrite, writtenWeights} from './written-weights.js'

const root = mkdtempSync(join(tmpdir(), 'lantern-eval-written-'))
afterAll(() => rmSync(root, {recursive: true, force: true}))

/** Tensors of 40 bytes in a file. */
async function tensorsOf(file: string, names: readonly string[]): Promise<ReadonlyMap<string, TensorPlace>> {
  const bytes = (first: number) => new Uint8Array(Float32Array.from({length: 10}, (_, i) => first + i).buffer)
  await writeSafetensors(
    file,
    names.map((name, i) => ({name, type: 'F32', shape: [10], bytes: () => [bytes(i)]})),
  )
  return readSafetensorsHeader(file)
}

/** Writes each tensor as it is. */
const copied: ToWrite['convert'] = tensors =>
  tensors.map(([name, place]): TensorSource => {
    const bytes = () => [readFileSync(place.file).subarray(place.offset, place.offset + place.length)]
    return {name, type: place.type, shape: place.shape, bytes}
  })

const layers = ['model.embed_tokens.weight', 'model.layers.0.a.weight', 'model.layers.0.b.weight', 'model.norm.weight']

it('writes a file for each layer and module, and says how many bytes of how many are done', async () => {
  const tensors = await tensorsOf(join(root, 'source.safetensors'), layers)
  const folder = join(root, 'layers')
  const told: unknown[] = []
  const notify = (...all: unknown[]) => told.push(all)
  const written = await writtenWeights({folder, tensors, convert: copied, what: 'writing', notify})
  expect([...written.keys()].sort()).toEqual(layers)
  expect(readdirSync(folder).sort()).toEqual([
    'model.embed_tokens.safetensors',
    'model.layers.0.safetensors',
    'model.norm.safetensors',
  ])
  expect(told[0]).toEqual(['writing', {done: 0, total: 160}])
  expect(told.at(-1)).toEqual(['writing', {done: 160, total: 160}])
  for (const [name, place] of written) {
    const source = tensors.get(name)!
    const read = ({file, offset, length}: TensorPlace) => readFileSync(file).subarray(offset, offset + length)
    expect(read(place)).toEqual(read(source))
  }
})

it('keeps files that are whole, and writes those again that are torn, absent or lack a tensor', async () => {
  const tensors = await tensorsOf(join(root, 'source-2.safetensors'), [...layers, 'model.layers.1.a.weight'])
  const folder = join(root, 'torn')
  const write = () => writtenWeights({folder, tensors, convert: copied, what: 'writing'})
  const first = await write()
  const at = (part: string) => join(folder, `${part}.safetensors`)
  const inode = (part: string) => statSync(at(part)).ino
  const before = inode('model.norm')
  truncateSync(at('model.embed_tokens'), 100)
  rmSync(at('model.layers.1'))
  writeFileSync(at('model.layers.0'), readFileSync(at('model.norm')))
  expect(await write()).toEqual(first)
  expect(inode('model.norm')).toBe(before)
})

it('takes its names of files from those of tensors without leaving the folder', async () => {
  const names = ['../../evil.weight', 'a/b.c', '..', `${'x'.repeat(300)}.y`]
  const tensors = await tensorsOf(join(root, 'source-3.safetensors'), names)
  const folder = join(root, 'names')
  const written = await writtenWeights({folder, tensors, convert: copied, what: 'writing'})
  expect([...written.keys()].sort()).toEqual([...names].sort())
  for (const {file} of written.values()) expect(readdirSync(folder)).toContain(file.slice(folder.length + 1))
})

it('says how much is free before it writes what has no room', async () => {
  const tensors = await tensorsOf(join(root, 'source-4.safetensors'), ['model.norm.weight'])
  const convert = (): TensorSource[] => [{name: 'huge', type: 'F32', shape: [2 ** 50], bytes: () => []}]
  const writing = writtenWeights({folder: join(root, 'full'), tensors, convert, what: 'writing q8 weights'})
  await expect(writing).rejects.toMatchObject({
    code: 'disk',
    message: expect.stringMatching(/^Writing q8 weights needs 4503599.6 GB in .*full; [\d.]+ GB are free\.$/),
  })
})
