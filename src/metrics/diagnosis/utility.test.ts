// What each latent is worth, by hand and from a whole table.
import {diagnose} from './diagnose.js'
import type {ConditionOutcome, DiagnosedSample} from './table.js'

/** Log-probabilities of two options, the first of which is gold. */
const outcome = (p: number, correct = p > 0.5): ConditionOutcome => ({
  ...{outcome: correct ? 'correct' : 'wrong', score: correct ? 1 : 0, answer: correct ? 'A' : 'B'},
  forced: [Math.log(p), Math.log(1 - p)],
})
const sample = (id: number, under: Record<string, ConditionOutcome>): DiagnosedSample => ({
  ...{id: String(id), subtask: 'all', engaged: true, options: 2, gold: 0, under},
})
const judged = (samples: readonly DiagnosedSample[]) => diagnose({bench: 'b', aggregate: 'micro', samples})[0]!

it('by hand: half of the samples lose a factor of 1.6, half one of 3.2, where the second latent is zero', () => {
  const samples = Array.from({length: 40}, (_, k) =>
    sample(k, {
      own: outcome(0.8),
      'matched-noise': outcome(0.5),
      'zero-at:0': outcome(0.8),
      'zero-at:1': outcome(k % 2 === 0 ? 0.5 : 0.25),
    }),
  )
  const {utility} = judged(samples)
  expect(utility.map(({step}) => step)).toEqual([0, 1])
  expect(utility[0]!.logProb).toMatchObject({n: 40, difference: 0})
  const {logProb, margin, accuracy} = utility[1]!
  // ln .8 - ln .5 and ln .8 - ln .25; margins ln 4 - 0 and ln 4 - ln(1/3).
  expect(logProb!.difference).toBeCloseTo((Math.log(1.6) + Math.log(3.2)) / 2, 12)
  expect(margin!.difference).toBeCloseTo((Math.log(4) + Math.log(12)) / 2, 12)
  expect(margin!.low).toBeGreaterThan(Math.log(4))
  expect(margin!.high).toBeLessThan(Math.log(12))
  // A share of one half is no majority: all of these answers are wrong.
  expect(accuracy).toMatchObject({n: 40, difference: 1})
})

it('places stand in their order, and what was not read is null', () => {
  const unread = ({forced: _, ...rest}: ConditionOutcome) => rest
  const samples = Array.from({length: 30}, (_, k) =>
    sample(k, {own: unread(outcome(0.8)), 'zero-at:10': unread(outcome(0.2)), 'zero-at:2': unread(outcome(0.8))}),
  )
  const {utility} = judged(samples)
  expect(utility.map(({step, logProb, margin}) => [step, logProb, margin])).toEqual([
    [2, null, null],
    [10, null, null],
  ])
  expect(utility.map(({accuracy}) => accuracy!.difference)).toEqual([0, 1])
})

it('there is none without such conditions', () => {
  const samples = Array.from({length: 30}, (_, k) => sample(k, {own: outcome(0.8), 'truncate:1': outcome(0.2)}))
  expect(judged(samples).utility).toEqual([])
})

it('the sentence names places by what they cost in accuracy, not in nats', () => {
  const samples = Array.from({length: 60}, (_, k) =>
    sample(k, {
      own: outcome(0.99),
      ...Object.fromEntries(
        ['matched-noise', 'swap-unrelated', 'markers-only', 'no-latent'].map(name => [name, outcome(0.01)]),
      ),
      // Right all the same, with a margin that is far smaller.
      'zero-at:0': outcome(0.6 + 0.001 * k),
      'zero-at:1': outcome(0.01),
    }),
  )
  const {verdict, statement} = judged(samples)
  expect(verdict).toBe('load-bearing')
  expect(statement).toContain('single places matter (zero-at:1 -100 points)')
})
