// Scores over groups of samples: pairs and rotations, from the run folder to the table and the comparison.
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import fc from 'fast-check'
import {arm, lockBenchmark, lockOf, record, writeRun} from '../../test/support/run-folders.js'
import type {Outcome} from '../core/outcome.js'
import {detectableDifference, mcnemarExact, scoreInterval} from '../metrics/statistics/index.js'
import {compareRuns} from './compare.js'
import {formatNamed} from './formats/index.js'
import {readRun} from './read-run.js'
import {resultTable} from './result-table.js'
import {comparisonSchema} from './schemas/comparison.js'
import {resultDocumentSchema} from './schemas/result.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-groups-'))
afterAll(() => rmSync(folder, {recursive: true}))

const names: Record<string, Outcome> = {
  ...{c: 'correct', w: 'wrong', t: 'truncated', r: 'refused', a: 'unanswered', e: 'error', u: 'unscored'},
}
let runs = 0

interface Shape {
  readonly aggregate?: 'group' | 'micro' | 'macro'
  /** Samples that the data have of each group; default: those that are written. */
  readonly size?: number
  readonly cluster?: (group: number, k: number) => string | undefined
  readonly model?: string
  /** Whether each letter is a repeat of the one sample before it. */
  readonly repeats?: number
}

/** A run of groups: a word per group, a letter per sample; `_` was not asked yet. */
async function runOf(groups: readonly string[], shape: Shape = {}) {
  const {aggregate = 'group', cluster = () => undefined, model = 'openai:m', repeats = 1} = shape
  const one = arm(model, 'direct')
  const total = groups.reduce((sum, word) => sum + word.length / repeats, 0)
  const bench = lockBenchmark('pairs', {all: total}, {aggregate, split: 'test'})
  const records = groups.flatMap((word, g) =>
    [...word].flatMap((letter, at) => {
      const [k, repeat] = repeats === 1 ? [at, undefined] : [Math.floor(at / repeats), at % repeats]
      const shared = cluster(g, k)
      return letter === '_'
        ? []
        : record(
            {arm: one.id, bench: 'pairs', subtask: 'all', id: `g${g}-${k}`, outcome: names[letter]!},
            {...(shared === undefined ? {} : {cluster: shared}), ...(repeat === undefined ? {} : {repeat})},
          )
    }),
  )
  const sizes = groups.map(word => shape.size ?? word.length / repeats)
  // Samples that no record names are filled up by the helper; here each is listed by its own name.
  const missing = groups.flatMap((word, g) => [...word].flatMap((letter, k) => (letter === '_' ? [`g${g}-${k}`] : [])))
  const filled = new Map(missing.map((id, k) => [`all_${k + 1}`, id]))
  const groupOf = (id: string) => {
    const g = Number(/^g(\d+)-/.exec(filled.get(id) ?? id)![1])
    return {group: `g${g}`, groupSize: sizes[g]!}
  }
  const seeds = {run: 0, ...(repeats > 1 ? {repeats} : {})}
  return readRun(writeRun(join(folder, `run-${++runs}`), lockOf([one], [bench], {seeds}), records, groupOf))
}

const rowOf = async (...args: Parameters<typeof runOf>) => resultTable([await runOf(...args)]).rows[0]!
const many = (count: number, word: string) => Array.from({length: count}, () => word)

describe('a group', () => {
  it.each([
    ['cc', 1, 1],
    ['cw', 1, 0],
    ['ct', 1, 0],
    ['cr', 1, 0],
    ['ca', 1, 0],
    ['ww', 1, 0],
    ['cccc', 1, 1],
    ['ccwc', 1, 0],
    // A failure hides whether a group would be right, but not that it is wrong.
    ['ce', 0, null],
    ['we', 1, 0],
    ['cu', 0, null],
    ['wu', 1, 0],
    ['ee', 0, null],
    ['c_', 0, null],
    ['w_', 1, 0],
  ])('of outcomes %s counts %i time, as %p', async (word, groups, score) => {
    expect(await rowOf([word])).toMatchObject({groups, groupTotal: 1, groupScore: score, score})
  })

  it('of which only a part was selected is never right', async () => {
    expect(await rowOf(['c', 'w'], {size: 2})).toMatchObject({groups: 1, groupTotal: 2, groupScore: 0, micro: 0.5})
  })

  it('counts once, whatever becomes of it, and never more than the worst of its samples', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({unit: fc.constantFrom('c', 'w', 'e', 't', 'u'), minLength: 2, maxLength: 4}), {
          minLength: 1,
          maxLength: 12,
        }),
        async words => {
          const row = await rowOf(words)
          const known = words.filter(word => /[wt]/.test(word) || !/[eu]/.test(word))
          const right = words.filter(word => /^c+$/.test(word))
          expect([row.groups, row.groupTotal]).toEqual([known.length, words.length])
          expect(row.score).toEqual(known.length === 0 ? null : right.length / known.length)
          if (row.score !== null && words.every(word => !/[eu]/.test(word) && word.length === words[0]!.length))
            expect(row.score).toBeLessThanOrEqual(row.micro! + 1e-12)
          const {low, high} = row.bounds
          if (low !== null && row.score !== null)
            expect(low <= row.score + 1e-12 && row.score <= high! + 1e-12).toBe(true)
        },
      ),
      {numRuns: 60},
    )
  })
})

