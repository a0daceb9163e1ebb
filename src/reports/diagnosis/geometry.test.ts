// The shape of stored latents, from files to figures: every one of them by hand.
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {arm, lockBenchmark, lockOf, recordsOf, writeRun} from '../../../test/support/run-folders.js'
import type {LensToken} from '../../core/generation.js'
import {fromFloat32} from '../../core/safetensors.js'
import type {Box} from '../../core/sample.js'
import {FeatureStore, lensWarning} from '../../run-folder/latent-context.js'
import {writeLatents} from '../../run-folder/latents.js'
import {readGeometry} from './geometry.js'
import {readOutcomes} from './outcomes.js'
import {studyOfRuns} from './study.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-geometry-'))
afterAll(() => rmSync(folder, {recursive: true}))

const bench = lockBenchmark('hops', {'hops-1': 3}, {aggregate: 'micro', split: 'test'})
const latent = (intervention: string) => arm('m', 'latent', {protocol: 'lantern', latentSize: 2, intervention})
const vector = (...values: number[]) => Float32Array.from(values)
const token = (id: number, p: number): LensToken => ({id, token: `t${id}`, p})
/** Left half and right half of a picture of one row and two columns. */
const [leftHalf, rightHalf]: Box[] = [
  [0, 0, 10, 10],
  [10, 0, 20, 10],
]

/** The latents of three samples under own: of norms 5 and 10, then 2 and 4, then none. */
const own = [[vector(3, 4), vector(6, 8)], [vector(2, 0), vector(0, 4)], []]
const norms = [{fed: 7.5, own: 7.5, text: 1, picture: 2}, {fed: 3, own: 3, text: 2, picture: 4}, undefined]
let runs = 0

/** A run of own and one other arm; `others` are the latents of that one. */
async function runOf(other: string, others: readonly (readonly Float32Array[])[], context = true): Promise<string> {
  const dir = join(folder, `run-${++runs}`)
  const arms = ['own', other].map(latent)
  const records = arms.flatMap((one, which) =>
    [...recordsOf(one, bench, () => 'correct')].map((record, k) => ({
      ...record,
      ...(which === 0 && norms[k] && context && {latentNorm: norms[k]}),
    })),
  )
  writeRun(dir, lockOf(arms, [bench]), records)
  const ids = [...recordsOf(arms[0]!, bench, () => 'correct')].map(({id}) => id)
  const seen = {sha256: 'ab', width: 20, height: 10, sentWidth: 56, sentHeight: 28}
  // The left cell is (3, 4), the right one (0, 1).
  const features = {type: 'F16', bytes: fromFloat32(vector(3, 4, 0, 1), 'F16')} as const
  const pictures = await new FeatureStore(dir, () => undefined).write('m', [{seen, rows: 1, columns: 2, features}])
  for (const [k, id] of ids.entries()) {
    const lens = {of: 'latent', blocks: [[[token(k, 0.5), token(9, 0.1)], [token(7, 1)]]]} as const
    const boxes = k === 0 ? [leftHalf!] : [leftHalf!, rightHalf!]
    await writeLatents(
      dir,
      {arm: arms[0]!.id, bench: 'hops', id},
      [{vectors: own[k]!}],
      context ? {pictures, boxes, lens} : undefined,
    )
    await writeLatents(dir, {arm: arms[1]!.id, bench: 'hops', id}, [{vectors: others[k] ?? []}])
  }
  return dir
}

async function seenIn(dir: string) {
  const study = await studyOfRuns([dir])
  const {benches} = await readOutcomes(study)
  return readGeometry(study, benches[0]!)
}

it('norms: own latents beside text and pictures, and what a condition fed over own', async () => {
  const {geometry} = await seenIn(
    await runOf('zeros', [[vector(0, 0), vector(0, 0)], [vector(0, 3), vector(3, 0)], []]),
  )
  expect(geometry).toMatchObject({
    // (5 + 10 + 2 + 4) / 4; text (1 + 2) / 2; pictures (2 + 4) / 2.
    ...{bench: 'hops', samples: 2, norm: 5.25},
    inputs: {text: 1.5, picture: 3, latentToText: 3.5, latentToPicture: 1.75},
    // By sample: own 7.5 and 3, fed 0 and 3.
    norms: {zeros: 3 / 10.5},
  })
})

it('without an oracle, drift and retrieval are against the features of the boxes; they are no guard', async () => {
  const seen = await seenIn(await runOf('zeros', []))
  expect(seen.oracle).toBeUndefined()
  const {against, drift, retrieval} = seen.geometry!
  expect(against).toBe('boxes')
  // The first sample has one box for two latents: both are held against (3, 4). The second has a box for each.
  expect(drift).toEqual([
    {step: 0, n: 2, cosine: expect.closeTo((1 + 0.6) / 2, 6), squaredError: expect.closeTo((0 + (1 + 16) / 2) / 2, 6)},
    {
      step: 1,
      n: 2,
      cosine: expect.closeTo((1 + 1) / 2, 6),
      squaredError: expect.closeTo(((9 + 16) / 2 + 9 / 2) / 2, 6),
    },
  ])
  // Means of own: (4.5, 6) and (1, 2); of the boxes: (3, 4) and (1.5, 2.5). Each is nearest to its own.
  expect(retrieval).toMatchObject({n: 2, of: 2, recallAt1: 1, chance: {recallAt1: 0.5}})
})

it('with an oracle they are against what it fed', async () => {
  const seen = await seenIn(await runOf('oracle', [[vector(4, -3), vector(6, 8)], [vector(2, 0), vector(0, 2)], []]))
  expect(seen.oracle).toEqual({checked: 2, passed: 2})
  expect(seen.geometry).toMatchObject({
    against: 'oracle',
    drift: [
      {step: 0, n: 2, cosine: 0.5, squaredError: 12.5},
      {step: 1, n: 2, cosine: 1, squaredError: 1},
    ],
  })
})

it('the lens counts the likeliest token of each step, over the samples with latents', async () => {
  const {geometry} = await seenIn(await runOf('zeros', []))
  expect(geometry!.lens).toEqual({
    ...{of: 'latent', warning: lensWarning},
    steps: [
      {
        ...{step: 0, n: 2, p: 0.5},
        tokens: [
          {id: 0, token: 't0', share: 0.5},
          {id: 1, token: 't1', share: 0.5},
        ],
      },
      {step: 1, n: 2, p: 1, tokens: [{id: 7, token: 't7', share: 1}]},
    ],
  })
})

it('what was not kept is null', async () => {
  const {geometry} = await seenIn(await runOf('zeros', [], false))
  expect(geometry).toMatchObject({
    ...{samples: 2, against: null, drift: [], retrieval: null, lens: null},
    inputs: {text: null, picture: null, latentToText: null, latentToPicture: null},
  })
})

it('latents of two widths are refused by name where they are compared; norms may be of any', async () => {
  const others = [[vector(1, 2, 2)], [], []]
  await expect(seenIn(await runOf('oracle', others))).rejects.toThrow('oracle for hops-1_1 have 3 numbers each')
  expect((await seenIn(await runOf('zeros', others))).geometry!.norms).toEqual({zeros: 3 / 7.5})
})
