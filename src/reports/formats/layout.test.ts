import {dotted, wrap} from './layout.js'

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
