// Rows and their ranking, from run folders on disk to the result document.
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {arm, lockBenchmark, lockOf, record, recordsOf, writeRun} from '../../test/support/run-folders.js'
import type {Outcome} from '../core/outcome.js'
import type {Lock} from '../run-folder/lock.js'
import {readRun} from './read-run.js'
import {resultTable} from './result-table.js'
import {resultDocumentSchema} from './schemas/result.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lantern-eval-table-'))
})
afterAll(() => rmSync(folder, {recursive: true}))

let runs = 0
const run = async (lock: ReturnType<typeof lockOf>, records: Parameters<typeof writeRun>[2]) =>
  readRun(writeRun(join(folder, `run-${++runs}`), lock, records))

const direct = arm('replay:answers', 'direct')

describe('the headline of BLINK', () => {
  // design/benchmarks.md 2.3 and 8.1: sizes of the subtasks, right answers of three models, official Total (macro) and
  // micro.
  const sizes = {
    Art_Style: 117,
    Counting: 120,
    Forensic_Detection: 132,
    Functional_Correspondence: 130,
    IQ_Test: 150,
    Jigsaw: 150,
    'Multi-view_Reasoning': 133,
    Object_Localization: 122,
    Relative_Depth: 124,
    Relative_Reflectance: 134,
    Semantic_Correspondence: 139,
    Spatial_Relation: 143,
    Visual_Correspondence: 172,
    Visual_Similarity: 135,
  }
  const names = Object.keys(sizes)
  it.each([
    ['GPT4o', [97, 59, 105, 53, 47, 83, 79, 73, 92, 50, 75, 99, 129, 98], 60.0411, 59.9158],
    ['GPT4V', [93, 73, 45, 33, 34, 105, 74, 67, 74, 52, 40, 104, 58, 106], 51.0891, 50.3945],
    ['Yi_VL_6B', [46, 66, 36, 23, 32, 72, 57, 55, 71, 37, 26, 98, 46, 63], 38.7194, 38.2956],
  ])('is the official Total of %s', async (_model, right, macro, micro) => {
    const blink = lockBenchmark('blink', sizes)
    const outcomeOf = (subtask: string, k: number) => (k < right[names.indexOf(subtask)]! ? 'correct' : 'wrong')
    const [row] = resultTable([await run(lockOf([direct], [blink]), recordsOf(direct, blink, outcomeOf))]).rows
    expect(100 * row!.score!).toBeCloseTo(macro, 4)
    expect(100 * row!.micro!).toBeCloseTo(micro, 4)
    expect(row).toMatchObject({n: 1901, total: 1901, sample: 'official', bounds: {low: row!.score, high: row!.score}})
    // Cochran 1977, section 5.3: the stratified half-width; a little less than the 2.2 points of 1,901 items drawn
    // without strata.
    const variance = names.reduce((sum, name, s) => {
      const [n, p] = [sizes[name as keyof typeof sizes], right[s]! / sizes[name as keyof typeof sizes]]
      return sum + (p * (1 - p)) / n / 14 ** 2
    }, 0)
    expect((row!.high! - row!.low!) / 2 / (1.96 * Math.sqrt(variance))).toBeCloseTo(1, 1)
    expect(row!.subtasks.map(({name}) => name)).toEqual(names)
  })
})

