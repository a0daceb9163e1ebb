import {withinTime} from './within-time.js'

it('gives what the work returns and throws what it throws', () => {
  expect(withinTime(() => 42, 1000)).toBe(42)
  expect(() =>
    withinTime(() => {
      throw new TypeError('no')
    }, 1000),
  ).toThrow(new TypeError('no'))
})

it('ends work that does not end', () => {
  expect(() =>
    withinTime(() => {
      for (;;);
    }, 20),
  ).toThrow('does not end within 0.02 s')
})
