// The statistics against scipy and statsmodels: test/goldens/statistics/make.py wrote the figures.
import {readFileSync} from 'node:fs'
import {random} from '../../core/random.js'
import {incompleteBeta} from './beta.js'
import {
  effectiveSize,
  holm,
  mcnemarExact,
  midPInterval,
  pairedBounds,
  pairedInterval,
  rankIntervals,
  signFlipTest,
  studentQuantile,
  tangoInterval,
  wilsonInterval,
} from './index.js'
import {mcnemarPower} from './power.js'

interface Golden {
  readonly incompleteBeta: readonly {x: number; a: number; b: number; value: number}[]
  readonly studentQuantile: readonly {p: number; df: number; value: number}[]
  readonly midP: readonly {x: number; n: number; level: number; interval: [number, number]}[]
  readonly wilson: readonly {x: number; n: number; interval: [number, number]}[]
  readonly clopperPearsonUpper: readonly {x: number; n: number; value: number}[]
  readonly tango: readonly {wins: number; losses: number; n: number; level: number; interval: [number, number]}[]
  readonly mcnemar: readonly {wins: number; losses: number; p: number; binomtest: number}[]
  readonly holm: readonly {p: number[]; adjusted: number[]}[]
  readonly mcnemarPower: readonly {n: number; discordance: number; difference: number; power: number}[]
  readonly signFlip: readonly {sizes: number[]; values: number[]; p: number}[]
  readonly clusterError: readonly {values: number[]; clusters: number[]; error: number; n: number}[]
  readonly tukey: readonly {arms: number; critical: number}[]
}

const golden: Golden = JSON.parse(
  readFileSync(new URL('../../../test/goldens/statistics/golden.json', import.meta.url), 'utf8'),
)

const nemo: {
  readonly cases: readonly {wins: number; losses: number; n: number; p: number; interval: [number, number]}[]
} = JSON.parse(readFileSync(new URL('../../../test/goldens/statistics/nemo.json', import.meta.url), 'utf8'))

const relative = (value: number, expected: number) => Math.abs(value - expected) / Math.max(Math.abs(expected), 1e-300)

it.each(golden.incompleteBeta)('incomplete beta of $x ($a, $b)', ({x, a, b, value}) => {
  expect(relative(incompleteBeta(x, a, b), value)).toBeLessThan(1e-10)
})

it.each(golden.studentQuantile)('quantile $p of t with $df degrees', ({p, df, value}) => {
  expect(relative(studentQuantile(p, df), value)).toBeLessThan(1e-9)
})

it.each(golden.midP)('mid-p interval of $x in $n at $level', ({x, n, level, interval}) => {
  const {low, high} = midPInterval(x, n, level)
  expect(low).toBeCloseTo(interval[0], 9)
  expect(high).toBeCloseTo(interval[1], 9)
})

it.each(golden.wilson)('Wilson interval of $x in $n', ({x, n, interval}) => {
  const {low, high} = wilsonInterval(x, n)
  expect(low).toBeCloseTo(interval[0], 12)
  expect(high).toBeCloseTo(interval[1], 12)
})

it.each(golden.clopperPearsonUpper)('the loss that $x losses of $n and no win leave open is exact', ({x, n, value}) => {
  expect(pairedBounds(0, x, n, 1.6448536269514722).low).toBeLessThanOrEqual(-value + 1e-9)
  if (x < 3) expect(pairedBounds(0, x, n, 1.6448536269514722).low).toBeCloseTo(-value, 9)
})

it.each(golden.tango)('Tango interval of $wins and $losses in $n at $level', ({wins, losses, n, level, interval}) => {
  const {low, high} = tangoInterval(wins, losses, n, level)
  expect(low).toBeCloseTo(interval[0], 10)
  expect(high).toBeCloseTo(interval[1], 10)
})

it.each(golden.mcnemar)('exact McNemar of $wins and $losses', ({wins, losses, p, binomtest}) => {
  expect(relative(mcnemarExact(wins, losses), p)).toBeLessThan(1e-10)
  expect(relative(mcnemarExact(wins, losses), binomtest)).toBeLessThan(1e-10)
})

