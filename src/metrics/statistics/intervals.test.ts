// Estimates and their intervals, against published figures, another library, and what must hold by definition.
import fc from 'fast-check'
import * as simple from 'simple-statistics'
import {random} from '../../core/random.js'
import {
  effectiveSize,
  majorityBaseline,
  normalCdf,
  normalQuantile,
  quantile,
  randomBaseline,
  type Stratum,
  scoreInterval,
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
    gold.flatMap((n, k) => Array.from({length: n}, () => [{gold: 'ABCD'[k]!, choices}])),
  )

  it('of BLINK val are the published ones', () => {
    expect(100 * simple.mean(subtasks.map(randomBaseline))).toBeCloseTo(38.095, 3)
    expect(100 * randomBaseline(subtasks.flat())).toBeCloseTo(37.739, 3)
    expect(100 * simple.mean(subtasks.map(majorityBaseline))).toBeCloseTo(42.059, 3)
  })

  it('of V* are 36.0 %, 26.7 % and 50.0 %', () => {
    // design/benchmarks.md 3.3: 107 items with four options, 84 with two, of which 8 in direct_attributes.
    const items = (four: number, two: number) =>
      Array.from({length: four + two}, (_, k) => [{gold: 'A', choices: k < four ? 4 : 2}])
    expect(100 * randomBaseline(items(107, 84))).toBeCloseTo(36.0, 1)
    expect(100 * randomBaseline(items(107, 8))).toBeCloseTo(26.7, 1)
    expect(100 * randomBaseline(items(0, 76))).toBe(50)
  })

  it('of groups ask all items of one to be right', () => {
    const four = (gold: string) => ({gold, choices: 4})
    const groups = [[four('A'), four('A')], [four('A'), four('B')], [four('C')]]
    expect(randomBaseline(groups)).toBeCloseTo((1 / 16 + 1 / 16 + 1 / 4) / 3, 12)
    expect(majorityBaseline(groups)).toBeCloseTo(1 / 3, 12)
    // No constant letter is right on both of a pair whose answers differ.
    expect(majorityBaseline([[four('A'), four('B')]])).toBe(0)
  })

  it('of nothing are no number', () => {
    expect(randomBaseline([])).toBeNaN()
    expect(majorityBaseline([])).toBeNaN()
    // A gold answer that is no letter makes every guess wrong.
    const malformed = [[{gold: 'B', choices: 4}], [{gold: null, choices: 4}]]
    expect([majorityBaseline(malformed), randomBaseline(malformed)]).toEqual([0.5, 0.125])
    expect(majorityBaseline([[{gold: null, choices: 4}]])).toBe(0)
  })
})

describe('effective size', () => {
  it('of one stratum of right and wrong answers is its number, whatever the score', () => {
    fc.assert(
      fc.property(fc.integer({min: 1, max: 3000}), fc.nat(3000), (n, ones) => {
        expect(effectiveSize([{values: zerosAndOnes(Math.min(ones, n), n)}]).n).toBe(n)
      }),
    )
  })

  it('of a macro mean is the textbook stratified variance for large strata', () => {
    // Cochran 1977, section 5.3: variance = sum of w^2 p q / n, here 14 strata of 10,000 with w = 1/14.
    const shares = Array.from({length: 14}, (_, k) => 0.3 + k * 0.03)
    const {mean, n} = effectiveSize(shares.map(p => ({values: zerosAndOnes(Math.round(p * 1e4), 1e4)})))
    const variance = shares.reduce((sum, p) => sum + (p * (1 - p)) / 1e4, 0) / 14 ** 2
    expect(mean).toBeCloseTo(simple.mean(shares), 12)
    expect((mean * (1 - mean)) / n / variance).toBeCloseTo(1, 3)
  })

  it('of strata that are all right is that of strata alike', () => {
    expect(effectiveSize([20, 30].map(n => ({values: zerosAndOnes(n, n)}))).n).toBeCloseTo(4 / (1 / 20 + 1 / 30), 9)
  })

  it('of copies is the number of originals, of clusters without any likeness nearly that of samples', () => {
    const rng = random('copies')
    const distinct = Float64Array.from({length: 200}, () => Number(rng.next() < 0.6))
    const clusters = Int32Array.from({length: 800}, (_, i) => i >> 2)
    const copies = Float64Array.from({length: 800}, (_, i) => distinct[i >> 2]!)
    const independent = Float64Array.from({length: 800}, () => Number(rng.next() < 0.6))
    expect(effectiveSize([{values: copies, clusters}]).n).toBeCloseTo(200, 0)
    expect(effectiveSize([{values: independent, clusters}]).n).toBeGreaterThan(600)
    expect(effectiveSize([{values: independent}]).n).toBe(800)
  })

  it('grows for graded scores, which vary less', () => {
    const graded = Float64Array.from({length: 400}, (_, i) => (i % 5) / 4)
    const {n, mean} = effectiveSize([{values: graded}])
    expect((mean * (1 - mean)) / n / (0.125 / 400)).toBeCloseTo(1, 1)
  })

  it('refuses empty strata', () => {
    expect(() => scoreInterval([], 'macro')).toThrow(RangeError)
    expect(() => scoreInterval([{values: values()}], 'micro')).toThrow(RangeError)
  })
})

