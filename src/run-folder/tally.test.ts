import {Tally} from './tally.js'

const record = (id: string, outcome: 'correct' | 'wrong' | 'error' | 'unscored', arm = 'm|direct') => ({
  ...{arm, bench: 'blink', id, outcome},
  score: outcome === 'correct' ? 1 : outcome === 'wrong' ? 0 : null,
})
const tallied = (...records: ReturnType<typeof record>[]) => {
  const tally = new Tally()
  for (const one of records) tally.add(one)
  const {settled, errors} = tally
  return {settled, errors, ...tally.scores()}
}

test('an empty log has nothing settled', () => {
  expect(tallied()).toEqual({settled: 0, errors: 0, scored: 0, sum: 0})
})

test('a later answer settles an error, and an answer stays settled whatever fails later', () => {
  expect(tallied(record('1', 'error'))).toMatchObject({settled: 0, errors: 1})
  expect(tallied(record('1', 'error'), record('1', 'error'))).toMatchObject({settled: 0, errors: 1})
  expect(tallied(record('1', 'error'), record('1', 'correct'))).toMatchObject({
    settled: 1,
    errors: 0,
    scored: 1,
    sum: 1,
  })
  expect(tallied(record('1', 'wrong'), record('1', 'error'))).toMatchObject({settled: 1, errors: 0, scored: 1, sum: 0})
})

test('the last of two answers counts, each arm has its own tally, and a hidden gold answer has no score', () => {
  expect(tallied(record('1', 'correct'), record('1', 'wrong'))).toMatchObject({settled: 1, scored: 1, sum: 0})
  expect(tallied(record('1', 'correct'), record('1', 'correct', 'm|text-cot'))).toMatchObject({
    settled: 2,
    scored: 2,
    sum: 2,
  })
  expect(tallied(record('1', 'unscored'))).toMatchObject({settled: 1, scored: 0})
})

test('a record is news if it is the first, or an answer after an error', () => {
  const tally = new Tally()
  expect(tally.isNews(record('1', 'error'))).toBe(true)
  tally.add(record('1', 'error'))
  expect([tally.isNews(record('1', 'error')), tally.isNews(record('1', 'wrong'))]).toEqual([false, true])
  const before = tally.copy()
  tally.add(record('1', 'wrong'))
  expect(tally.isNews(record('1', 'correct'))).toBe(false)
  expect([before.isNews(record('1', 'correct')), before.errors, tally.errors]).toEqual([true, 1, 0])
})

test('repeats of one sample are counted separately', () => {
  const repeated = (repeat: number) => ({...record('1', 'correct'), repeat})
  expect(tallied(repeated(0), repeated(1), repeated(1))).toMatchObject({settled: 2, sum: 2})
})
