import {quantityIn} from '../core/quantity.js'
import {matchNumber, statedNumber} from './number.js'
import {scoreAnswer} from './score.js'

describe('the number that a text states', () => {
  const cases: readonly (readonly [string, number, string])[] = [
    ['42', 42, ''],
    ['1,234', 1234, ''],
    ['1,234,567.5', 1234567.5, ''],
    ['1e3', 1000, ''],
    ['-3', -3, ''],
    ['\u22123.5', -3.5, ''],
    ['.5', 0.5, ''],
    ['12 %', 12, '%'],
    ['12%.', 12, '%'],
    ['$1,200', 1200, '$'],
    ['5kg', 5, 'kg'],
    ['about 2 million people', 2e6, 'people'],
    ['x = 7', 7, ''],
    ['\\boxed{7}', 7, ''],
    ['There are three.', 3, ''],
    ['７', 7, ''],
    ['The B2 has 4 engines', 4, 'engines'],
    ['4, or 4.0', 4, 'or'],
  ]
  test.each(cases)('%s', (text, value, unit) => {
    expect(quantityIn(text)).toEqual({value, unit})
  })

  test.each([
    '',
    'many',
    '5-10',
    '3/4',
    '1,5',
    '12:30',
    '3 or 4',
    '2024-05-01',
    '1.2.3',
    'B2',
    '12,34,567',
    '- 3',
    'two or three',
  ])('is none: %s', text => {
    expect(quantityIn(text)).toBeNull()
  })
})

describe('two numbers', () => {
  const same = (answer: string, gold: string, tolerance?: number) =>
    matchNumber(statedNumber(answer)!, [gold], tolerance) === 1

  test('are the same within a millionth of the gold value, or within the tolerance that is given', () => {
    expect([same('1000000.5', '1,000,000'), same('1000002', '1,000,000')]).toEqual([true, false])
    expect([same('104', '100', 0.05), same('106', '100', 0.05)]).toEqual([true, false])
    expect([same('0', '0'), same('0.0001', '0', 0.5)]).toEqual([true, false])
  })

  test('are never converted: units count where both have one that is known', () => {
    expect([same('12', '12 %'), same('12 percent', '12 %'), same('0.12', '12 %')]).toEqual([true, true, false])
    expect([same('5 cm', '5 mm'), same('5 centimetres', '5 cm'), same('5 apples', '5 cm')]).toEqual([false, true, true])
  })

  test('are read after "the answer is" where the whole text has several', () => {
    expect(statedNumber('3 of the 10 are red, so the answer is 7')?.value).toBe(7)
    expect(statedNumber('3 of the 10 are red')).toBeNull()
  })
})

describe('an answer under the metric number', () => {
  const scoring = {answer: 'open', metric: 'number', aggregate: 'micro', tolerance: 0.01} as const
  const arm = {mode: 'direct', latentSize: null, intervention: null} as const
  const score = (text: string, gold: string | readonly string[] | null) =>
    scoreAnswer({text, stop: 'eos', gold, arm, usage: {latentSteps: null, blocks: null}}, scoring, 'lantern-eval')

  test('is right, wrong, no number or hidden', () => {
    expect(score('<answer>101</answer>', '100')).toMatchObject({outcome: 'correct', score: 1, answer: '101'})
    expect(score('102', ['100', '200'])).toMatchObject({outcome: 'wrong', score: 0})
    expect(score('between 90 and 110', '100')).toMatchObject({outcome: 'unanswered', score: 0, answer: null})
    expect(score('100', null)).toMatchObject({outcome: 'unscored', score: null})
  })
})

test('an item without options is matched where the benchmark has some of each', () => {
  const answered = {
    ...({
      text: '<answer>A cat</answer>',
      stop: 'eos',
      gold: ['cat'],
      usage: {latentSteps: null, blocks: null},
    } as const),
    arm: {mode: 'direct', latentSize: null, intervention: null} as const,
  }
  const scoring = {answer: 'choice', metric: 'accuracy', aggregate: 'micro'} as const
  expect(scoreAnswer(answered, {...scoring, mixed: true}, 'lantern-eval')).toMatchObject({
    outcome: 'correct',
    answer: 'A cat',
  })
  expect(
    scoreAnswer(
      {...answered, text: '<answer>A</answer>', letters: ['A', 'B'], gold: 'A'},
      {...scoring, mixed: true},
      'lantern-eval',
    ).answer,
  ).toBe('A')
})
