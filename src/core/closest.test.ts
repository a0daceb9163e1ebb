import {closest, editDistance} from './closest.js'

test.each([
  ['kitten', 'sitting', 3],
  ['', 'abc', 3],
  ['abc', 'abc', 0],
  ['ab', 'ba', 1],
  ['ca', 'abc', 3],
])('the distance from "%s" to "%s" is %d edits', (a, b, edits) => {
  expect(editDistance(a, b)).toBe(edits)
  expect(editDistance(b, a)).toBe(edits)
})

test('offers the nearest name, ignoring case', () => {
  expect(closest('docto', ['run', 'doctor', 'compare'])).toBe('doctor')
  expect(closest('--bnech', ['--bench', '--seed'])).toBe('--bench')
  expect(closest('countng', ['Counting', 'Jigsaw'])).toBe('Counting')
})

test('offers nothing when no name is near', () => {
  expect(closest('xyzzy', ['run', 'doctor', 'compare'])).toBeUndefined()
  expect(closest('run', [])).toBeUndefined()
})
