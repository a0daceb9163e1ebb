// Readings, lifts, shifts and interactions on random tables, against figures of numpy.
import {readFileSync} from 'node:fs'
import {letterOf} from '../../core/sample.js'
import type {Stratum} from '../statistics/index.js'
import {chooseReading, forcedScore, goldLogProb, goldMargin, optionLogProb} from './reading.js'
import {combined, rowsOf, type Scored} from './row.js'
import {donorLift, liftAbove, marginShift, pathInteraction} from './steering.js'
import type {ConditionOutcome, DiagnosedSample} from './table.js'

const {readings} = JSON.parse(
  readFileSync(new URL('../../../test/goldens/diagnosis/golden.json', import.meta.url), 'utf8'),
) as {
  readings: Record<string, number> & {
    gold: number[]
    donor: number[]
    forced: Record<string, number[][]>
    answers: Record<string, number[]>
    accuracy: Record<string, number>
  }
}

const rowOf = (samples: DiagnosedSample[]) => rowsOf({bench: 'x', aggregate: 'micro', samples}).headline!
const mean = ([stratum]: Stratum[]) => stratum!.values.reduce((sum, value) => sum + value, 0) / stratum!.values.length

const row = rowOf(
  readings.gold.map((gold, i) => {
    const donor = {id: 'd', answer: letterOf(readings.donor[i]!), option: readings.donor[i]!, lift: 'text'} as const
    const under = Object.entries(readings.forced).map(([name, scores]) => {
      const answer = readings.answers[name]?.[i]
      const outcome: ConditionOutcome = {
        ...{outcome: 'correct', score: 1, forced: scores[i]!},
        ...(answer !== undefined && {answer: letterOf(answer)}),
        ...(name === 'swap' && {donor}),
      }
      return [name, outcome] as const
    })
    return {id: String(i), subtask: 'all', engaged: true, gold, options: 4, under: Object.fromEntries(under)}
  }),
)

const difference = (scored: Scored) => mean(combined(row, ['own', 'swap'], scored, (own, swap) => own - swap))

describe('a table of log-probabilities', () => {
  it.each(Object.entries(readings.accuracy))('gives the teacher-forced accuracy of %s', (name, accuracy) => {
    expect(mean(combined(row, [name], forcedScore, score => score))).toBeCloseTo(accuracy, 12)
  })

  it('gives gold margin and log-probability in nats', () => {
    expect(difference(goldMargin)).toBeCloseTo(readings['goldMargin']!, 10)
    expect(difference(goldLogProb)).toBeCloseTo(readings['goldLogProb']!, 10)
  })

  it('gives the donor-answer lift and the margin shift', () => {
    expect(mean(donorLift(row, 'swap', 'text'))).toBeCloseTo(readings['donorLift']!, 12)
    expect(mean(marginShift(row, 'swap'))).toBeCloseTo(readings['marginShift']!, 10)
  })

  it('gives the path interaction of CVRR, in accuracy and in margins', () => {
    expect(mean(pathInteraction(row, 'swap', forcedScore))).toBeCloseTo(readings['accuracyInteraction']!, 12)
    expect(mean(pathInteraction(row, 'swap', goldMargin))).toBeCloseTo(readings['marginInteraction']!, 10)
  })
})

describe('readings', () => {
  it('normalise over the options, and survive very unlikely ones', () => {
    expect(optionLogProb([Math.log(0.2), Math.log(0.6)], 0)).toBeCloseTo(Math.log(0.25), 12)
    expect(optionLogProb([-900, -900], 1)).toBeCloseTo(Math.log(0.5), 12)
  })

  it('take the earlier of equally likely options, as CVRR does', () => {
    const sample = {id: 'a', subtask: 'all', engaged: true, under: {}}
    expect(forcedScore({outcome: 'correct', score: 1, forced: [-1, -1]}, {...sample, gold: 0})).toBe(1)
    expect(forcedScore({outcome: 'correct', score: 1, forced: [-1, -1]}, {...sample, gold: 1})).toBe(0)
    expect(forcedScore({outcome: 'correct', score: 1}, {...sample, gold: 1})).toBeNull()
  })

  const texts = (tokens: number, outcome: ConditionOutcome['outcome'], forced?: number[]) =>
    rowOf(
      Array.from({length: 40}, (_, i) => ({
        ...{id: String(i), subtask: 'all', engaged: true, gold: 0},
        under: {
          own: {outcome: 'correct', score: 1, textTokens: 10, forced},
          'no-latent': {outcome: i < 8 ? outcome : 'correct', score: 1, textTokens: tokens, forced},
        },
      })),
    )

  it('are free while texts are alike, and forced where length or format differ and scores exist', () => {
    expect(chooseReading(texts(12, 'correct', [-1, -2]), 0.1)).toEqual({kind: 'free', differing: []})
    expect(chooseReading(texts(13, 'correct', [-1, -2]), 0.1)).toEqual({
      kind: 'forced',
      differing: ['no-latent (length)'],
    })
    expect(chooseReading(texts(10, 'truncated', [-1, -2]), 0.1)).toEqual({
      kind: 'forced',
      differing: ['no-latent (format)'],
    })
    expect(chooseReading(texts(10, 'truncated'), 0.1)).toEqual({kind: 'free', differing: ['no-latent (format)']})
    // 8 of 40 are within a margin of 20 points.
    expect(chooseReading(texts(10, 'truncated', [-1, -2]), 0.2).kind).toBe('free')
  })
})

describe('lifts', () => {
  const sample = (own: string, near: string, far: string, lift: 'text' | 'letter', id: string): DiagnosedSample => ({
    ...{id, subtask: 'all', engaged: true},
    under: {
      own: {outcome: 'wrong', score: 0, answer: own},
      swap: {outcome: 'wrong', score: 0, answer: near, donor: {id: 'd', answer: 'B', lift}},
      'swap-unrelated': {outcome: 'wrong', score: 0, answer: far, donor: {id: 'e', answer: 'C', lift: 'other'}},
    },
  })

  it('by hand: two of four follow the contrast donor, one of the four said so anyway', () => {
    const four = rowOf([
      sample('A', 'B', 'A', 'text', '1'),
      sample('A', 'B', 'C', 'text', '2'),
      sample('B', 'A', 'A', 'text', '3'),
      sample('A', 'A', 'A', 'text', '4'),
    ])
    expect(mean(donorLift(four, 'swap', 'text'))).toBeCloseTo(0.25)
    expect(mean(donorLift(four, 'swap-unrelated'))).toBeCloseTo(0.25)
    expect(mean(liftAbove(four, 'swap', 'swap-unrelated'))).toBeCloseTo(0)
  })

  it('keep letters apart from texts', () => {
    const two = rowOf([sample('A', 'B', 'A', 'text', '1'), sample('A', 'A', 'A', 'letter', '2')])
    expect([mean(donorLift(two, 'swap', 'text')), mean(donorLift(two, 'swap', 'letter'))]).toEqual([1, 0])
    expect(donorLift(two, 'swap', 'other')).toEqual([])
  })
})
