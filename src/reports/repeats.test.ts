import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {arm, lockBenchmark, lockOf, record, writeRun} from '../../test/support/run-folders.js'
import type {Outcome} from '../core/outcome.js'
import type {LogRecord} from '../run-folder/record.js'
import {compareRuns} from './compare.js'
import {readRun} from './read-run.js'
import {resultTable} from './result-table.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-repeats-'))
afterAll(() => rmSync(folder, {recursive: true}))

const bench = lockBenchmark('vstar', {s: 4}, {aggregate: 'micro'})
const repeated = {seeds: {run: 0, repeats: 3}}
const one = arm('openai:m', 'direct')
let runs = 0

/** A run of four samples, three times each; `outcomes` by sample and repeat, `_` for one that was not asked. */
async function runOf(outcomes: readonly string[], changes: Partial<LogRecord> = {}, lock = repeated) {
  const names: Record<string, Outcome> = {c: 'correct', w: 'wrong', t: 'truncated', e: 'error', u: 'unscored'}
  const records = outcomes.flatMap((line, k) =>
    [...line].flatMap((letter, repeat) =>
      letter === '_'
        ? []
        : [
            record(
              {arm: one.id, bench: 'vstar', subtask: 's', id: `s_${k + 1}`, outcome: names[letter]!},
              {repeat, ...changes},
            ),
          ],
    ),
  )
  return readRun(writeRun(join(folder, `run-${++runs}`), lockOf([one], [bench], lock), records))
}

const rowOf = async (...args: Parameters<typeof runOf>) => resultTable([await runOf(...args)]).rows[0]!

it('scores a sample that was asked several times once, by the mean of its scores', async () => {
  const row = await rowOf(['ccc', 'ccw', 'cww', 'www'])
  expect(row).toMatchObject({n: 4, total: 4, asked: 12, score: expect.closeTo((1 + 2 / 3 + 1 / 3 + 0) / 4, 10)})
  expect(row.outcomes).toMatchObject({correct: 2, wrong: 2})
  expect(row.notes).toContain('mean of 3 repeats')
})

it('leaves failed repeats out of the mean, and takes a sample for an error only where all of them failed', async () => {
  const row = await rowOf(['cee', 'eee', 'cwe', 'uuu'])
  expect(row).toMatchObject({n: 2, asked: 6, score: 0.75})
  expect(row.outcomes).toMatchObject({correct: 2, error: 1, unscored: 1})
})

it('shows what most repeats that earned nothing came to', async () => {
  expect((await rowOf(['ttw', 'twc', 'www', 'ttt'])).outcomes).toMatchObject({truncated: 2, wrong: 2})
})

it('says when some samples were not asked as often as the others yet', async () => {
  const row = await rowOf(['ccc', 'c__', 'cc_', '___'])
  expect(row.notes).toEqual([
    expect.stringMatching(/1 of 4 samples are left/),
    'mean of 3 repeats',
    '2 samples asked fewer than 3 times',
  ])
})

it('adds up what the repeats cost and took from the cache', async () => {
  expect(await rowOf(['ccc', 'ccc', 'ccc', 'ccc'], {costUsd: 0.25, cached: false})).toMatchObject({
    costUsd: 3,
    cached: 0,
  })
  const row = await rowOf(['cc', 'cc', 'cc', 'cc'], {costUsd: 0, cached: true})
  expect(row).toMatchObject({costUsd: 0, cached: 8, asked: 8})
  expect(row.notes).toContain('8 of 8 answers from the cache')
  expect(await rowOf(['ccc'], {costUsd: null})).toMatchObject({costUsd: null})
  expect(await rowOf(['ccc'])).toMatchObject({costUsd: null, cached: 0})
})

it('counts no record of a repeat that the run does not have', async () => {
  const run = await runOf(['ccc', 'cccc'], {}, {seeds: {run: 0, repeats: 3}})
  expect(run.warnings).toEqual([expect.stringMatching(/s_2, is of no repeat of the run \(3 of 3\)/)])
  expect((await runOf(['c'], {}, {seeds: {run: 0}} as typeof repeated)).warnings).toHaveLength(1)
  expect((await runOf(['c'], {repeat: undefined})).warnings).toHaveLength(1)
})

it('ranks and compares no rows that were asked with other parameters', async () => {
  const plain = await runOf(['ccc', 'ccc', 'ccc', 'ccc'])
  const seen = {promptSha256: '', images: [], dropped: ['seed', 'temperature']}
  const without = await runOf(['ccc', 'ccc', 'ccc', 'ccc'], {seen})
  const table = resultTable([plain, without])
  expect(table.groups).toHaveLength(2)
  expect(table.groups[1]!.apart).toEqual(['parameters left out: seed, temperature, not none'])
  expect(table.rows[1]!.notes).toContain('asked without seed, temperature, which the server refused')
  expect(() => compareRuns(plain, without)).toThrow(expect.objectContaining({code: 'provenance'}))
  expect(compareRuns(without, without).pairs[0]!.n).toBe(4)
})

it('warns of a comparison with answers from the cache', async () => {
  const base = await runOf(['ccc', 'ccc', 'ccc', 'ccc'])
  const cached = await runOf(['ccc', 'ccc', 'ccc', 'ccc'], {cached: true})
  expect(compareRuns(base, cached).warnings).toEqual([expect.stringMatching(/^vstar: 12 of 12 answers of .* cache/)])
  expect(compareRuns(cached, base).warnings).toEqual([])
})

it('says how many samples were thought of in latents, and nothing where nobody saw', async () => {
  const latent = arm('m', 'latent', {protocol: 'lantern', latentSize: 2, intervention: 'own'})
  const rowWith = async (blocks: readonly (number | null)[], of = latent) => {
    const records = blocks.map((count, k) =>
      record(
        {arm: of.id, bench: 'vstar', subtask: 's', id: `s_${k + 1}`, outcome: 'correct'},
        {
          usage: {
            ...{promptTokens: 1, imageTokens: 1, textTokens: 1, markerTokens: 0},
            ...{latentSteps: count && 2 * count, blocks: count},
          },
        },
      ),
    )
    const lock = lockOf([of], [bench])
    return resultTable([await readRun(writeRun(join(folder, `run-${++runs}`), lock, records))]).rows[0]!.engaged
  }
  // Wilson 1927 for 3 of 4.
  expect(await rowWith([1, 2, 1, 0])).toEqual({
    ...{n: 4, rate: 0.75},
    ...{low: expect.closeTo(0.3006, 4), high: expect.closeTo(0.9544, 4)},
  })
  expect(await rowWith([null, null, null, null])).toBeNull()
  expect(await rowWith([0, 0, 0, 0], one)).toBeNull()
  const banned = arm('m', 'latent', {protocol: 'lantern', latentSize: 2, intervention: 'no-latent'})
  expect(await rowWith([0, 0, 0, 0], banned)).toBeNull()
})

it('tells the headline at each repeat, and how far it varies between them', async () => {
  const {repeats} = await rowOf(['ccc', 'ccw', 'cww', 'cwe'])
  expect(repeats).toEqual({n: 3, sd: expect.any(Number), scores: [1, 0.5, 1 / 3]})
  const mean = (1 + 0.5 + 1 / 3) / 3
  expect(repeats!.sd).toBeCloseTo(Math.sqrt(((1 - mean) ** 2 + (0.5 - mean) ** 2 + (1 / 3 - mean) ** 2) / 2), 12)
  expect((await rowOf(['c__', 'w__', '___', '___'])).repeats).toBeUndefined()
})
