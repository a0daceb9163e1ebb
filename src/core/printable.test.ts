import {printable, printableData} from './printable.js'

test('letters of all scripts, line feeds and tabs stay', () => {
  for (const text of ['a\nb\tc', 'é Ω 漢字 🙂', 'שלום', '10 °C']) expect(printable(text)).toBe(text)
})

test.each([
  ['an escape sequence', '\u001b[31mred', '\uFFFD[31mred'],
  ['a bell, a backspace and a carriage return', 'a\u0007b\bc\rd', 'a\uFFFDb\uFFFDc\uFFFDd'],
  ['the eight-bit control sequence introducer', '\u009b31m', '\uFFFD31m'],
  ['a mark that turns the direction', 'safe\u202etxt.exe\u2066', 'safe\uFFFDtxt.exe\uFFFD'],
])('%s does not act', (_, text, shown) => {
  expect(printable(text)).toBe(shown)
  expect(printableData({list: [{text}]})).toEqual({list: [{text: shown}]})
})
