// Which cells of a picture boxes cover, and the features that stand for the evidence.
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fromFloat32} from '../../core/safetensors.js'
import {FeatureStore} from '../../run-folder/latent-context.js'
import {cellsIn, evidenceOf} from './evidence.js'

const run = mkdtempSync(join(tmpdir(), 'lantern-eval-evidence-'))
afterAll(() => rmSync(run, {recursive: true}))

/** Cells of 10 x 10 pixels. */
const grid = {rows: 3, columns: 4, width: 40, height: 30}

it.each([
  [
    'covers two by two cells',
    [10, 0, 30, 20],
    [
      [0, 1, 3],
      [1, 1, 3],
    ],
  ],
  ['covers the centres of its border cells exactly', [5, 5, 15, 5], [[0, 0, 2]]],
  ['covers no centre', [31, 21, 34, 24], [[2, 3, 4]]],
  ['leaves the picture', [25, 25, 90, 90], [[2, 2, 4]]],
  ['lies outside', [100, 100, 120, 120], [[2, 3, 4]]],
] as const)('a box that %s', (_, box, expected) => {
  expect(cellsIn(box, grid).map(({row, from, to}) => [row, from, to])).toEqual(expected)
})

describe('the evidence', () => {
  /** The cell in row r and column c is (r, c). */
  const values = Float32Array.from(Array.from({length: 12}, (_, k) => [Math.floor(k / 4), k % 4]).flat())
  const stored = async () => {
    const seen = {sha256: 'ab', width: 40, height: 30, sentWidth: 112, sentHeight: 84}
    const features = {type: 'F16', bytes: fromFloat32(values, 'F16')} as const
    return new FeatureStore(run, () => undefined).write('m', [{seen, rows: 3, columns: 4, features}])
  }
  const blockOf = (count: number, width = 2) => Array.from({length: count}, () => new Float32Array(width))
  const vector = (...numbers: number[]) => Float32Array.from(numbers)

  it('of as many boxes as latents is one vector for each', async () => {
    const pictures = await stored()
    const boxes = [
      [0, 0, 20, 10],
      [30, 20, 40, 30],
    ] as const
    // Cells (0, 0) and (0, 1); cell (2, 3).
    expect(await evidenceOf(run, {pictures, boxes, lens: null}, [blockOf(2), blockOf(2)])).toEqual([
      vector(0, 0.5),
      vector(2, 3),
      vector(0, 0.5),
      vector(2, 3),
    ])
  })

  it('else is the mean of all cells that boxes cover', async () => {
    const pictures = await stored()
    const boxes = [
      [0, 0, 20, 10],
      [30, 20, 40, 30],
    ] as const
    const mean = vector(2 / 3, 4 / 3)
    expect(await evidenceOf(run, {pictures, boxes, lens: null}, [blockOf(3)])).toEqual([mean, mean, mean])
  })

  it('is not there without boxes, without a picture, and without its features', async () => {
    const pictures = await stored()
    const lens = null
    expect(await evidenceOf(run, {pictures, lens}, [blockOf(1)])).toBeNull()
    expect(await evidenceOf(run, {pictures: [], boxes: [[0, 0, 9, 9]], lens}, [blockOf(1)])).toBeNull()
    const gone = pictures.map(one => ({...one, features: 'features/m/gone.safetensors'}))
    expect(await evidenceOf(run, {pictures: gone, boxes: [[0, 0, 9, 9]], lens}, [blockOf(1)])).toBeNull()
  })

  it('is refused where the latents are of another width', async () => {
    const pictures = await stored()
    const wide = evidenceOf(run, {pictures, boxes: [[0, 0, 9, 9]], lens: null}, [blockOf(1, 3)])
    await expect(wide).rejects.toThrow('has 2 numbers a cell, the latents beside it have 3')
  })
})
