// Estimates and their intervals, against published figures, another library, and what must hold by definition.
import fc from 'fast-check'
import * as simple from 'simple-statistics'
import {random} from '../../core/random.js'
import {
  bootstrapMeans,
  linearisedMeans,
  macroInterval,
  majorityBaseline,
  normalCdf,
  normalQuantile,
  quantile,
  randomBaseline,
  type Stratum,
  scoreIntervals,
  wilsonInterval,
} from './index.js'

const values = (...scores: number[]) => Float64Array.from(scores)
const zerosAndOnes = (ones: number, n: number) => new Float64Array(n).fill(1, 0, ones)

describe('normal distribution', () => {
  // Reference: Python 3 statistics.NormalDist().inv_cdf, printed with repr.
  it.each([
    [0.975, 1.9599639845400536],
    [0.95, 1.6448536269514715],
    [0.8, 0.8416212335729144],
    [0.08, -1.4050715603096322],
    [1e-10, -6.361340902404056],
    [0.999999, 4.753424308817089],
    [1e-30, -11.464024688443617],
  ])('has the quantile of %p', (p, z) => {
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(1e-13 * Math.max(1, Math.abs(z)))
  })

  it('agrees with simple-statistics to the precision of its approximations', () => {
    for (let p = 0.01; p < 1; p += 0.01) {
      expect(normalQuantile(p)).toBeCloseTo(simple.probit(p), 2)
      expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 12)
      // Its table steps by 0.01 in z, i.e. up to 0.004 in p.
      expect(Math.abs(p - simple.cumulativeStdNormalProbability(normalQuantile(p)))).toBeLessThan(0.004)
    }
  })

  it('keeps small tails', () => {
    expect(normalCdf(-6.361340902404056) / 1e-10).toBeCloseTo(1, 9)
    expect(normalCdf(-60)).toBe(0)
    expect(normalCdf(60)).toBe(1)
  })

  it('refuses what is no probability', () => {
    for (const p of [0, 1, -1, Number.NaN]) expect(() => normalQuantile(p)).toThrow(RangeError)
  })
})

describe('Wilson interval', () => {
  // Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %i in %i is as published', (successes, n, low, high) => {
    const interval = wilsonInterval(successes, n)
    expect(interval.low).toBeCloseTo(low, 4)
    expect(interval.high).toBeCloseTo(high, 4)
  })

  it('lies in [0, 1] and holds the estimate', () => {
    fc.assert(
      fc.property(fc.integer({min: 1, max: 5000}), fc.double({min: 0, max: 1, noNaN: true}), (n, share) => {
        const {low, high} = wilsonInterval(share * n, n)
        expect(low).toBeGreaterThanOrEqual(0)
        expect(high).toBeLessThanOrEqual(1)
        expect(low).toBeLessThanOrEqual(share + 1e-12)
        expect(high).toBeGreaterThanOrEqual(share - 1e-12)
      }),
    )
  })

  // design/statistics.md, "What a test set can show": 95 % half-widths in pp (there by the normal approximation; 0.15
  // pp covers the difference).
  it.each([
    [191, 0.7, 6.5],
    [265, 0.66, 5.7],
    [1901, 0.5, 2.2],
    [5069, 0.8, 1.1],
  ])('is as wide as the design says for n = %i', (n, share, halfWidth) => {
    const {low, high} = wilsonInterval(share * n, n)
    expect(Math.abs(50 * (high - low) - halfWidth)).toBeLessThan(0.15)
  })
})

describe('stratified interval of a macro mean', () => {
  it('of one stratum is its own interval', () => {
    const part = {value: 0.3, low: 0.2, high: 0.45}
    expect(macroInterval([part])).toEqual(part)
  })

  it('is the textbook stratified interval for large strata', () => {
    // Cochran 1977, section 5.3: variance = sum of w^2 p q / n, here 14 strata of 10,000 with w = 1/14.
    const shares = Array.from({length: 14}, (_, k) => 0.3 + k * 0.03)
    const {value, low, high} = macroInterval(shares.map(p => ({value: p, ...wilsonInterval(p * 1e4, 1e4)})))
    const error = Math.sqrt(shares.reduce((sum, p) => sum + (p * (1 - p)) / 1e4, 0)) / 14
    expect(value).toBeCloseTo(simple.mean(shares), 12)
    expect((high - low) / 2 / error).toBeCloseTo(1.96, 2)
  })

  it('stays in [0, 1] and keeps width when every stratum is all right', () => {
    const all = macroInterval([20, 30].map(n => ({value: 1, ...wilsonInterval(n, n)})))
    expect(all.high).toBe(1)
    expect(all.low).toBeGreaterThan(0.85)
    expect(all.low).toBeLessThan(0.97)
  })
})