describe('with repeats', () => {
  it('a group is judged at each repeat, and its score is the mean', async () => {
    // Two samples, three repeats each: right together at the first alone.
    const row = await rowOf(['ccw' + 'cwc'], {repeats: 3})
    expect(row).toMatchObject({groups: 1, n: 2})
    expect(row.score).toBeCloseTo(1 / 3, 12)
    expect(row.micro).toBeCloseTo(2 / 3, 12)
  })

  it('a repeat that failed is left out unless the group is wrong at it all the same', async () => {
    expect((await rowOf(['cce' + 'ccc'], {repeats: 3})).score).toBe(1)
    expect((await rowOf(['cce' + 'ccw'], {repeats: 3})).score).toBeCloseTo(2 / 3, 12)
    expect((await rowOf(['e_' + 'cc'], {repeats: 2})).score).toBeNull()
  })
})

describe('the row', () => {
  const words = [...many(30, 'cc'), ...many(12, 'cw'), ...many(8, 'ww')]

  it('has the group score whatever the headline, and the plain accuracy beside a group headline', async () => {
    const [grouped, plain] = [await rowOf(words), await rowOf(words, {aggregate: 'micro'})]
    const figures = {groups: 50, groupTotal: 50, groupScore: 0.6, micro: 0.72, n: 100, total: 100}
    expect(grouped).toMatchObject({...figures, aggregate: 'group', score: 0.6})
    expect(plain).toMatchObject({...figures, aggregate: 'micro', score: 0.72})
    expect(grouped.subtasks).toMatchObject([{name: 'all', n: 100, groups: 50, groupScore: 0.6, score: 0.6}])
    expect(plain.subtasks).toMatchObject([{name: 'all', n: 100, groups: 50, groupScore: 0.6, score: 0.72}])
    expect(resultDocumentSchema.parse(resultTable([await runOf(words)])).rows[0]!.groups).toBe(50)
  })

  it('has the interval of its groups, and clusters plain accuracy by group', async () => {
    const right = Float64Array.from({length: 50}, (_, g) => Number(g < 30))
    const row = await rowOf(words)
    const {value, ...interval} = scoreInterval([{values: right}], 'micro')
    expect(row).toMatchObject({score: value, ...interval})
    expect([row.groupLow, row.groupHigh]).toEqual([row.low, row.high])
    const values = Float64Array.from(words.join(''), letter => Number(letter === 'c'))
    const clusters = Int32Array.from(values, (_, i) => Math.floor(i / 2))
    const plain = await rowOf(words, {aggregate: 'micro'})
    const clustered = scoreInterval([{values, clusters}], 'micro')
    expect(plain).toMatchObject({low: clustered.low, high: clustered.high})
    // Samples of a pair that are alike are worth less than as many independent ones.
    const apart = scoreInterval([{values}], 'micro')
    expect(plain.high! - plain.low!).toBeGreaterThan(apart.high - apart.low)
  })

  it('guesses all samples of a group at once', async () => {
    expect((await rowOf(words)).baselines.random).toBe(1 / 4)
    expect((await rowOf(words, {aggregate: 'micro'})).baselines.random).toBe(1 / 2)
  })

  it('has no group score where nobody knows the groups', async () => {
    const one = arm('openai:m', 'direct')
    const bench = lockBenchmark('pairs', {all: 2}, {aggregate: 'group', split: 'test'})
    const records = [1, 2].map(k =>
      record({arm: one.id, bench: 'pairs', subtask: 'all', id: `all_${k}`, outcome: 'correct'}),
    )
    const run = await readRun(writeRun(join(folder, `run-${++runs}`), lockOf([one], [bench]), records))
    const [row] = resultTable([run]).rows
    expect(row).toMatchObject({score: null, micro: 1, n: 2})
    expect(row!.groups).toBeUndefined()
    expect(row!.notes.join()).toContain('no group score')
  })

  it('tells how many groups are without a result', async () => {
    const row = await rowOf(['cc', 'ce', 'c_'])
    expect(row.notes).toContain('2 of 3 groups have no result yet')
  })

  it('groups that share a picture are one cluster', async () => {
    const shared = (g: number) => `picture ${Math.floor(g / 5)}`
    const alike = [...many(25, 'cc'), ...many(25, 'ww')]
    const [apart, together] = [await rowOf(alike), await rowOf(alike, {cluster: shared})]
    expect(together.score).toBe(apart.score)
    expect(together.high! - together.low!).toBeGreaterThan(1.5 * (apart.high! - apart.low!))
    // Pictures shared in a chain link all groups that they touch: three chains are three clusters.
    const chained = await rowOf([...many(9, 'cc')], {
      aggregate: 'micro',
      cluster: (g, k) => (g % 3 === 0 && k === 0 ? undefined : `link ${Math.floor(g / 3)}.${(g % 3) + k}`),
    })
    expect(chained.low).toBeLessThan((await rowOf([...many(9, 'cc')], {aggregate: 'micro'})).low!)
  })
})

