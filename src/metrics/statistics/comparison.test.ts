// Paired comparisons, their power and their verdicts, against published figures and what must hold by definition.
import fc from 'fast-check'
import {random} from '../../core/random.js'
import {
  assumedEffects,
  detectableDifference,
  detectableEffects,
  detectableMargin,
  effectiveSize,
  gateOf,
  holm,
  mcnemarExact,
  normalCdf,
  overallVerdict,
  type PairedStratum,
  pairedBounds,
  pairedDifference,
  pairedInterval,
  type RankedStratum,
  rankIntervals,
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

describe('what a comparison can show', () => {
  /** Probability of what `holds` over wins and losses among n pairs, each won or lost with these probabilities. */
  function probability(n: number, won: number, lost: number, holds: (wins: number, losses: number) => boolean): number {
    let sum = 0
    for (let wins = 0, p = (1 - won) ** n; wins <= n; wins++, p *= (((n - wins + 1) / wins) * won) / (1 - won)) {
      const left = n - wins
      const share = lost / (1 - won)
      for (
        let losses = 0, q = (1 - share) ** left;
        losses <= left;
        losses++, q *= (((left - losses + 1) / losses) * share) / (1 - share)
      )
        if (p * q > 1e-14 && holds(wins, losses)) sum += p * q
    }
    return sum
  }

  it.each([
    [40, 0],
    [160, 1 / 160],
    [160, 4 / 160],
    [191, 0.2],
    [500, 0.016],
  ])('of %i pairs of which a share of %d differs anyway: exact McNemar finds the effect in four of five', (n, d) => {
    const effect = detectableDifference({n, discordance: d, exact: true})
    const power = (more: number) =>
      probability(n, d / 2 + more, d / 2, (wins, losses) => mcnemarExact(wins, losses) <= 0.05)
    expect(power(effect)).toBeCloseTo(0.8, 3)
    expect(power(0.9 * effect)).toBeLessThan(0.77)
  })

  it.each([
    [133, 0],
    [160, 4 / 160],
    [160, 0.2],
    [191, 0.4],
  ])('of %i pairs of which a share of %d differs: the margin is kept in about four of five', (n, d) => {
    const margin = detectableMargin({n, discordance: d, exact: true})
    const power = probability(n, d / 2, d / 2, (wins, losses) => {
      const {low, high} = pairedBounds(wins, losses, n, 1.6448536269514722)
      return low > -margin && high < margin
    })
    // Whole counts: without discordance there is one outcome only.
    expect(power).toBeGreaterThan(0.77)
    if (d > 0.1) expect(power).toBeLessThan(0.83)
  })

  it('takes the effect seen out of the discordance', () => {
    const values = (ones: number) => new Float64Array(260).fill(1, 0, ones)
    const large = detectableEffects([{base: values(230), new: values(38)}], 'micro')
    expect(large.discordance).toBeLessThan(0.005)
    expect(large.mde).toBeLessThan(0.04)
    const none = detectableEffects([{base: values(130), new: values(130)}], 'micro')
    expect(none.discordance).toBe(0)
  })

  it('counts clusters, and never promises more than a whole', () => {
    const rng = random('power')
    const strata = (clustered: boolean): PairedStratum[] => [
      {
        base: Float64Array.from({length: 240}, () => Number(rng.next() < 0.5)),
        new: Float64Array.from({length: 240}, (_, i) => Number((i >> 2) % 2 === 0)),
        ...(clustered ? {clusters: Int32Array.from({length: 240}, (_, i) => i >> 2)} : {}),
      },
    ]
    expect(detectableEffects(strata(true), 'micro').mde).toBeGreaterThan(
      1.2 * detectableEffects(strata(false), 'micro').mde,
    )
    expect(assumedEffects([{n: 3}], 'micro', 0.2).mde).toBe(1)
    expect(assumedEffects([{n: 2}], 'micro', 0.2).smallestMargin).toBeLessThanOrEqual(1)
    expect(assumedEffects([{n: 1}, {n: 1}], 'macro', 0.2).mde).toBeLessThanOrEqual(1)
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
    [[0.01, 0.05], [0.02, 0.04], 'improved', 'passed'],
    [[0.001, 0.015], [0.002, 0.014], 'improved', 'passed'],
    [[-0.025, 0.015], [-0.015, 0.01], 'equivalent', 'passed'],
    // A small loss that is sure: a regression by the test, and within what the gate accepts.
    [[-0.015, -0.005], [-0.014, -0.006], 'regressed', 'passed'],
    [[-0.05, -0.01], [-0.045, -0.015], 'regressed', 'inconclusive'],
    [[-0.05, -0.03], [-0.045, -0.035], 'regressed', 'failed'],
    // The gate asks in one direction: it can know of a loss of which the two-sided test is not sure.
    [[-0.3, 0], [-0.28, -0.03], 'inconclusive', 'failed'],
    [[-0.05, 0.05], [-0.04, 0.04], 'inconclusive', 'inconclusive'],
    [[-0.02, 0.05], [-0.01, 0.04], 'inconclusive', 'passed'],
    [[0, 0.05], [0, 0.04], 'inconclusive', 'passed'],
    [[-0.02, 0.01], [-0.02, 0.01], 'inconclusive', 'inconclusive'],
  ] as const)('of %p with one-sided %p at a margin of 2 pp are %s and %s', (two, one, verdict, gate) => {
    const tested = {low: two[0], high: two[1], bounds: {low: one[0], high: one[1]}}
    expect(verdictOf(tested, 0.02)).toBe(verdict)
    expect(gateOf(tested, 0.02)).toBe(gate)
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
  })

  it('of a macro headline is Tango on the effective number of pairs, with one sign-flip test', () => {
    const pairs = [pair(50, 20, 5, 25), pair(100, 5, 10, 285)]
    const result = pairedDifference(pairs, {aggregate: 'macro', random: random(0)})
    expect(result.difference).toBeCloseTo((0.15 - 5 / 400) / 2, 12)
    const {n, size, mean, critical} = effectiveSize(
      pairs.map(({base, new: next}) => ({values: next.map((score, i) => score - base[i]!)})),
    )
    const interval = pairedInterval((n * (size + mean)) / 2, (n * (size - mean)) / 2, n, critical(0.95))
    expect(result.low).toBeCloseTo(interval.low, 10)
    expect(result.high).toBeCloseTo(interval.high, 10)
    expect(result.test).toBe('sign-flip')
    // The normal test, to which the flips come near with 40 discordant pairs.
    const error = Math.sqrt((0.25 - 0.15 ** 2) / 99 + (15 / 400 - (5 / 400) ** 2) / 399) / 2
    expect(Math.abs(result.p - 2 * normalCdf(-result.difference / error))).toBeLessThan(0.005)
  })

  it('has the p of the difference that is shown, not of the pooled pairs', () => {
    // Subtasks pull in opposite directions: pooled 64 wins of 96, in the headline nearly nothing.
    const pairs = [pair(60, 60, 10, 270), pair(5, 4, 22, 9)]
    const result = pairedDifference(pairs, {aggregate: 'macro', random: random(0)})
    expect(mcnemarExact(64, 32)).toBeLessThan(0.002)
    expect(result.difference).toBeLessThan(0)
    expect(result.p <= 0.05).toBe(result.high < 0)
  })

  it('of other scores flips their signs', () => {
    const rng = random('scores')
    const base = Float64Array.from({length: 200}, () => rng.next() * 0.8)
    const result = pairedDifference([{base, new: base.map(score => score + 0.1 * rng.next())}], {
      aggregate: 'micro',
      random: random(0),
    })
    expect(result).toMatchObject({test: 'sign-flip', wins: 200, losses: 0, ties: 0})
    expect(result.low).toBeGreaterThan(0.035)
    expect(result.high).toBeLessThan(0.07)
    expect(result.p).toBe(1 / 10_000)
  })

  it('never contradicts itself: interval, p, bounds, verdict and gate say one thing', () => {
    const stratum = fc.record({
      n: fc.integer({min: 1, max: 60}),
      won: fc.double({min: 0, max: 0.6, noNaN: true}),
      lost: fc.double({min: 0, max: 0.4, noNaN: true}),
      clustered: fc.constantFrom(1, 1, 3, 7),
      graded: fc.boolean(),
    })
    const seen = new Set<string>()
    fc.assert(
      fc.property(
        fc.array(stratum, {minLength: 1, maxLength: 4}),
        fc.constantFrom('macro', 'micro'),
        fc.constantFrom(0.01, 0.05, 0.1),
        fc.constantFrom(0, 0.02, 0.1),
        fc.nat(),
        (strata, aggregate, alpha, margin, seed) => {
          const rng = random('property', seed)
          const pairs = strata.map(({n, won, lost, clustered, graded}, s): PairedStratum => {
            const base = new Float64Array(n)
            const next = new Float64Array(n)
            for (let i = 0; i < n; i++) {
              const draw = rng.next()
              const amount = graded ? Math.ceil(rng.next() * 4) / 4 : 1
              if (draw < won) next[i] = amount
              else if (draw < won + lost) base[i] = amount
            }
            if (strata.every(one => one.clustered === 1)) return {base, new: next}
            return {
              base,
              new: next,
              clusters: Int32Array.from({length: n}, (_, i) => 1000 * s + Math.floor(i / clustered)),
            }
          })
          const result = pairedDifference(pairs, {aggregate, random: rng, alpha, flips: 199})
          const {difference, low, high, bounds, p} = result
          seen.add(result.test)
          expect(low).toBeLessThanOrEqual(difference)
          expect(high).toBeGreaterThanOrEqual(difference)
          expect(low).toBeGreaterThanOrEqual(-1)
          expect(high).toBeLessThanOrEqual(1)
          expect(low > 0 || high < 0).toBe(p <= alpha)
          expect(bounds.low).toBeGreaterThanOrEqual(low)
          expect(bounds.high).toBeLessThanOrEqual(high)
          expect(bounds.low > 0 || bounds.high < 0).toBe(p <= 2 * alpha)
          const [verdict, gate] = [verdictOf(result, margin), gateOf(result, margin)]
          if (verdict === 'improved') expect([difference > 0, p <= alpha, gate]).toEqual([true, true, 'passed'])
          if (verdict === 'regressed') expect([difference < 0, p <= alpha]).toEqual([true, true])
          if (verdict === 'equivalent') expect([p > alpha, gate]).toEqual([true, 'passed'])
          if (gate === 'failed') {
            expect([difference < 0, p <= 2 * alpha]).toEqual([true, true])
            expect(['regressed', 'inconclusive']).toContain(verdict)
          }
        },
      ),
      {numRuns: 600, seed: 11},
    )
    expect([...seen].sort()).toEqual(['cluster-sign-flip', 'mcnemar-exact', 'sign-flip'])
  })

  it('does not change its method because one picture is shared', () => {
    const base = new Float64Array(191)
    base[3] = 1
    const next = new Float64Array(191)
    const clusters = Int32Array.from({length: 191}, (_, i) => (i === 1 ? 0 : i))
    const options = {aggregate: 'micro', random: random(0)} as const
    const alone = pairedDifference([{base, new: next}], options)
    const shared = pairedDifference([{base, new: next, clusters}], options)
    expect(shared).toMatchObject({p: alone.p, test: 'mcnemar-exact'})
    for (const side of ['low', 'high'] as const) expect(Math.abs(shared[side] - alone[side])).toBeLessThan(0.001)
    expect([gateOf(alone, 0.02), gateOf(shared, 0.02)]).toEqual(['inconclusive', 'inconclusive'])
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
          flips: 99,
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
    expect([alone.test, together.test]).toEqual(['mcnemar-exact', 'cluster-sign-flip'])
    expect(together.p).toBeGreaterThan(100 * alone.p)
    expect((together.high - together.low) / (alone.high - alone.low)).toBeCloseTo(2, 0)
  })

  it('refuses sides of different length', () => {
    expect(() =>
      pairedDifference([{base: values(1), new: values(1, 0)}], {aggregate: 'micro', random: random(0)}),
    ).toThrow(RangeError)
  })
})

describe('rank intervals', () => {
  /** Arms of n samples that are right on all but their own first `wrong` ones, `from` apart. */
  const arms = (n: number, ...wrong: (readonly [from: number, count: number])[]): RankedStratum[] => [
    {scores: wrong.map(([from, count]) => new Float64Array(n).fill(1).fill(0, from, from + count))},
  ]
  const ranksOf = (strata: readonly RankedStratum[]) =>
    rankIntervals(strata, 'micro', {random: random('ranks')}).map(
      rank => rank && [rank.rankLow, rank.rankHigh, rank.tier],
    )

  it('tell apart what differs, and nothing else', () => {
    expect(ranksOf(arms(200, [0, 20], [0, 22], [100, 60]))).toEqual([
      [1, 2, 1],
      [1, 2, 1],
      [3, 3, 2],
    ])
    expect(ranksOf(arms(200, [0, 20]))).toEqual([[1, 1, 1]])
  })

  it('never tell two rows apart whose few samples cannot: 5 wins of 5 have p = 0.0625', () => {
    expect(ranksOf(arms(5, [0, 0], [0, 5]))).toEqual([
      [1, 2, 1],
      [1, 2, 1],
    ])
  })

  it('take a stratum of one sample for as uncertain as the others, not for certain', () => {
    const r = random('ranks', 'single')
    let demoted = 0
    for (let table = 0; table < 100; table++) {
      const strata = [40, 40, 1].map(n => ({
        scores: Array.from({length: 5}, () => Float64Array.from({length: n}, () => r.integer(2))),
      }))
      const ranks = rankIntervals(strata, 'macro', {random: random('ranks', table), draws: 500})
      demoted += Number(ranks.some(rank => rank!.tier > 1))
    }
    expect(demoted).toBeLessThanOrEqual(10)
  })

  it('never tell two rows apart that their comparison does not: 11 wins and 3 losses have p = 0.057', () => {
    expect(mcnemarExact(11, 3)).toBeGreaterThan(0.05)
    expect(ranksOf(arms(191, [0, 3], [3, 11]))).toEqual([
      [1, 2, 1],
      [1, 2, 1],
    ])
    expect(mcnemarExact(12, 3)).toBeLessThan(0.05)
    expect(ranksOf(arms(191, [0, 3], [3, 12]))).toEqual([
      [1, 1, 1],
      [2, 2, 2],
    ])
  })

  it('hold for all rows at once: a difference that two rows show is none among twenty', () => {
    const some = [
      [0, 3],
      [3, 12],
    ] as const
    const others = Array.from({length: 18}, (_, k) => [20 + 8 * k, 8] as const)
    expect(ranksOf(arms(191, ...some)).map(rank => rank![2])).toEqual([1, 2])
    expect(new Set(ranksOf(arms(191, ...some, ...others)).map(rank => rank![2]))).toEqual(new Set([1]))
  })

  it('leave out arms without a score, and take samples that one arm lacks out of its mean alone', () => {
    const [stratum] = arms(100, [0, 10], [0, 60])
    const none = new Float64Array(100).fill(Number.NaN)
    const half = Float64Array.from(stratum!.scores[0]!, (score, i) => (i < 50 ? Number.NaN : score))
    expect(ranksOf([{scores: [...stratum!.scores, none, half]}])).toEqual([[1, 2, 1], [3, 3, 2], null, [1, 2, 1]])
  })

  it('allow for clusters: four copies of a sample are one', () => {
    const scores = (wrong: number) => Float64Array.from({length: 80}, (_, i) => Number(i >> 2 >= wrong))
    const clusters = Int32Array.from({length: 80}, (_, i) => i >> 2)
    expect(ranksOf([{scores: [scores(0), scores(3)]}]).map(rank => rank![2])).toEqual([1, 2])
    expect(ranksOf([{scores: [scores(0), scores(3)], clusters}]).map(rank => rank![2])).toEqual([1, 1])
  })
})
