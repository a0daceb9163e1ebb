import {dotted, wrap} from './layout.js'
import {armName} from './words.js'

test('a row of facts is broken behind a dot, never before one', () => {
  const facts = ['accuracy in %', 'extractor lantern-eval', 'prompts official', 'random 25.0', 'majority 25.0']
  for (let width = 30; width < 100; width++) {
    const lines = wrap(dotted(facts), width)
    expect(lines.join(' ')).toBe(facts.join(' · '))
    for (const line of lines) {
      expect(line.startsWith('·')).toBe(false)
      expect(line.length).toBeLessThanOrEqual(width)
    }
  }
})

it('names an arm in one line, whatever its model is called', () => {
  expect(armName({arm: 'import:line\nbreak|direct', model: 'import:line\nbreak', label: null})).toBe(
    'import:line break|direct',
  )
  expect(armName({arm: 'replay:a|direct', model: 'replay:a', label: 'two\r\n\tlines'})).toBe('two lines|direct')
})
