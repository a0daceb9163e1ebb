// Paired comparisons, their power and their verdicts, against published figures and what must hold by definition.
import fc from 'fast-check'
import {random} from '../../core/random.js'
import {
  gateOf,
  holm,
  macroInterval,
  mcnemarExact,
  minimumDetectableEffect,
  normalCdf,
  overallVerdict,
  pairedDifference,
  smallestTostMargin,
  tangoInterval,
  verdictOf,
  worstGate,
} from './index.js'

const values = (...scores: number[]) => Float64Array.from(scores)

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
  // R, PropCIs::scoreci.mp(losses, wins, n, level), which prints 4 digits; the last is the contact lens trial of Tango
  // 1998, 3 digits.
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
        const likelihood =
          wins * Math.log(q + bound) + losses * Math.log(q) + (n - wins - losses) * Math.log(1 - 2 * q - bound)
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
  // design/statistics.md, "What a test set can show": per cent, printed with one decimal.
  it.each([
    [191, [6.4, 9.1, 11.1], [6.7, 9.5, 11.6]],
    [1901, [2.0, 2.9, 3.5], [2.1, 3.0, 3.7]],
    [265, [5.4, 7.7, 9.4], [5.7, 8.0, 9.8]],
    [130, [7.8, 11.0, 13.5], [8.1, 11.5, 14.1]],
    [5069, [1.2, 1.8, 2.2], [1.3, 1.8, 2.3]],
  ])('of %i pairs gives the row of the design', (n, effects, margins) => {
    for (const [k, d] of [0.1, 0.2, 0.3].entries()) {
      // 0.051: the table rounds its factors (2.80, 2.93) and its figures.
      expect(Math.abs(100 * minimumDetectableEffect(d / n, 1 / n) - effects[k]!)).toBeLessThan(0.051)
      expect(Math.abs(100 * smallestTostMargin(d / n, 1 / n) - margins[k]!)).toBeLessThan(0.051)
    }
  })

  it('uses the factors 2.80 and 2.93', () => {
    expect(minimumDetectableEffect(0.01, 0)).toBeCloseTo(0.28, 3)
    expect(smallestTostMargin(0.01, 0)).toBeCloseTo(0.293, 3)
  })

  /** Probability of what `holds` over wins and losses among n pairs, each won or lost with these probabilities. */
  function probability(n: number, won: number, lost: number, holds: (wins: number, losses: number) => boolean): number {
    let sum = 0
    for (
      let wins = 0, p = (1 - won) ** n;
      wins <= n && p > 1e-12;
      wins++, p *= (((n - wins + 1) / wins) * won) / (1 - won)
    ) {
      const left = n - wins
      const share = lost / (1 - won)
      for (
        let losses = 0, q = (1 - share) ** left;
        losses <= left;
        losses++, q *= (((left - losses + 1) / losses) * share) / (1 - share)
      )
        if (holds(wins, losses)) sum += p * q
    }
    return sum
  }

  it.each([
    [40, 0],
    [160, 1 / 160],
    [160, 4 / 160],
    [500, 0.016],
  ])(
    'of %i pairs is real where a share of only %d disagrees: exact McNemar finds the effect in four of five',
    (n, d) => {
      const effect = minimumDetectableEffect(d / n, 1 / n)
      const discordant = Math.max(d, effect)
      const power = probability(
        n,
        (discordant + effect) / 2,
        (discordant - effect) / 2,
        (wins, losses) => mcnemarExact(wins, losses) < 0.05,
      )
      // The normal approximation of a test on whole pairs; without its floor the power at 1 discordant pair of 160
      // would be 6 %.
      expect(power).toBeGreaterThan(0.77)
      expect(power).toBeLessThan(0.85)
    },
  )

  it.each([
    [40, 0],
    [160, 1 / 160],
    [160, 4 / 160],
    [160, 0.2],
  ])('of %i pairs with a share of %d discordant shows equivalence within the margin in about four of five', (n, d) => {
    const margin = smallestTostMargin(d / n, 1 / n)
    const power = probability(n, d / 2, d / 2, (wins, losses) => {
      const {low, high} = tangoInterval(wins, losses, n, 0.9)
      return low > -margin && high < margin
    })
    expect(power).toBeGreaterThan(0.72)
  })

  it('never promises more than a whole', () => {
    expect(minimumDetectableEffect(0, 1 / 3)).toBe(1)
    expect(smallestTostMargin(0.2 / 2, 1 / 2)).toBeLessThanOrEqual(1)
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

describe('paired difference', () => {
  const pair = (both: number, wins: number, losses: number, neither: number) => {
    const n = both + wins + losses + neither
    return {
      base: Float64Array.from({length: n}, (_, i) =>
        Number(i < both || (i >= both + wins && i < both + wins + losses)),
      ),
      new: Float64Array.from({length: n}, (_, i) => Number(i < both + wins)),
    }
  }

  it('of right and wrong answers is exact McNemar with the interval of Tango', () => {
    const result = pairedDifference([pair(460, 28, 25, 105)], {aggregate: 'micro', random: random(0)})
    expect(result).toMatchObject({
      n: 618,
      wins: 28,
      losses: 25,
      ties: 565,
      test: 'mcnemar-exact',
      ...tangoInterval(28, 25, 618),
    })
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
    const result = pairedDifference([{base, new: base.map(score => score + 0.1 * rng.next())}], {
      aggregate: 'micro',
      random: random(0),
    })
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

  it('has an interval for any number of clusters that all say the same', () => {
    for (let n = 1; n <= 40; n++) {
      for (let pictures = 1; pictures <= n; pictures++) {
        const clusters = Int32Array.from({length: n}, (_, i) => i % pictures)
        const won = pairedDifference([{base: new Float64Array(n), new: new Float64Array(n).fill(1), clusters}], {
          aggregate: 'micro',
          random: random(0),
        })
        expect(won.high).toBeCloseTo(1, 12)
        expect(won.low).toBeLessThan(1)
      }
    }
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
    expect(() =>
      pairedDifference([{base: values(1), new: values(1, 0)}], {aggregate: 'micro', random: random(0)}),
    ).toThrow(RangeError)
  })
})
