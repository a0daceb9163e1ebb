// A merged run has what its shards stored beside their logs.
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {arm, lockBenchmark, lockOf, record, writeRun} from '../../test/support/run-folders.js'
import type {PictureFeatures} from '../core/generation.js'
import {FeatureStore, openFeatures} from '../run-folder/latent-context.js'
import {readLatents, writeLatents} from '../run-folder/latents.js'
import {mergeRuns} from './merge.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lantern-eval-merge-'))
})
afterEach(() => rmSync(folder, {recursive: true}))

const own = arm('m', 'latent', {protocol: 'lantern', latentSize: 2, intervention: 'own'})
const bench = lockBenchmark('blink', {Counting: 2})
const shard = (index: number) => {
  const lock = lockOf([own], [bench], {shard: {index, count: 2}})
  const id = `Counting_${index}`
  const one = record({arm: own.id, bench: 'blink', subtask: 'Counting', id, outcome: 'correct'})
  return writeRun(join(folder, `shard-${index}`), lock, [one])
}
const picture = (name: string): PictureFeatures => ({
  seen: {sha256: name.repeat(64), width: 56, height: 28, sentWidth: 56, sentHeight: 28},
  ...{rows: 1, columns: 2},
  features: {type: 'F16', bytes: new Uint8Array(8).fill(60)},
})

test('merge carries the latents and the features of every shard, each picture once', async () => {
  const dirs = [shard(1), shard(2)]
  const stored = []
  for (const [k, dir] of dirs.entries()) {
    const features = new FeatureStore(dir, () => {})
    const pictures = await features.write('m', [picture('a'), picture(k === 0 ? 'b' : 'c')])
    stored.push(...pictures)
    const key = {arm: own.id, bench: 'blink', id: `Counting_${k + 1}`}
    const vectors = [Float32Array.of(k, 1, 2), Float32Array.of(3, 4, 5)]
    await writeLatents(dir, key, [{vectors, own: []}], {pictures, lens: null})
  }
  const out = join(folder, 'out')
  expect(await mergeRuns(dirs, out, false)).toMatchObject({records: 2, missing: 0, latents: 2, features: 3})
  for (const k of [0, 1]) {
    const key = {arm: own.id, bench: 'blink', id: `Counting_${k + 1}`}
    expect(await readLatents(out, key)).toEqual(await readLatents(dirs[k]!, key))
    expect((await readLatents(out, key))![0]![0]![0]).toBe(k)
  }
  for (const one of stored) expect((await openFeatures(out, one))!.columns).toBe(2)
  const log = readFileSync(join(out, 'log.jsonl'))
  expect(await mergeRuns(dirs, out, false)).toMatchObject({latents: 2, features: 3})
  expect(readFileSync(join(out, 'log.jsonl'))).toEqual(log)
})

test('shards without any leave none', async () => {
  const out = join(folder, 'out')
  expect(await mergeRuns([shard(1), shard(2)], out, false)).toMatchObject({latents: 0, features: 0})
  expect(existsSync(join(out, 'latents')) || existsSync(join(out, 'features'))).toBe(false)
})
