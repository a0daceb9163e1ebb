// Comparing two arms: pairs, verdicts, gate, and what is refused.
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {arm, lockBenchmark, lockOf, recordsOf, writeRun} from '../../test/support/run-folders.js'
import type {Outcome} from '../core/outcome.js'
import {detectableDifference, mcnemarExact, tangoInterval} from '../metrics/statistics/index.js'
import {compareRuns, pickArm, splitRunArm} from './compare.js'
import {readRun} from './read-run.js'
import {comparisonSchema} from './schemas/comparison.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lantern-eval-compare-'))
})
afterAll(() => rmSync(folder, {recursive: true}))

const vstar = lockBenchmark(
  'vstar',
  {direct_attributes: 115, relative_position: 76},
  {aggregate: 'micro', split: 'test'},
)
const direct = arm('m', 'direct')
let runs = 0

const runOf = async (
  outcomeOf: (subtask: string, k: number) => Outcome | undefined,
  changes: Parameters<typeof lockOf>[2] = {},
  bench = vstar,
  scoreOf?: (k: number) => number,
) => {
  const records = [...recordsOf(direct, bench, outcomeOf)].map((one, k) =>
    scoreOf ? {...one, score: scoreOf(k)} : one,
  )
  return readRun(writeRun(join(folder, `run-${++runs}`), lockOf([direct], [bench], changes), records))
}
const upTo = (n: number) => (_: string, k: number) => (k < n ? 'correct' : 'wrong') as Outcome

it('pairs the samples scored in both', async () => {
  const base = await runOf((_, k) => (k === 0 ? 'error' : k < 50 ? 'correct' : 'wrong'))
  const next = await runOf((subtask, k) =>
    k === 1 ? 'unscored' : k === 2 ? undefined : k < (subtask === 'direct_attributes' ? 60 : 45) ? 'correct' : 'wrong',
  )
  const comparison = compareRuns(base, next)
  expect(() => comparisonSchema.parse(comparison)).not.toThrow()
  const [pair] = comparison.pairs
  expect(pair).toMatchObject({
    bench: 'vstar',
    n: 191 - 6,
    wins: 10,
    losses: 5,
    ties: 170,
    test: 'mcnemar-exact',
    p: mcnemarExact(10, 5),
  })
  expect(pair!.difference).toBeCloseTo(5 / 185, 12)
  expect(pair).toMatchObject(tangoInterval(10, 5, 185))
  // A lead of 5 among 15 is no more than noise gives: all of them are discordance without a net effect.
  const net = Math.sqrt((5 / 185) ** 2 - (15 / 185 - (5 / 185) ** 2) / 185)
  expect(pair!.discordance).toBeCloseTo(15 / 185 - net, 10)
  expect(pair!.mde).toBe(detectableDifference({n: 185, discordance: pair!.discordance, exact: true}))
  expect(pair!.subtasks.map(({name, wins, losses}) => [name, wins, losses])).toEqual([
    ['direct_attributes', 10, 0],
    ['relative_position', 0, 5],
  ])
  expect(pair!.subtasks[0]!.holm).toBeCloseTo(2 * mcnemarExact(10, 0), 12)
  // What is left out could go either way, so it is told.
  expect(pair!.unpaired).toBe(6)
  expect(comparison.warnings).toEqual([
    'vstar: 6 of 191 samples are not scored in both (missing, failed or hidden) and are left out.',
  ])
  expect(comparison).toMatchObject({gated: false, exitCode: 0, base: {arm: 'm|direct'}, new: {arm: 'm|direct'}})
})

describe('the verdict and the gate', () => {
  it.each([
    [50, 80, 'improved', 0],
    [60, 60, 'inconclusive', 3],
    [80, 50, 'regressed', 1],
  ])('of %i against %i of each subtask are %s, exit %i', async (before, after, verdict, exitCode) => {
    const [base, next] = [await runOf(upTo(before)), await runOf(upTo(after))]
    expect(compareRuns(base, next, {failOn: 'regression', margin: 0.01})).toMatchObject({
      verdict,
      exitCode,
      gated: true,
    })
    expect(compareRuns(base, next, {margin: 0.01})).toMatchObject({verdict, exitCode: 0})
  })

  it('call a tie equivalent only where the samples allow it', async () => {
    const [base, next] = [await runOf(upTo(60)), await runOf(upTo(60))]
    expect(compareRuns(base, next, {margin: 0.05}).verdict).toBe('equivalent')
    expect(compareRuns(base, next, {margin: 0.005}).verdict).toBe('inconclusive')
  })
})

