import {execFileSync} from 'node:child_process'
import {counted, shellWord} from './words.js'

test('one has no s', () => {
  expect([0, 1, 2].map(count => counted(count, 'unit'))).toEqual(['0 units', '1 unit', '2 units'])
})

test('a shell reads any text back as it was', () => {
  for (const text of ['sweeps/one', 'it\'s 50 % "off"', '$(HOME) `x`', 'back\\slash', 'ü *', ''])
    expect(execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], {encoding: 'utf8'})).toBe(text)
  expect(shellWord('sweeps/one')).toBe('sweeps/one')
})