describe('outcomes', () => {
  const bench = lockBenchmark('vstar', {a: 10, b: 10}, {aggregate: 'micro'})
  const kinds: Outcome[] = [
    'correct',
    'correct',
    'correct',
    'wrong',
    'unanswered',
    'truncated',
    'refused',
    'not-engaged',
    'error',
    'unscored',
  ]

  it('without an answer score 0, errors and hidden answers stay outside, and bounds say what errors could change', async () => {
    const table = resultTable([
      await run(
        lockOf([direct], [bench]),
        recordsOf(direct, bench, (_, k) => kinds[k]),
      ),
    ])
    expect(() => resultDocumentSchema.parse(table)).not.toThrow()
    const [row] = table.rows
    expect(row).toMatchObject({
      n: 16,
      total: 20,
      score: 6 / 16,
      micro: 6 / 16,
      bounds: {low: 6 / 18, high: 8 / 18},
      outcomes: {
        correct: 6,
        wrong: 2,
        unanswered: 2,
        truncated: 2,
        refused: 2,
        error: 2,
        'not-engaged': 2,
        unscored: 2,
      },
      sample: 'official',
    })
    expect(row!.subtasks[0]).toMatchObject({name: 'a', n: 8, total: 10, score: 3 / 8})
  })

  it('are those of the settled record: the last that is no error', async () => {
    const one = (outcome: Outcome) => record({arm: direct.id, bench: 'vstar', subtask: 'a', id: 'a_1', outcome})
    const small = lockBenchmark('vstar', {a: 1}, {aggregate: 'micro'})
    const outcomeAfter = async (...history: Outcome[]) => {
      const [row] = resultTable([await run(lockOf([direct], [small]), history.map(one))]).rows
      return Object.entries(row!.outcomes).find(([, n]) => n > 0)![0]
    }
    expect(await outcomeAfter('error', 'correct')).toBe('correct')
    expect(await outcomeAfter('wrong', 'error')).toBe('wrong')
    expect(await outcomeAfter('wrong', 'correct')).toBe('correct')
    expect(await outcomeAfter('error', 'error')).toBe('error')
  })
})

describe('a row', () => {
  it('of an unfinished run is partial and counts what is left', async () => {
    const bench = lockBenchmark('blink', {a: 10, b: 10})
    const table = resultTable([
      await run(
        lockOf([direct], [bench]),
        recordsOf(direct, bench, s => (s === 'a' ? 'correct' : undefined)),
      ),
    ])
    expect(table.verdict).toBe('partial')
    expect(table.rows[0]).toMatchObject({n: 10, total: 20, sample: 'partial', score: 1})
    expect(table.rows[0]!.notes).toEqual(['unfinished: 10 of 20 samples are left'])
  })

  it('that has not begun has no score', async () => {
    const table = resultTable([await run(lockOf([direct], [lockBenchmark('blink', {a: 10})]), [])])
    expect(table.rows[0]).toMatchObject({
      n: 0,
      total: 10,
      score: null,
      low: null,
      high: null,
      tier: null,
      rankLow: null,
      rankHigh: null,
    })
    expect(table.groups[0]!.power).toBeNull()
  })

  it('of a limited run is partial, of built-in samples builtin whatever else holds', async () => {
    const sampleOf = async (changes: Parameters<typeof lockBenchmark>[2]) => {
      const bench = lockBenchmark('blink', {a: 4}, changes)
      return resultTable([
        await run(
          lockOf([direct], [bench]),
          recordsOf(direct, bench, () => 'correct'),
        ),
      ])
    }
    expect((await sampleOf({partial: true, available: 100})).rows[0]!.sample).toBe('partial')
    const builtin = await sampleOf({kind: 'builtin', partial: true})
    expect(builtin.rows[0]!.sample).toBe('builtin')
    expect(builtin.builtin).toBe(true)
    expect(builtin.warnings[0]).toMatch(/^Built-in sample/)
  })

  it('counts the subtasks of the headline only, and shows the others apart', async () => {
    const hops = lockBenchmark(
      'hops',
      {'hops-1': 4, 'count-hops-1': 4},
      {aggregate: 'micro', headline: ['hops-1', 'hops-2']},
    )
    const outcomeOf = (subtask: string) => (subtask === 'hops-1' ? 'correct' : 'wrong')
    const table = resultTable([await run(lockOf([direct], [hops]), recordsOf(direct, hops, outcomeOf))])
    const [row] = table.rows
    expect(row).toMatchObject({score: 1, n: 4, total: 4, notes: []})
    expect(table.groups[0]!.counted).toBe('4 scored of 8 run: the headline counts hops-1')
    expect(row!.subtasks.map(({name, score, headline}) => [name, score, headline])).toEqual([
      ['hops-1', 1, true],
      ['count-hops-1', 0, false],
    ])
  })

  it('of a latent arm whose latents nobody could see says so', async () => {
    const latent = arm('openai:x', 'latent', {protocol: 'lvr', latentSize: 8, intervention: 'own'})
    const bench = lockBenchmark('blink', {a: 4})
    const usage = {promptTokens: 1, imageTokens: 1, textTokens: 4, latentSteps: null, markerTokens: null, blocks: null}
    const table = resultTable([
      await run(
        lockOf([latent], [bench]),
        recordsOf(latent, bench, () => 'correct', {usage}),
      ),
    ])
    expect(table.rows[0]!.notes).toContain('latents not observable')
    expect(table.rows[0]!.usage).toEqual({textTokens: 4, latentSteps: null, promptTokens: 1})
  })

  it('has intervals over pictures where samples share one', async () => {
    const bench = lockBenchmark('hops', {a: 400}, {aggregate: 'micro'})
    const widthOf = async (cluster: (id: string) => string | null) => {
      const records = [...recordsOf(direct, bench, (_, k) => ((k >> 2) % 2 === 0 ? 'correct' : 'wrong'))]
      const [row] = resultTable([
        await run(
          lockOf([direct], [bench]),
          records.map(one => ({...one, cluster: cluster(one.id)})),
        ),
      ]).rows
      return row!.high! - row!.low!
    }
    const alone = await widthOf(() => null)
    expect(await widthOf(id => id)).toBe(alone)
    // Four samples a picture, all alike: as few as a quarter of the samples.
    expect((await widthOf(id => String((Number(id.slice(2)) - 1) >> 2))) / alone).toBeCloseTo(2, 0)
  })
})

