// The statistics against published figures, another library, and what must hold by definition.
import fc from 'fast-check'
import * as simple from 'simple-statistics'
import {random} from '../../core/random.js'
import {
  bootstrapMeans,
  gateOf,
  holm,
  linearisedMeans,
  macroInterval,
  majorityBaseline,
  mcnemarExact,
  minimumDetectableEffect,
  normalCdf,
  normalQuantile,
  overallVerdict,
  pairedDifference,
  quantile,
  randomBaseline,
  type Stratum,
  scoreIntervals,
  smallestTostMargin,
  tangoInterval,
  verdictOf,
  wilsonInterval,
  worstGate,
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

  // latent-reasoning.md section 6: 95 % half-widths in pp (there by the normal approximation; 0.15 pp covers the difference).
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

describe('exact McNemar', () => {
  it('is the doubled binomial tail', () => {
    // Sign test by hand: 2 of 12 gives 2 (1 + 12 + 66) / 4096.
    expect(mcnemarExact(2, 10)).toBeCloseTo(158 / 4096, 12)
    expect(mcnemarExact(10, 2)).toBeCloseTo(158 / 4096, 12)
    expect(mcnemarExact(0, 5)).toBeCloseTo(1 / 16, 12)
    expect(mcnemarExact(0, 0)).toBe(1)
    expect(mcnemarExact(7, 7)).toBe(1)
    expect(mcnemarExact(3, 4)).toBe(1)
  })

  it('gives the p of the approval ratings of Agresti, Categorical Data Analysis, section 11.1 (86 and 150 discordant)', () => {
    // R: binom.test(86, 236)$p.value, the exact2x2 vignette's 3.716e-05.
    expect(mcnemarExact(86, 150)).toBeCloseTo(3.716e-5, 8)
  })

  it('agrees with exact integer arithmetic', () => {
    fc.assert(
      fc.property(fc.integer({min: 0, max: 150}), fc.integer({min: 0, max: 150}), (wins, losses) => {
        const n = wins + losses
        let term = 1n
        let tail = 0n
        for (let k = 0; k <= Math.min(wins, losses); k++) {
          tail += term
          term = (term * BigInt(n - k)) / BigInt(k + 1)
        }
        const exact = Math.min(1, Number((2n * tail * 10n ** 60n) / 2n ** BigInt(n)) / 1e60)
        expect(Math.abs(mcnemarExact(wins, losses) - exact)).toBeLessThan(1e-11 * exact + 1e-58)
      }),
      {numRuns: 200},
    )
  })

  it('survives very many pairs', () => {
    expect(mcnemarExact(50_000, 50_600)).toBeCloseTo(2 * normalCdf(-599 / Math.sqrt(100_600)), 4)
    expect(mcnemarExact(0, 100_000)).toBe(0)
  })
})

describe('Tango interval of a paired difference', () => {
  // R, PropCIs::scoreci.mp(losses, wins, n, level), which prints 4 digits; the last is the contact lens trial of Tango 1998, 3 digits.
  it.each([
    [28, 25, 618, 0.9, -0.0148, 0.0247],
    [60, 20, 1000, 0.95, 0.0231, 0.0584],
    [0, 1, 44, 0.9, -0.096, 0.037],
  ])('of %i wins and %i losses in %i', (wins, losses, n, confidence, low, high) => {
    const interval = tangoInterval(wins, losses, n, confidence)
    expect(Math.abs(interval.low - low)).toBeLessThan(n === 44 ? 5e-4 : 5e-5)
    expect(Math.abs(interval.high - high)).toBeLessThan(n === 44 ? 5e-4 : 5e-5)
  })

  it('ends where the score test rejects, with the likelihood maximised by brute force', () => {
    const [wins, losses, n] = [13, 3, 60]
    const {low, high} = tangoInterval(wins, losses, n)
    for (const bound of [low, high]) {
      let best = Number.NEGATIVE_INFINITY
      let losing = 0
      for (let q = Math.max(0, -bound) + 1e-6; 2 * q + bound < 1; q += 1e-6) {
        const likelihood = wins * Math.log(q + bound) + losses * Math.log(q) + (n - wins - losses) * Math.log(1 - 2 * q - bound)
        if (likelihood > best) [best, losing] = [likelihood, q]
      }
      const z = (wins - losses - n * bound) / Math.sqrt(n * (2 * losing + bound - bound * bound))
      expect(Math.abs(z)).toBeCloseTo(1.95996, 4)
    }
  })

  it('mirrors when the arms are swapped, holds the estimate, and has width without discordant pairs', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), fc.nat(300), (wins, losses, ties) => {
        const n = wins + losses + ties + 1
        const {low, high} = tangoInterval(wins, losses, n)
        const swapped = tangoInterval(losses, wins, n)
        expect(swapped.low).toBe(-high)
        expect(swapped.high).toBe(-low)
        expect(low).toBeLessThan((wins - losses) / n)
        expect(high).toBeGreaterThan((wins - losses) / n)
        expect(low).toBeGreaterThanOrEqual(-1)
        expect(high).toBeLessThanOrEqual(1)
      }),
    )
    expect(tangoInterval(5, 0, 5).high).toBe(1)
  })
})

