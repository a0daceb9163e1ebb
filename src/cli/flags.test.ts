import {dataFolders, keyed} from './flags.js'

const usage = (message: string) => expect.objectContaining({code: 'usage', message: expect.stringContaining(message)})

test('values stand under their key, or under * without one', () => {
  expect(keyed('data', undefined)).toEqual({})
  expect(keyed('data', ['blink=a', 'vstar=b=c'])).toEqual({blink: 'a', vstar: 'b=c'})
  expect(keyed('base-url', ['http://host/v1?x=1'])).toEqual({'*': 'http://host/v1?x=1'})
  expect(keyed('base-url', ['Qwen/Qwen2.5-VL-7B=http://host/v1?x=1'])).toEqual({
    'Qwen/Qwen2.5-VL-7B': 'http://host/v1?x=1',
  })
})

test('two values for one key are not settled in silence', () => {
  expect(() => keyed('data', ['a', 'b'])).toThrow(usage('two values for everything'))
  expect(() => keyed('data', ['blink=a', 'blink=b'])).toThrow(usage('"blink" twice'))
})

test('data of a benchmark that does not exist are a misspelling', () => {
  expect(dataFolders(['blink=a', 'b'])).toEqual({blink: 'a', '*': 'b'})
  expect(() => dataFolders(['blnk=a'])).toThrow(usage('there is no benchmark "blnk"'))
})