it('lists the samples that flipped, losses first, and no more than asked for', async () => {
  const [base, next] = [
    await runOf((_, k) => (k < 3 ? 'wrong' : 'correct')),
    await runOf((_, k) => (k === 5 ? 'truncated' : 'correct')),
  ]
  const [pair] = compareRuns(base, next).pairs
  expect(pair).toMatchObject({wins: 6, losses: 2})
  expect(pair!.flips).toHaveLength(8)
  expect(pair!.flips.slice(0, 3)).toEqual([
    {id: 'direct_attributes_6', from: 'correct', to: 'truncated'},
    {id: 'relative_position_6', from: 'correct', to: 'truncated'},
    {id: 'direct_attributes_1', from: 'wrong', to: 'correct'},
  ])
  expect(compareRuns(base, next, {flips: 1}).pairs[0]!.flips).toEqual(pair!.flips.slice(0, 1))
  const few = compareRuns(base, next, {flips: 2}).pairs[0]!.flips
  expect(few.map(({to}) => to)).toEqual(['truncated', 'correct'])
})

describe('several benchmarks', () => {
  const names = ['a', 'b', 'c', 'd']
  const benches = names.map(id => lockBenchmark(id, {x: 60}, {aggregate: 'micro'}))
  const runAll = async (right: readonly number[]) =>
    readRun(
      writeRun(
        join(folder, `run-${++runs}`),
        lockOf([direct], benches),
        benches.flatMap((bench, b) => [...recordsOf(direct, bench, upTo(right[b]!))]),
      ),
    )

  it('are several tests: a difference that Holm does not leave standing is none of the overall verdict', async () => {
    const base = await runAll([30, 30, 30, 30])
    const one = compareRuns(base, await runAll([36, 30, 30, 30]))
    expect(one.pairs[0]).toMatchObject({p: mcnemarExact(6, 0), holm: 4 * mcnemarExact(6, 0), verdict: 'improved'})
    expect(one.verdict).toBe('inconclusive')
    const all = compareRuns(base, await runAll([40, 41, 42, 43]))
    expect(all.verdict).toBe('improved')
    expect(compareRuns(base, await runAll([15, 30, 30, 30])).verdict).toBe('regressed')
  })

  it('pass the gate together', async () => {
    const base = await runAll([30, 30, 30, 30])
    const comparison = compareRuns(base, await runAll([30, 31, 30, 20]), {margin: 0.08, failOn: 'regression'})
    expect(comparison.pairs.map(({gate}) => gate.passed)).toEqual([true, true, true, false])
    expect(comparison.gate).toMatchObject({passed: false, margin: 0.08, low: comparison.pairs[3]!.bounds.low})
  })
})

it('lets an undecided gate through where that is asked for', async () => {
  const [base, next] = [await runOf(upTo(60)), await runOf(upTo(60))]
  const options = {failOn: 'regression', margin: 0.005} as const
  expect(compareRuns(base, next, options)).toMatchObject({exitCode: 3, gate: {passed: false, outcome: 'inconclusive'}})
  expect(compareRuns(base, next, {...options, onInconclusive: 'pass'}).exitCode).toBe(0)
})

it('compares what differs in the ways allowed, and says so', async () => {
  const base = await runOf(upTo(60))
  const other = await runOf(upTo(60), {
    extractor: 'verbatim',
    prompts: {style: 'lmms', templatesSha256: 'c'.repeat(64)},
  })
  expect(() => compareRuns(base, other, {allow: ['prompts']})).toThrow(
    expect.objectContaining({code: 'provenance', message: expect.not.stringContaining('lmms')}),
  )
  expect(compareRuns(base, other, {allow: ['prompts', 'extractor']}).allowed).toEqual([
    'prompt style: lmms, not official',
    'prompts: cccccccc, not ffffffff',
    'extractor: verbatim, not lantern-eval',
  ])
  expect(compareRuns(base, base, {allow: ['extractor']}).allowed).toEqual([])
  expect(() => compareRuns(base, other, {allow: ['prompt']})).toThrow(expect.objectContaining({exitCode: 2}))
})

