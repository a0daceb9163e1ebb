// What latents are looked at with: features of pictures, boxes and the logit lens, as they lie in the run folder.
import {mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {PictureFeatures} from '../core/generation.js'
import {fromFloat32, readWholeHeader} from '../core/safetensors.js'
import {contextIn, FeatureStore, latentContextSchema, lensWarning, openFeatures} from './latent-context.js'
import {storedArms, writeLatents} from './latents.js'

const run = mkdtempSync(join(tmpdir(), 'lantern-eval-context-'))
afterAll(() => rmSync(run, {recursive: true}))

const model = './models/a b'
const seen = {sha256: 'ab12', width: 90, height: 60, sentWidth: 84, sentHeight: 56}
/** Two rows of three cells, each [row, column]. */
const values = Float32Array.of(0, 0, 0, 1, 0, 2, 1, 0, 1, 1, 1, 2)
const given = (type: 'F16' | 'BF16', more: Partial<PictureFeatures> = {}): PictureFeatures => ({
  ...{seen, rows: 2, columns: 3, features: {type, bytes: fromFloat32(values, type)}},
  ...more,
})
const token = (id: number, p: number) => ({id, token: `t${id}`, p})

it('features are one tensor for each picture, cell by cell, with the grid as its shape', async () => {
  const [stored, ...others] = await new FeatureStore(run, () => undefined).write(model, [given('F16')])
  expect(others).toEqual([])
  const file = 'features/.%2Fmodels%2Fa%20b/ab12-84x56.safetensors'
  expect(stored).toEqual({features: file, rows: 2, columns: 3, width: 90, height: 60})
  const features = (await openFeatures(run, stored!))!
  expect(features).toMatchObject({rows: 2, columns: 3, width: 2})
  expect(await features.all()).toEqual(values)
  expect(await features.cells(1, 1, 3)).toEqual(Float32Array.of(1, 1, 1, 2))
})

it('a picture that is there is not written again, and one without features is named all the same', async () => {
  const zeros = {type: 'F16', bytes: new Uint8Array(24)} as const
  const [again, named] = await new FeatureStore(run, () => undefined).write(model, [
    given('F16', {features: zeros}),
    {seen: {...seen, sha256: 'cd34'}, rows: 2, columns: 3},
  ])
  expect(await (await openFeatures(run, again!))!.all()).toEqual(values)
  expect(named).toMatchObject({features: 'features/.%2Fmodels%2Fa%20b/cd34-84x56.safetensors', rows: 2})
  expect(await openFeatures(run, named!)).toBeNull()
  expect(readdirSync(join(run, 'features', '.%2Fmodels%2Fa%20b'))).toEqual(['ab12-84x56.safetensors'])
})

it('features that leave the range of half precision keep their size in the other one', async () => {
  const large = fromFloat32(
    values.map(value => 1e6 * value),
    'BF16',
  )
  const [stored] = await new FeatureStore(run, () => undefined).write('m', [
    given('BF16', {features: {type: 'BF16', bytes: large}}),
  ])
  const [, , , one] = await (await openFeatures(run, stored!))!.all()
  expect(Math.abs(one! / 1e6 - 1)).toBeLessThan(2 ** -8)
})

it('a context is read back as it was written; probabilities have four digits', async () => {
  const [picture] = await new FeatureStore(run, () => undefined).write(model, [given('F16')])
  const key = {arm: 'm|latent|lantern:2|own', bench: 'hops', id: '1'}
  const lens = {of: 'latent', blocks: [[[token(3, 0.123456), token(1, 0.1)], [token(1, 1)]]]} as const
  const boxes = [[0, 0, 30, 30]] as const
  const latents = [{vectors: [Float32Array.of(1, 2), Float32Array.of(3, 4)]}]
  await writeLatents(run, key, latents, {pictures: [picture!], boxes, lens})
  await writeLatents(run, {...key, id: '2'}, latents)
  const [arm] = await storedArms(run)
  expect(await arm!.context('hops', '1')).toEqual({
    ...{schema: 1, pictures: [picture], boxes},
    lens: {of: 'latent', warning: lensWarning, blocks: [[[token(3, 0.1235), token(1, 0.1)], [token(1, 1)]]]},
  })
  // Other programs read the metadata of the file.
  const file = join(run, (await writeLatents(run, key, latents, {pictures: [picture!], boxes, lens}))!)
  const {metadata} = await readWholeHeader(file)
  expect(latentContextSchema.strict().parse(JSON.parse(metadata['context']!))).toEqual(await arm!.context('hops', '1'))
  expect(await arm!.read('hops', '1')).toEqual([[Float32Array.of(1, 2), Float32Array.of(3, 4)]])
  expect([await arm!.context('hops', '2'), await arm!.context('hops', '3')]).toEqual([null, null])
})

it.each([
  ['{"schema":2}', 'schema'],
  ['no JSON', 'no context'],
  [
    '{"schema":1,"pictures":[{"features":"features/../../x.safetensors","rows":1,"columns":1,"width":1,"height":1}],"lens":null}',
    'pictures.0.features',
  ],
])('metadata of another form are refused: %s', (context, message) => {
  expect(() => contextIn({context}, 'x.safetensors')).toThrow(message)
})

it('a file that holds no features of a picture is refused', async () => {
  const [stored] = await new FeatureStore(run, () => undefined).write('broken', [given('F16')])
  const file = join(run, stored!.features)
  writeFileSync(
    file,
    readFileSync(file).toString('latin1').replace('[2,3,2]', '[4,3,1]').replace('features', 'feature5'),
    'latin1',
  )
  await expect(openFeatures(run, stored!)).rejects.toThrow('holds no features of 2 x 3 cells')
})

it('a run keeps no more features than fit, counts those that lie there, and says so once', async () => {
  const full = join(run, 'full')
  const others = ['1', '2', '3', '4'].map(sha256 => given('F16', {seen: {...seen, sha256}}))
  const told: string[] = []
  const [first] = await new FeatureStore(full, () => undefined).write('m', others.slice(0, 1))
  // Room for what lies there and the numbers of one picture more.
  const most = statSync(join(full, first!.features)).size + 24
  const later = new FeatureStore(full, message => told.push(message), most)
  const stored = (await Promise.all(others.map(one => later.write('m', [one])))).flat()
  const there = await Promise.all(stored.map(picture => openFeatures(full, picture)))
  expect(there.map(features => features !== null)).toEqual([true, true, false, false])
  expect(told).toEqual([expect.stringContaining('the most that a run keeps')])
})
