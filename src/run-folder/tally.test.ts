import {Tally} from './tally.js'

const record = (id: string, outcome: 'correct' | 'wrong' | 'error' | 'unscored', arm = 'm|direct') => ({
  ...{arm, bench: 'blink', subtask: 'Counting', id, outcome},
  score: outcome === 'correct' ? 1 : outcome === 'wrong' ? 0 : null,
})
const tallied = (...records: ReturnType<typeof record>[]) => {
  const tally = new Tally()
  for (const one of records) tally.add(one)
  const {settled, errors} = tally
  const scores = tally.scores()
  const total = (figure: 'scored' | 'sum') => scores.reduce((sum, group) => sum + group[figure], 0)
  return {settled, errors, scored: total('scored'), sum: total('sum')}
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
  tally.add(record('1', 'wrong'))
  expect(tally.isNews(record('1', 'correct'))).toBe(false)
  expect(tally.errors).toBe(0)
})

test('repeats of one sample are counted separately', () => {
  const repeated = (repeat: number) => ({...record('1', 'correct'), repeat})
  expect(tallied(repeated(0), repeated(1), repeated(1))).toMatchObject({settled: 2, sum: 2})
})

test('scores are kept by arm and subtask, errors left out and cached answers counted', () => {
  const tally = new Tally()
  tally.add({...record('1', 'correct'), cached: true})
  tally.add(record('2', 'wrong'))
  tally.add(record('3', 'error'))
  tally.add({...record('4', 'unscored'), subtask: 'Jigsaw'})
  const of = {arm: 'm|direct', bench: 'blink'}
  expect(tally.scores().filter(({run}) => run > 0)).toEqual([
    {...of, subtask: 'Counting', run: 2, scored: 2, sum: 1, cached: 1},
    {...of, subtask: 'Jigsaw', run: 1, scored: 0, sum: 0, cached: 0},
  ])
})
