import {random} from '../../core/random.js'
import {pairedDifference} from './paired-difference.js'
import {rankIntervals} from './rank-intervals.js'
import {scoreInterval} from './score-intervals.js'
import {weightedDegrees} from './weighted-interval.js'

const scores = (right: number, n: number) => Float64Array.from({length: n}, (_, i) => Number(i < right))

it('the interval of a weighted mean is that of its strata, added in quadrature on each side', () => {
  const parts = [
    {values: scores(50, 60), weight: 0.75},
    {values: scores(120, 400), weight: 0.25},
  ]
  const [one, other] = parts.map(part => scoreInterval([part], 'micro'))
  const {value, low, high} = scoreInterval(parts, 'macro')
  expect(value).toBeCloseTo((0.75 * 50) / 60 + (0.25 * 120) / 400, 12)
  expect(value - low).toBeCloseTo(Math.hypot(0.75 * (one!.value - one!.low), 0.25 * (other!.value - other!.low)), 12)
  expect(high - value).toBeCloseTo(Math.hypot(0.75 * (one!.high - one!.value), 0.25 * (other!.high - other!.value)), 12)
})

it('equal weights are no weights', () => {
  const values = [scores(50, 60), scores(120, 400)]
  const plain = scoreInterval(
    values.map(values => ({values})),
    'macro',
  )
  const equal = scoreInterval(
    values.map(values => ({values, weight: 3})),
    'macro',
  )
  expect(equal.low).toBeCloseTo(plain.low, 12)
  expect(equal.high).toBeCloseTo(plain.high, 12)
  expect(equal.value).toBeCloseTo(plain.value, 12)
})

it('a heavy stratum without a wrong answer keeps an interval of its own size', () => {
  // All variance seems to lie in the light stratum; the 60 heavy ones say no more than 60 right answers can.
  const parts = [
    {values: scores(60, 60), weight: 1},
    {values: scores(392, 400), weight: 0.1},
  ]
  const alone = scoreInterval([parts[0]!], 'micro')
  expect(scoreInterval(parts, 'macro').low).toBeLessThan(1 - (1 - alone.low) / 1.11)
})

it('clusters that reach over strata widen the interval', () => {
  const right = (from: number) => Float64Array.from({length: 60}, (_, i) => Number((i + from) % 3 > 0))
  const strata = (shared: boolean) =>
    [0.7, 0.3].map((weight, s) => ({
      values: right(0),
      weight,
      clusters: Int32Array.from({length: 60}, (_, i) => i + (shared ? 0 : 60 * s)),
    }))
  const [apart, together] = [false, true].map(shared => scoreInterval(strata(shared), 'macro'))
  expect(together!.high - together!.low).toBeGreaterThan(1.1 * (apart!.high - apart!.low))
})

it('a weighted difference weighs its subtasks, in test, interval and ranks', () => {
  // Better on the light subtask, worse on the heavy one.
  const strata = [
    {base: scores(40, 100), new: scores(40, 100), weight: 0.5},
    {base: scores(60, 200), new: scores(160, 200), weight: 0.1},
    {base: scores(160, 200), new: scores(60, 200), weight: 0.4},
  ]
  const difference = pairedDifference(strata, {aggregate: 'macro', random: random(1)})
  expect(difference.difference).toBeCloseTo(0.1 * 0.5 - 0.4 * 0.5, 12)
  expect(difference.p).toBeLessThan(0.001)
  expect(difference.high).toBeLessThan(0)
  const ranks = rankIntervals(
    strata.map(({base, new: next, weight}) => ({scores: [base, next], weight})),
    'macro',
    {random: random(2)},
  )
  expect(ranks.map(rank => rank!.tier)).toEqual([1, 2])
})

it('degrees of freedom are those of Satterthwaite', () => {
  expect(weightedDegrees([0.5, 0.5], [30, 30])).toBeCloseTo(58, 9)
  // One stratum with nearly all of the weight leaves its own.
  expect(weightedDegrees([0.999, 0.001], [30, 30])).toBeCloseTo(29, 1)
})