describe('the comparison', () => {
  // 20 groups won, 8 lost, 40 right in both, 32 wrong in both; of the last, samples flip that no group score sees.
  const base = [...many(20, 'cw'), ...many(8, 'cc'), ...many(40, 'cc'), ...many(32, 'cw')]
  const next = [...many(20, 'cc'), ...many(8, 'wc'), ...many(40, 'cc'), ...many(32, 'wc')]

  it('of a group headline tests groups', async () => {
    const comparison = compareRuns(await runOf(base), await runOf(next))
    const [pair] = comparisonSchema.parse(comparison).pairs
    expect(pair).toMatchObject({
      ...{unit: 'group', n: 100, wins: 20, losses: 8, ties: 72, difference: 0.12},
      ...{test: 'mcnemar-exact', p: mcnemarExact(20, 8), clustered: false, unpaired: 0},
    })
    expect(pair!.mde).toBe(detectableDifference({n: 100, discordance: pair!.discordance, exact: true}))
    expect(pair!.flips).toHaveLength(28)
    expect(pair!.flips[0]).toEqual({id: 'g20', from: 'correct', to: 'wrong'})
  })

  it('of a plain headline clusters samples by group', async () => {
    const plain = (words: readonly string[]) => runOf(words, {aggregate: 'micro'})
    const [pair] = compareRuns(await plain(base), await plain(next)).pairs
    expect(pair).toMatchObject({unit: 'sample', n: 200, clustered: true, test: 'cluster-sign-flip'})
    expect(pair!.difference).toBeCloseTo(12 / 200, 12)
  })

  it('leaves out groups that one side does not know', async () => {
    const comparison = compareRuns(await runOf(['cc', 'cc', 'ce']), await runOf(['cw', 'cc', 'cc']))
    expect(comparison.pairs[0]).toMatchObject({n: 2, losses: 1, unpaired: 1})
    expect(comparison.warnings.join()).toContain('1 of 3 groups are not scored in both')
  })

  it('is refused between a group and a plain headline', async () => {
    const [grouped, plain] = [await runOf(base), await runOf(base, {aggregate: 'micro'})]
    expect(() => compareRuns(grouped, plain)).toThrow(/metric: accuracy, micro, not accuracy, group/)
  })
})

it('rows are ranked by groups, and the power of the table is that of its groups', async () => {
  const [good, poor] = [many(90, 'cc'), many(90, 'cw')]
  const document = resultTable([
    await runOf([...good, ...many(10, 'ww')], {model: 'openai:good'}),
    await runOf([...poor, ...many(10, 'cc')], {model: 'openai:poor'}),
  ])
  expect(document.rows.map(({model, score, tier}) => [model, score, tier])).toEqual([
    ['openai:good', 0.9, 1],
    ['openai:poor', 0.1, 2],
  ])
  expect(document.groups[0]!.power).toMatchObject({pairs: 100, unit: 'group', assumed: false})
  const [alone] = resultTable([await runOf(good)]).groups
  expect(alone!.power).toMatchObject({pairs: 90, unit: 'group', assumed: true})
})

it('every format shows groups and both scores', async () => {
  const run = await runOf([...many(30, 'cc'), ...many(12, 'cw'), ...many(8, 'ww')])
  const textOf = (name: string, document = resultTable([run])) =>
    formatNamed(name).render(document, {width: 140, color: false})
  for (const name of ['markdown', 'terminal', 'junit', 'csv', 'json'] as const) {
    const text = textOf(name)
    expect([name, /\b50\b/.test(text), /60\.0|0\.6\b/.test(text), /72\.0|0\.72\b/.test(text)]).toEqual([
      ...[name, true, true, name !== 'junit'],
    ])
  }
  expect(textOf('markdown')).toContain('mean over groups, each right when all of its samples are')
  expect(textOf('csv').split('\n')[0]).toMatch(/,lock,groups,group_score$/)
  const plain = resultTable([await runOf(many(3, 'cw'), {aggregate: 'micro'})])
  expect(textOf('markdown', plain)).toContain('| groups | group score |')
})