it('uses the macro headline where the benchmark does', async () => {
  const blink = lockBenchmark('blink', {small: 20, large: 180})
  const [base, next] = [
    await runOf(upTo(10), {}, blink),
    await runOf((s, k) => upTo(s === 'small' ? 14 : 10)(s, k), {}, blink),
  ]
  expect(compareRuns(base, next).pairs[0]!.difference).toBeCloseTo(0.2 / 2, 12)
})

it('flips signs of scores that are not 0 or 1, the same ones each time', async () => {
  const viscot = lockBenchmark('viscot', {a: 80, b: 40}, {metric: 'match'})
  const base = await runOf(upTo(200), {}, viscot, k => (k % 5) / 5)
  const next = await runOf(upTo(200), {}, viscot, k => Math.min(1, ((k % 5) + (k % 3 === 0 ? 1 : 0)) / 5))
  const comparison = compareRuns(base, next)
  expect(comparison.pairs[0]).toMatchObject({test: 'sign-flip', wins: 40, losses: 0, ties: 80})
  expect(comparison.verdict).toBe('improved')
  expect(compareRuns(base, next)).toEqual(comparison)
})

describe('refuses', () => {
  it('runs that are not comparable, and names every reason', async () => {
    const base = await runOf(upTo(60))
    const other = await runOf(upTo(60), {
      extractor: 'verbatim',
      prompts: {style: 'lmms', templatesSha256: 'f'.repeat(64)},
    })
    expect(() => compareRuns(base, other)).toThrow(
      expect.objectContaining({
        code: 'provenance',
        exitCode: 5,
        message: expect.stringMatching(/prompt style: lmms, not official; extractor: verbatim/),
      }),
    )
  })

  it('runs without a benchmark or a sample in common', async () => {
    const base = await runOf(upTo(60))
    const hops = await runOf(upTo(60), {}, lockBenchmark('hops', {a: 3}))
    expect(() => compareRuns(base, hops)).toThrow(expect.objectContaining({code: 'provenance'}))
    const empty = await runOf(() => undefined)
    expect(() => compareRuns(base, empty)).toThrow(expect.objectContaining({code: 'nothing-evaluated', exitCode: 4}))
  })

  it('a run with several arms and none named, and lists them', () => {
    const run = {dir: 'results/x', lock: {arms: [arm('m', 'direct'), arm('m', 'text-cot')], environment: {}}}
    expect(() => pickArm(run, undefined)).toThrow(
      expect.objectContaining({exitCode: 2, suggestion: expect.stringContaining('m|text-cot')}),
    )
    expect(() => pickArm(run, 'latent')).toThrow(expect.objectContaining({exitCode: 2}))
    expect(() => pickArm(run, 'm|')).toThrow(expect.objectContaining({exitCode: 2}))
    expect(pickArm(run, 'm|direct')).toBe('m|direct')
    expect(pickArm(run, 'cot')).toBe('m|text-cot')
  })

  it('no arm that is named as tables show it, by its label', () => {
    const arms = [arm('openai:a', 'direct'), arm('openai:b', 'direct')]
    const run = {dir: 'results/x', lock: {arms, environment: {labels: {'openai:a': '500', 'openai:b': '1500'}}}}
    expect(pickArm(run, '500|direct')).toBe('openai:a|direct')
    expect(pickArm(run, '1500')).toBe('openai:b|direct')
    expect(pickArm(run, '500')).toBe('openai:a|direct')
    expect(pickArm(run, 'openai:b')).toBe('openai:b|direct')
    expect(() => pickArm(run, '00|')).toThrow(
      expect.objectContaining({message: expect.stringContaining('several arms with "00|"')}),
    )
    expect(() => pickArm(run, 'c:')).toThrow(
      expect.objectContaining({suggestion: expect.stringMatching(/^ {2}500\|direct\n {2}1500\|direct$/m)}),
    )
  })
})

it('reads RUN#ARM', () => {
  expect(splitRunArm('results/x#m|latent|lantern:5|own')).toEqual({dir: 'results/x', arm: 'm|latent|lantern:5|own'})
  expect(splitRunArm('results/x')).toEqual({dir: 'results/x', arm: undefined})
})