describe('ranking', () => {
  const bench = lockBenchmark('vstar', {a: 100}, {aggregate: 'micro'})
  const right = (n: number) => (_: string, k: number) => (k < n ? 'correct' : 'wrong') as Outcome

  it('gives ranks that hold for all rows at once, and keeps ties in one tier', async () => {
    const arms = [arm('m', 'direct'), arm('m', 'text-cot'), arm('m', 'latent')]
    const records = [60, 90, 89].flatMap((n, k) => [...recordsOf(arms[k]!, bench, right(n))])
    const {rows, groups} = resultTable([await run(lockOf(arms, [bench]), records)])
    expect(rows.map(({mode, tier, rankLow, rankHigh}) => [mode, tier, rankLow, rankHigh])).toEqual([
      ['text-cot', 1, 1, 2],
      ['latent', 1, 1, 2],
      ['direct', 2, 3, 3],
    ])
    expect(groups).toHaveLength(1)
    expect(groups[0]!.power).toMatchObject({pairs: 100, discordance: expect.closeTo(0.009, 10), assumed: false})
  })

  it('never mixes what is not comparable, and says why', async () => {
    const at = async (changes: Parameters<typeof lockOf>[2], entry: Parameters<typeof lockBenchmark>[2] = {}) => {
      const other = lockBenchmark('vstar', {a: 100}, {aggregate: 'micro', ...entry})
      return run(lockOf([direct], [other], changes), recordsOf(direct, other, right(50)))
    }
    const base = await at({})
    const apartOf = async (...change: Parameters<typeof at>) => {
      const {groups} = resultTable([base, await at(...change)])
      return groups.length === 1 ? null : groups[1]!.apart.join()
    }
    expect(await apartOf({extractor: 'verbatim'})).toBe('extractor: verbatim, not lantern-eval')
    expect(await apartOf({}, {labels: 'new'})).toBe('labels: new, not as published')
    expect(await apartOf({}, {dataSha256: 'c'.repeat(64)})).toBe('data: cccccccc, not dddddddd')
    expect(await apartOf({}, {samplesSha256: 'c'.repeat(64), selected: 5})).toMatch(/^samples: 5 /)
    expect(await apartOf({prompts: {style: 'lmms', templatesSha256: 'f'.repeat(64)}})).toBe(
      'prompt style: lmms, not official',
    )
    expect(await apartOf({prompts: {style: 'official', templatesSha256: 'a'.repeat(64)}})).toMatch(/^prompts: /)
    expect(await apartOf({judge: {ref: 'openai:j', prompt: 'viscot_official'}})).toMatch(/^judge: openai:j/)
    expect(await apartOf({}, {metric: 'judge'})).toMatch(/^metric: judge/)
    expect(await apartOf({shard: {index: 1, count: 2}})).toMatch(/^samples: .*shard 1\/2/)
    // Other settings may differ; they are shown beside the row instead.
    expect(await apartOf({images: {minPixels: null, maxPixels: 100}, seeds: {run: 7}})).toBeNull()
    const {rows} = resultTable([base, await at({images: {minPixels: null, maxPixels: 100}})])
    expect(rows.map(({differences}) => differences['max pixels'])).toEqual(expect.arrayContaining(['100', 'default']))
  })

  it('tells rows of one name apart by their endpoint, and by the run where that is the same', async () => {
    const vstar = lockBenchmark('vstar', {a: 20}, {aggregate: 'micro'})
    const asked = arm('openai:m', 'direct')
    const at = (port: number | null, seed: number, one = asked) =>
      run(
        lockOf([one], [vstar], {
          models: [{ref: one.model, ...(port && {endpoint: {url: `http://localhost:${port}/v1`, name: 'm'}})}],
          seeds: {run: seed},
        }),
        recordsOf(one, vstar, right(10)),
      )
    const apart = async (...runs: Awaited<ReturnType<typeof at>>[]) =>
      resultTable(runs).rows.map(({differences: {endpoint = '', run = ''}}) => [endpoint, run && 'run'])
    const [one, other, single] = [await at(1, 0), await at(2, 0), await at(3, 0, arm('openai:n', 'direct'))]
    expect(await apart(one, other, single)).toEqual([
      ['http://localhost:1/v1', ''],
      ['http://localhost:2/v1', ''],
      ['', ''],
    ])
    expect(await apart(one, await at(1, 1))).toEqual([
      ['', 'run'],
      ['', 'run'],
    ])
    expect(await apart(one, await at(1, 1), other)).toEqual([
      ['http://localhost:1/v1', 'run'],
      ['http://localhost:1/v1', 'run'],
      ['http://localhost:2/v1', ''],
    ])
    expect(await apart(await at(null, 0), await at(null, 1))).toEqual([
      ['', 'run'],
      ['', 'run'],
    ])
  })

  it('says of a shard that it is one, how many samples are its own, and which are left', async () => {
    const vstar = lockBenchmark('vstar', {a: 100}, {aggregate: 'micro'})
    const half = (k: number) => (k < 40 ? 'correct' : undefined)
    const shardRow = async (shard: NonNullable<Lock['shard']>) =>
      resultTable([
        await run(
          lockOf([direct], [vstar], {shard}),
          recordsOf(direct, vstar, (_, k) => half(k)),
        ),
      ]).rows[0]!
    const row = await shardRow({index: 1, count: 2, asked: {vstar: {a: 50}}})
    expect(row).toMatchObject({
      n: 40,
      total: 50,
      sample: 'partial',
      notes: ['shard 1 of 2', 'unfinished: 10 of 50 samples are left'],
    })
    // Locks before this field: what is there is all that is known.
    expect(await shardRow({index: 2, count: 2})).toMatchObject({n: 40, total: 40, notes: ['shard 2 of 2']})
  })

  it('gives the same document for the same runs', async () => {
    const open = lockBenchmark('viscot', {a: 60, b: 60}, {metric: 'match'})
    const lock = lockOf([direct], [open])
    const records = [...recordsOf(direct, open, (_, k) => (k % 3 === 0 ? 'correct' : 'wrong'))].map((one, k) => ({
      ...one,
      score: (k % 7) / 7,
    }))
    const one = await run(lock, records)
    expect(resultTable([one])).toEqual(resultTable([one]))
    const [row] = resultTable([one]).rows
    expect(row!.low).toBeLessThan(row!.score!)
    expect(row!.high).toBeGreaterThan(row!.score!)
  })
})