describe('power', () => {
  // peers.md section 6 and latent-reasoning.md section 6: per cent, printed with one decimal.
  it.each([
    [191, [6.4, 9.1, 11.1], [6.7, 9.5, 11.6]],
    [1901, [2.0, 2.9, 3.5], [2.1, 3.0, 3.7]],
    [265, [5.4, 7.7, 9.4], [5.7, 8.0, 9.8]],
    [130, [7.8, 11.0, 13.5], [8.1, 11.5, 14.1]],
    [5069, [1.2, 1.8, 2.2], [1.3, 1.8, 2.3]],
  ])('of %i pairs gives the row of the design', (n, effects, margins) => {
    for (const [k, d] of [0.1, 0.2, 0.3].entries()) {
      // 0.051: the table rounds its factors (2.80, 2.93) and its figures.
      expect(Math.abs(100 * minimumDetectableEffect(d / n) - effects[k]!)).toBeLessThan(0.051)
      expect(Math.abs(100 * smallestTostMargin(d / n) - margins[k]!)).toBeLessThan(0.051)
    }
  })

  it('uses the factors 2.80 and 2.93', () => {
    expect(minimumDetectableEffect(1)).toBeCloseTo(2.8, 2)
    expect(smallestTostMargin(1)).toBeCloseTo(2.93, 2)
  })
})

describe('Holm', () => {
  it('steps down as the classical example does', () => {
    // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm").
    const adjusted = holm([0.01, 0.04, 0.03, 0.005])
    for (const [k, p] of [0.03, 0.06, 0.06, 0.02].entries()) expect(adjusted[k]).toBeCloseTo(p, 12)
    expect(holm([])).toEqual([])
    expect(holm([0.9, 0.8])).toEqual([1, 1])
  })
})