it.each(golden.holm)('Holm of $p', ({p, adjusted}) => {
  for (const [k, value] of holm(p).entries()) expect(value).toBeCloseTo(adjusted[k]!, 12)
})

it.each(golden.mcnemarPower)('power of McNemar at $n pairs', ({n, discordance, difference, power}) => {
  expect(mcnemarPower(n, discordance, difference)).toBeCloseTo(power, 8)
})

it.each(golden.signFlip)('sign flips within strata of $sizes', ({sizes, values, p}) => {
  let at = 0
  const strata = sizes.map(size => {
    at += size
    return {values: Float64Array.from(values.slice(at - size, at))}
  })
  // All flips: with at most 13 differences.
  expect(signFlipTest(strata, random(0)).p).toBeCloseTo(p, 10)
})

it.each(golden.clusterError)(
  'the effective size of $n clustered samples is from the robust error',
  ({values, clusters, error, n}) => {
    const size = effectiveSize([{values: Float64Array.from(values), clusters: Int32Array.from(clusters)}])
    const p = size.mean
    const groups = new Map<number, {count: number; right: boolean; wrong: boolean}>()
    for (const [i, number] of clusters.entries()) {
      const group = groups.get(number) ?? {count: 0, right: false, wrong: false}
      groups.set(number, group)
      group.count++
      if (values[i] === 1) group.right = true
      else group.wrong = true
    }
    // By hand from the formula of design/statistics.md, with the error of statsmodels.
    const all = [...groups.values()]
    const m = all.reduce((sum, {count}) => sum + count ** 2, 0) / n
    const correlation = Math.min(1, Math.max(0, (error ** 2 / ((p * (1 - p)) / (n - 1)) - 1) / (m - 1)))
    const a = Math.min(all.filter(({right}) => right).length, all.filter(({wrong}) => wrong).length)
    expect(size.n).toBeCloseTo(n / (1 + ((m - 1) * (a * correlation + 0.5)) / (a + 0.5)), 8)
  },
)

it.each(golden.tukey)("the critical value of $arms independent arms is that of Tukey's range", ({arms, critical}) => {
  // Arms of one variance whose scores are orthogonal: the last leads the others by just less, or just more, than it.
  const n = 4096
  const bits = (arm: number) => (i: number) => (i >> arm) & 1
  const lead = (z: number) => {
    // Each score varies by 1/4, a difference by 1/2.
    const target = z * Math.sqrt(0.5 / n)
    const extra = Math.round((target * n) / 2) * 2
    const scores = Array.from({length: arms}, (_, arm) => Float64Array.from({length: n}, (_, i) => bits(arm)(i)))
    let added = 0
    for (let i = 0; added < extra; i += 7) {
      if (scores[arms - 1]![i % n] === 0) {
        scores[arms - 1]![i % n] = 1
        added++
      }
    }
    return rankIntervals([{scores}], 'micro', {random: random('tukey'), draws: 40_000})[0]!.tier
  }
  expect(lead(0.94 * critical)).toBe(1)
  expect(lead(1.06 * critical)).toBe(2)
})

describe('NeMo Evaluator 0.3.0 (nemo.py)', () => {
  it.each(nemo.cases.filter(({wins, losses}) => losses > wins))(
    'has half our p for $wins wins and $losses losses: it tests one side',
    ({wins, losses, p}) => {
      expect(mcnemarExact(wins, losses) / 2).toBeCloseTo(p, 5)
    },
  )

  it.each(nemo.cases)(
    'agrees on $wins wins and $losses losses of $n where many pairs differ, and there alone',
    ({wins, losses, n, interval}) => {
      const ours = pairedInterval(wins, losses, n, 1.959963984540054)
      if (wins + losses > 50) {
        expect(ours.low).toBeCloseTo(interval[0], 2)
        expect(ours.high).toBeCloseTo(interval[1], 2)
      } else {
        // Its interval is that of the normal distribution: too short where few differ, without width where none does.
        expect(ours.low).toBeLessThan(interval[0])
      }
    },
  )
})
