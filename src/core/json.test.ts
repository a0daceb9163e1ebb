import fc from 'fast-check'
import {jsonOrNothing, parseJson, parseJsonObject} from './json.js'
import {limits} from './limits.js'

const bad = (what: string) => new Error(what)

test('reads what JSON.parse reads, with or without a byte order mark', () => {
  fc.assert(
    fc.property(fc.jsonValue({maxDepth: 6}), fc.boolean(), (value, marked) => {
      const text = JSON.stringify(value)
      expect(parseJson(`${marked ? '\uFEFF' : ''}${text}`, bad)).toEqual(JSON.parse(text))
    }),
  )
})

test('refuses what JSON.parse refuses, and says where', () => {
  expect(() => parseJson('{"a": 1', bad)).toThrow(/^is not JSON: .*position/)
  fc.assert(
    fc.property(fc.string({unit: fc.constantFrom(...'[]{}":,\\1 a')}), text => {
      let expected: unknown
      try {
        expected = JSON.parse(text)
      } catch {
        expected = undefined
      }
      expect(jsonOrNothing(text)).toEqual(expected)
    }),
  )
})

test('depth is bounded, whatever the length of the text', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  expect(parseJson(nested(limits.jsonDepth), bad)).toBeDefined()
  expect(() => parseJson(nested(limits.jsonDepth + 1), bad)).toThrow(/^is nested more than 100 levels deep/)
  expect(() => parseJson('{"a":'.repeat(6000), bad)).toThrow(/nested/)
})

test('brackets and commas within strings do not count', () => {
  const text = JSON.stringify({text: `${'['.repeat(500)}\\"${'['.repeat(500)}`, '[[[\\': '\\'})
  expect(parseJson(text, bad)).toEqual(JSON.parse(text))
})

test('the number of values is bounded before any is made', () => {
  const before = process.memoryUsage().heapUsed
  expect(() => parseJson(`[${'[],'.repeat(limits.jsonValues)}0]`, bad)).toThrow(/^holds more than 4000000 values/)
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 2 ** 20)
})

test('another form is tried for what is not JSON; the error describes the text as it is', () => {
  const mended = (text: string) => text.replace('NaN', 'null')
  expect(parseJson('[NaN]', bad, mended)).toEqual([null])
  expect(() => parseJson('[NaN', bad, mended)).toThrow(/N/)
})

test('an object has each outermost key once, however it is spelled', () => {
  expect(parseJsonObject('{"a": {"b": 1, "c": {"b": 1}}, "b": "a"}', bad)).toMatchObject({b: 'a'})
  expect(() => parseJsonObject('{"a": 1, "\\u0061"   : 2}', bad)).toThrow(/^holds "a" twice/)
  expect(() => parseJsonObject('null', bad)).toThrow('is not a JSON object but null')
  expect(() => parseJsonObject('[1]', bad)).toThrow('is not a JSON object but a list')
})