describe('verdict and gate', () => {
  it.each([
    [0.01, 0.05, 'improved', 'passed'],
    [0.001, 0.015, 'improved', 'passed'],
    [-0.01, 0.015, 'equivalent', 'passed'],
    [-0.015, -0.005, 'equivalent', 'passed'],
    [-0.05, -0.01, 'regressed', 'inconclusive'],
    [-0.05, -0.03, 'regressed', 'failed'],
    [-0.05, 0.05, 'inconclusive', 'inconclusive'],
    [-0.01, 0.05, 'inconclusive', 'passed'],
    [0, 0.05, 'inconclusive', 'passed'],
    [-0.02, 0.01, 'inconclusive', 'inconclusive'],
    [-0.05, -0.02, 'regressed', 'inconclusive'],
  ] as const)('of [%p, %p] at a margin of 2 pp are %s and %s', (low, high, verdict, gate) => {
    expect(verdictOf({low, high}, 0.02)).toBe(verdict)
    expect(gateOf({low, high}, 0.02)).toBe(gate)
  })

  it('of several benchmarks are those of the worst', () => {
    expect(worstGate(['passed', 'inconclusive', 'failed'])).toBe('failed')
    expect(worstGate(['passed', 'inconclusive'])).toBe('inconclusive')
    expect(worstGate(['passed'])).toBe('passed')
    expect(overallVerdict(['improved', 'equivalent'])).toBe('improved')
    expect(overallVerdict(['improved', 'inconclusive'])).toBe('inconclusive')
    expect(overallVerdict(['improved', 'regressed', 'inconclusive'])).toBe('regressed')
    expect(overallVerdict([])).toBe('inconclusive')
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
  // benchmarks.md 2.3: choices and gold letters A to D of BLINK val, old labels.
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
  const subtasks = blink.map(([choices, ...gold]) => gold.flatMap((n, k) => Array.from({length: n}, () => ({gold: 'ABCD'[k]!, choices}))))

  it('of BLINK val are the published ones', () => {
    expect(100 * simple.mean(subtasks.map(randomBaseline))).toBeCloseTo(38.095, 3)
    expect(100 * randomBaseline(subtasks.flat())).toBeCloseTo(37.739, 3)
    expect(100 * simple.mean(subtasks.map(majorityBaseline))).toBeCloseTo(42.059, 3)
  })

  it('of V* are 36.0 %, 26.7 % and 50.0 %', () => {
    // benchmarks.md 3.3: 107 items with four options, 84 with two, of which 8 in direct_attributes.
    const items = (four: number, two: number) => Array.from({length: four + two}, (_, k) => ({gold: 'A', choices: k < four ? 4 : 2}))
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
    const clustered = [{values: new Float64Array(40).fill(1), clusters: Int32Array.from({length: 40}, (_, i) => i >> 2)}]
    expect(scoreIntervals(clustered, 'micro', random(0)).headline).toEqual({value: 1, ...wilsonInterval(10, 10)})
    const {headline} = scoreIntervals([...clustered, {values: new Float64Array(9).fill(0.5)}], 'macro', random(0))
    expect(headline.value).toBe(0.75)
    expect(headline.high - headline.low).toBeGreaterThan(0.2)
  })
})

describe('paired difference', () => {
  const pair = (both: number, wins: number, losses: number, neither: number) => {
    const n = both + wins + losses + neither
    return {
      base: Float64Array.from({length: n}, (_, i) => Number(i < both || (i >= both + wins && i < both + wins + losses))),
      new: Float64Array.from({length: n}, (_, i) => Number(i < both + wins)),
    }
  }

  it('of right and wrong answers is exact McNemar with the interval of Tango', () => {
    const result = pairedDifference([pair(460, 28, 25, 105)], {aggregate: 'micro', random: random(0)})
    expect(result).toMatchObject({n: 618, wins: 28, losses: 25, ties: 565, test: 'mcnemar-exact', ...tangoInterval(28, 25, 618)})
    expect(result.bounds).toEqual(tangoInterval(28, 25, 618, 0.9))
    expect(result.difference).toBeCloseTo(3 / 618, 12)
    expect(result.p).toBe(mcnemarExact(28, 25))
    expect(result.mde).toBeCloseTo(2.8016 * Math.sqrt(53 / 618 / 618), 5)
  })

  it('of a macro headline weighs subtasks equally', () => {
    const pairs = [pair(50, 20, 5, 25), pair(100, 5, 10, 285)]
    const result = pairedDifference(pairs, {aggregate: 'macro', random: random(0)})
    expect(result.difference).toBeCloseTo((0.15 - 5 / 400) / 2, 12)
    const parts = [
      {value: 0.15, ...tangoInterval(20, 5, 100)},
      {value: -5 / 400, ...tangoInterval(5, 10, 400)},
    ]
    expect(result.low).toBeCloseTo(macroInterval(parts).low, 12)
    expect(result.high).toBeCloseTo(macroInterval(parts).high, 12)
    expect(result.mde).toBeCloseTo((2.8016 / 2) * Math.sqrt(0.25 / 100 + 15 / 400 / 400), 4)
  })

  it('of other scores is the paired bootstrap', () => {
    const rng = random('scores')
    const base = Float64Array.from({length: 200}, () => rng.next() * 0.8)
    const result = pairedDifference([{base, new: base.map(score => score + 0.1 * rng.next())}], {aggregate: 'micro', random: random(0)})
    expect(result).toMatchObject({test: 'paired-bootstrap', wins: 200, losses: 0, ties: 0})
    expect(result.low).toBeGreaterThan(0.04)
    expect(result.high).toBeLessThan(0.06)
    expect(result.p).toBeLessThan(0.01)
  })

  it('is never sure of a tie because all samples tie', () => {
    const scores = {base: values(0.5, 0.25, 1), new: values(0.5, 0.25, 1)}
    const {low, high} = pairedDifference([scores], {aggregate: 'micro', random: random(0)})
    expect(low).toBeLessThan(-0.3)
    expect(high).toBeGreaterThan(0.3)
  })

  it('is wider when samples share a picture', () => {
    const rng = random('clusters')
    const better = Array.from({length: 60}, () => Number(rng.next() < 0.3))
    const base = new Float64Array(240)
    const next = Float64Array.from({length: 240}, (_, i) => better[i >> 2]!)
    const clusters = Int32Array.from({length: 240}, (_, i) => i >> 2)
    const alone = pairedDifference([{base, new: next}], {aggregate: 'micro', random: random(0)})
    const together = pairedDifference([{base, new: next, clusters}], {aggregate: 'micro', random: random(0)})
    expect(together.test).toBe('mcnemar-exact')
    expect((together.high - together.low) / (alone.high - alone.low)).toBeCloseTo(2, 0)
  })

  it('refuses sides of different length', () => {
    expect(() => pairedDifference([{base: values(1), new: values(1, 0)}], {aggregate: 'micro', random: random(0)})).toThrow(RangeError)
  })
})
