import {withinTime} from './within-time.js'

it('returns what ends in time, and throws what is thrown', () => {
  expect(withinTime(() => [1, 2], 1000)).toEqual([1, 2])
  const failing = () => {
    throw new RangeError('no')
  }
  expect(() => withinTime(failing, 1000)).toThrow(RangeError)
})

it('ends a loop and a pattern that backtracks for ever', () => {
  const loop = () => {
    for (;;);
  }
  expect(() => withinTime(loop, 50)).toThrow('it does not end within 0.05 s')
  expect(() => withinTime(() => /(x+x+)+y/.test('x'.repeat(60)), 50)).toThrow('it does not end within 0.05 s')
})
