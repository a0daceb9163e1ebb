import {arm, lockBenchmark, lockOf, record} from '../../test/support/run-folders.js'
import {contradictionIn, RecordCheck} from './record-check.js'

const direct = arm('openai:m', 'direct')
const of = (outcome: Parameters<typeof record>[0]['outcome'], changes: Parameters<typeof record>[1] = {}) =>
  record({arm: direct.id, bench: 'blink', subtask: 'Counting', id: '1', outcome}, changes)

describe('a consistent record', () => {
  it.each([
    of('correct'),
    of('wrong'),
    of('unanswered'),
    of('truncated', {stop: 'length'}),
    of('refused', {stop: 'refusal'}),
    of('not-engaged'),
    of('error'),
    of('error', {stop: 'eos', error: {code: 'judge-unreadable', message: 'x'}}),
    of('unscored'),
    of('unscored', {stop: 'length'}),
    of('correct', {letters: null, gold: ['a window'], answer: 'window', score: 0.9}),
    of('wrong', {letters: null, gold: ['a window'], answer: 'door', score: 0.3}),
  ])('as $outcome with a score of $score', one => {
    expect(contradictionIn(one)).toBeNull()
  })
})

describe('a record contradicts itself', () => {
  it.each([
    ['is wrong with a score of 1', of('wrong', {score: 1})],
    ['is correct with a score of 0', of('correct', {score: 0})],
    ['is correct without a score', of('correct', {score: null})],
    ['is error with a score of 1', of('error', {score: 1})],
    ['is unscored with a score of 0', of('unscored', {score: 0})],
    ['is truncated with a score of 1', of('truncated', {score: 1})],
    ['is correct without a gold answer', {...of('correct'), gold: null}],
    ['is correct with another answer than the gold one', of('correct', {answer: 'B'})],
    ['is correct after a generation that failed', of('correct', {stop: 'error'})],
  ])('where it %s', (told, one) => {
    expect(contradictionIn(one)).toBe(told)
  })
})

it('names a record that another extractor has read', () => {
  const lock = lockOf([direct], [lockBenchmark('blink', {Counting: 1})])
  const sample = {bench: 'blink', id: '1', subtask: 'Counting'}
  const check = new RecordCheck({dir: 'results/x', lock, samples: new Map([['blink', new Map([['1', sample]])]])})
  expect(check.fits(of('correct'), 1)).toBe(true)
  expect(check.fits(of('correct', {extractor: 'lmms_blink'}), 2)).toBe(false)
  expect(check.warnings()).toEqual([
    'results/x: 1 log record is not counted: line 2, 1, was read by the extractor lmms_blink, not lantern-eval.',
  ])
})

it('names the first records that do not count, and says how many there are', () => {
  const lock = lockOf([direct], [lockBenchmark('blink', {Counting: 1})])
  const sample = {bench: 'blink', id: '1#o1', subtask: 'Counting', item: '1'}
  const check = new RecordCheck({dir: 'results/x', lock, samples: new Map([['blink', new Map([['1#o1', sample]])]])})
  expect(check.warnings()).toEqual([])
  expect(check.fits({...of('wrong'), id: '1#o1', item: '1'}, 1)).toBe(true)
  expect(check.fits({...of('wrong'), id: '1#o1', item: '2'}, 2)).toBe(false)
  expect(check.warnings()).toEqual(['results/x: 1 log record is not counted: line 2, 1#o1, is not of the item 2.'])
  for (const line of [3, 4, 5]) check.fits({...of('wrong'), bench: 'vstar'}, line)
  expect(check.warnings()).toEqual([
    expect.stringMatching(
      /^results\/x: 4 log records are not counted: line 2, .*; line 4, 1, is of no benchmark of the lock; and 1 more\.$/,
    ),
  ])
})