describe('quantile', () => {
  it('interpolates between order statistics as R and NumPy do', () => {
    // R: quantile(c(1, 2, 4, 8), c(0, .25, .5, .9, 1)).
    expect([0, 0.25, 0.5, 0.9, 1].map(p => quantile([1, 2, 4, 8], p))).toEqual([1, 1.75, 3, expect.closeTo(6.8, 12), 8])
    expect(quantile([3], 0.95)).toBe(3)
    expect(quantile([], 0.5)).toBeNaN()
  })
})

describe('baselines', () => {
  // design/benchmarks.md 2.3: choices and gold letters A to D of BLINK val, old labels.
  const blink: [choices: number, ...gold: number[]][] = [
    [2, 55, 62],
    [4, 31, 28, 31, 30],
    [4, 33, 35, 34, 30],
    [4, 28, 21, 43, 38],
    [4, 30, 40, 40, 40],
    [2, 79, 71],
    [2, 59, 74],
    [2, 53, 69],
    [2, 64, 60],
    [3, 40, 42, 52],
    [4, 45, 36, 25, 33],
    [2, 77, 66],
    [4, 51, 33, 44, 44],
    [2, 64, 71],
  ]
  const subtasks = blink.map(([choices, ...gold]) =>
    gold.flatMap((n, k) => Array.from({length: n}, () => ({gold: 'ABCD'[k]!, choices}))),
  )

  it('of BLINK val are the published ones', () => {
    expect(100 * simple.mean(subtasks.map(randomBaseline))).toBeCloseTo(38.095, 3)
    expect(100 * randomBaseline(subtasks.flat())).toBeCloseTo(37.739, 3)
    expect(100 * simple.mean(subtasks.map(majorityBaseline))).toBeCloseTo(42.059, 3)
  })

  it('of V* are 36.0 %, 26.7 % and 50.0 %', () => {
    // design/benchmarks.md 3.3: 107 items with four options, 84 with two, of which 8 in direct_attributes.
    const items = (four: number, two: number) =>
      Array.from({length: four + two}, (_, k) => ({gold: 'A', choices: k < four ? 4 : 2}))
    expect(100 * randomBaseline(items(107, 84))).toBeCloseTo(36.0, 1)
    expect(100 * randomBaseline(items(107, 8))).toBeCloseTo(26.7, 1)
    expect(100 * randomBaseline(items(0, 76))).toBe(50)
  })

  it('of nothing are no number', () => {
    expect(randomBaseline([])).toBeNaN()
    expect(majorityBaseline([])).toBeNaN()
  })
})