describe('intervals of a score', () => {
  it('are at least those of Wilson, pooled for micro', () => {
    const strata = [{values: zerosAndOnes(81, 263)}, {values: zerosAndOnes(15, 148)}]
    const micro = scoreIntervals(strata, 'micro')
    const wilson = wilsonInterval(96, 411)
    expect(micro.headline.value).toBeCloseTo(96 / 411, 12)
    expect(micro.headline.low).toBeLessThanOrEqual(wilson.low)
    expect(micro.headline.high).toBeGreaterThanOrEqual(wilson.high)
    expect(micro.headline.high - micro.headline.low).toBeLessThan(1.04 * (wilson.high - wilson.low))
    const macro = scoreIntervals(strata, 'macro')
    expect(macro.headline.value).toBeCloseTo((81 / 263 + 15 / 148) / 2, 12)
    expect(macro.strata[0]!.low).toBeCloseTo(0.2544, 4)
  })

  it('lie in [0, 1], hold the score, and have width, in every design', () => {
    const stratum = fc.record({
      n: fc.integer({min: 1, max: 50}),
      share: fc.constantFrom(0, 0.02, 0.5, 0.98, 1),
      size: fc.constantFrom(1, 1, 4, 50),
      graded: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.array(stratum, {minLength: 1, maxLength: 4}),
        fc.constantFrom('macro', 'micro'),
        fc.nat(),
        (strata, aggregate, seed) => {
          const rng = random('interval', seed)
          const drawn = strata.map(({n, share, size, graded}, s): Stratum => {
            const scores = Float64Array.from({length: n}, () => (rng.next() < share ? 1 : graded ? rng.next() : 0))
            return size === 1
              ? {values: scores}
              : {values: scores, clusters: Int32Array.from({length: n}, (_, i) => 100 * s + Math.floor(i / size))}
          })
          const {value, low, high} = scoreInterval(drawn, aggregate)
          expect(low).toBeGreaterThanOrEqual(0)
          expect(low).toBeLessThanOrEqual(value)
          expect(high).toBeGreaterThanOrEqual(value)
          expect(high).toBeLessThanOrEqual(1)
          expect(high - low).toBeGreaterThan(0.005)
        },
      ),
      {numRuns: 400, seed: 3},
    )
  })

  it('do not change their method because one picture is shared', () => {
    for (const ones of [191, 189, 120]) {
      const scores = zerosAndOnes(ones, 191)
      const clusters = Int32Array.from({length: 191}, (_, i) => (i === 1 ? 0 : i))
      const [alone, shared] = [
        scoreInterval([{values: scores}], 'micro'),
        scoreInterval([{values: scores, clusters}], 'micro'),
      ]
      expect(Math.abs(shared.low - alone.low)).toBeLessThan(0.002)
      expect(Math.abs(shared.high - alone.high)).toBeLessThan(0.002)
    }
  })

  it('of scores that are all the same are never sure, and count clusters', () => {
    const ones = {values: new Float64Array(40).fill(1), clusters: Int32Array.from({length: 40}, (_, i) => i >> 2)}
    // Ten pictures, and nine degrees of freedom: t is 2.26 there.
    expect(scoreInterval([ones], 'micro').low).toBeCloseTo(10 / (10 + 2.262 ** 2), 3)
    const halves = scoreInterval([ones, {values: new Float64Array(9).fill(0.5)}], 'macro')
    expect(halves.value).toBe(0.75)
    expect(halves.high - halves.low).toBeGreaterThan(0.05)
  })
})
