// Means of values that are no difference of two scores, by hand and against published figures.
import {linearContrast, meanDifference, pBeyond, tangoInterval} from './index.js'

const of = (...values: number[]) => [{values: Float64Array.from(values)}]

describe('a linear contrast', () => {
  it('is the t test of one mean', () => {
    // R: t.test(c(.1, -.2, .3, .4, 0, .2)): mean .1333, t = 1.5085, df = 5, two-sided p = .1918.
    const {mean, standardError, pAbove, pBelow} = linearContrast(of(0.1, -0.2, 0.3, 0.4, 0, 0.2), 'micro')
    expect(mean).toBeCloseTo(0.13333, 4)
    // Half a discordant pair in six: sqrt(.5) / 6 = .1179, which is more than sd / sqrt(6) = .0882.
    expect(standardError).toBeCloseTo(Math.SQRT1_2 / 6, 10)
    expect(pAbove + pBelow).toBeCloseTo(1, 12)
    const open = meanDifference(of(0.1, -0.2, 0.3, 0.4, 0, 0.2), {aggregate: 'micro', shares: false})
    const half = 2.570582 * 0.0881917
    expect(open.low).toBeCloseTo(0.133333 - half, 5)
    expect(open.high).toBeCloseTo(0.133333 + half, 5)
  })

  it('is not certain because all values agree', () => {
    const none = linearContrast(of(...Array.from({length: 40}, () => -0.2)), 'micro')
    expect(none.standardError).toBeCloseTo(Math.SQRT1_2 / 40, 10)
    const shares = meanDifference(of(...Array.from({length: 40}, () => 0)), {aggregate: 'micro', shares: true})
    expect(shares).toMatchObject({difference: 0, p: 1})
    expect(shares.high).toBeGreaterThan(0.03)
  })

  it('treats four samples of one cluster as one', () => {
    const values = Float64Array.from({length: 80}, (_, i) => (Math.floor(i / 4) % 3 === 0 ? -1 : 0.2))
    const clusters = Int32Array.from({length: 80}, (_, i) => Math.floor(i / 4))
    const alone = linearContrast([{values}], 'micro')
    const shared = linearContrast([{values, clusters}], 'micro')
    expect(shared.mean).toBeCloseTo(alone.mean, 12)
    // 20 clusters: sqrt(20 / 19) over sqrt(80 / 79) twice as large.
    expect(shared.standardError / alone.standardError).toBeCloseTo(2 * Math.sqrt(20 / 19 / (80 / 79)), 10)
  })

  it('weighs subtasks equally in a macro mean', () => {
    const two = [...of(...Array.from({length: 10}, () => 1)), ...of(...Array.from({length: 90}, () => 0))]
    expect(linearContrast(two, 'macro').mean).toBeCloseTo(0.5)
    expect(linearContrast(two, 'micro').mean).toBeCloseTo(0.1)
  })

  it('needs values', () => {
    expect(() => linearContrast([], 'micro')).toThrow('a mean needs values')
  })
})

describe('a difference beyond a margin', () => {
  const pairs = (wins: number, losses: number, n: number) => [
    {base: new Float64Array(n).fill(1, wins, wins + losses), new: new Float64Array(n).fill(1, 0, wins)},
  ]

  it.each([
    [40, 10, 300],
    [12, 0, 60],
    [90, 60, 1901],
  ])('of %i wins and %i losses in %i is the level at which the bound of Tango meets the margin', (wins, losses, n) => {
    for (const confidence of [0.8, 0.95]) {
      const {low} = tangoInterval(wins, losses, n, confidence)
      expect(pBeyond(pairs(wins, losses, n), 'micro', low)).toBeCloseTo((1 - confidence) / 2, 6)
    }
  })

  it('asks more the larger the margin is', () => {
    const at = (margin: number) => pBeyond(pairs(40, 10, 300), 'micro', margin)
    expect(at(0.1)).toBeCloseTo(0.5, 6)
    expect([at(0) < at(0.05), at(0.05) < at(0.1), at(0.1) < at(0.2)]).toEqual([true, true, true])
  })
})