describe('bootstrap of means', () => {
  const rng = random('test data')
  const uniform = (n: number) => Float64Array.from({length: n}, () => rng.next())

  it('is the same for the same seed, and another for another', () => {
    const strata = [{values: uniform(50)}]
    const interval = (...seed: (string | number)[]) => bootstrapMeans(strata, random(...seed)).micro.interval(0.95)
    expect(interval(1)).toEqual(interval(1))
    expect(interval(1)).not.toEqual(interval(2))
  })

  it('of independent values has the width of the central limit theorem', () => {
    const data = uniform(400)
    const {low, high} = bootstrapMeans([{values: data}], random(0), 5000).micro.interval(0.95)
    const error = simple.standardDeviation([...data]) / 20
    expect((low + high) / 2).toBeCloseTo(simple.mean([...data]), 2)
    // 5,000 replicates place each bound to about 0.04 standard errors.
    expect(Math.abs((high - low) / 2 / error - 1.96)).toBeLessThan(0.12)
  })

  it('of clusters of four copies is as wide as a quarter of the samples allows', () => {
    const distinct = uniform(200)
    const copies = Float64Array.from({length: 800}, (_, i) => distinct[i >> 2]!)
    const clusters = Int32Array.from({length: 800}, (_, i) => i >> 2)
    const width = (stratum: Stratum) => {
      const {low, high} = bootstrapMeans([stratum], random(1), 5000).micro.interval(0.95)
      return high - low
    }
    expect(width({values: copies, clusters}) / width({values: distinct})).toBeCloseTo(1, 1)
    expect(width({values: copies, clusters}) / width({values: copies})).toBeCloseTo(2, 0)
  })

  it('agrees with its own limit, the linearised normal, on clusters within and across strata', () => {
    const sizes = [300, 300, 150]
    const picture = uniform(400)
    const strata = sizes.map((n, s) => ({
      values: Float64Array.from({length: n}, (_, i) => (picture[i]! + rng.next()) / 2),
      // The first two strata ask about the same pictures, the third has pictures of its own, two questions each.
      clusters: Int32Array.from({length: n}, (_, i) => (s < 2 ? i : 1000 + (i >> 1))),
    }))
    const bootstrap = bootstrapMeans(strata, random(2), 5000)
    const limit = linearisedMeans(strata)
    for (const figure of ['micro', 'macro'] as const) {
      const [a, b] = [bootstrap[figure].interval(0.95), limit[figure].interval(0.95)]
      expect((a.high - a.low) / (b.high - b.low)).toBeCloseTo(1, 1)
      expect(Math.abs(a.low + a.high - b.low - b.high)).toBeLessThan(0.1 * (b.high - b.low))
    }
    for (const s of sizes.keys()) {
      const [a, b] = [bootstrap.strata[s]!.interval(0.95), limit.strata[s]!.interval(0.95)]
      expect((a.high - a.low) / (b.high - b.low)).toBeCloseTo(1, 1)
    }
    // Shared pictures make the macro mean of two strata less sure than independent ones would.
    const apart = linearisedMeans(strata.map(({values: scores}) => ({values: scores}))).macro.interval(0.95)
    const shared = limit.macro.interval(0.95)
    expect(shared.high - shared.low).toBeGreaterThan(1.1 * (apart.high - apart.low))
  })

  it('gives the p of a paired t test within its own noise', () => {
    const differences = uniform(100).map(value => value - 0.44)
    const t = simple.tTest([...differences], 0)
    const p = 2 * normalCdf(-Math.abs(t))
    expect(Math.abs(bootstrapMeans([{values: differences}], random(3), 10_000).micro.p() - p)).toBeLessThan(0.03)
    expect(linearisedMeans([{values: differences}]).micro.p()).toBeCloseTo(p, 2)
  })

  it('refuses empty strata', () => {
    expect(() => bootstrapMeans([], random(0))).toThrow(RangeError)
    expect(() => linearisedMeans([{values: values()}])).toThrow(RangeError)
  })
})

describe('intervals of a score', () => {
  it('of right and wrong answers are Wilson, pooled for micro and stratified for macro', () => {
    const strata = [{values: zerosAndOnes(81, 263)}, {values: zerosAndOnes(15, 148)}]
    const micro = scoreIntervals(strata, 'micro', random(0))
    expect(micro.headline).toEqual({value: expect.closeTo(96 / 411, 12), ...wilsonInterval(96, 411)})
    const macro = scoreIntervals(strata, 'macro', random(0))
    expect(macro.headline.value).toBeCloseTo((81 / 263 + 15 / 148) / 2, 12)
    expect(macro.strata[0]!.low).toBeCloseTo(0.2553, 4)
    expect(macro.headline).toEqual(macroInterval(macro.strata))
  })

  it('keep width when every score is the same, counting clusters', () => {
    const clustered = [
      {values: new Float64Array(40).fill(1), clusters: Int32Array.from({length: 40}, (_, i) => i >> 2)},
    ]
    expect(scoreIntervals(clustered, 'micro', random(0)).headline).toEqual({value: 1, ...wilsonInterval(10, 10)})
    const {headline} = scoreIntervals([...clustered, {values: new Float64Array(9).fill(0.5)}], 'macro', random(0))
    expect(headline.value).toBe(0.75)
    expect(headline.high - headline.low).toBeGreaterThan(0.2)
  })
})
