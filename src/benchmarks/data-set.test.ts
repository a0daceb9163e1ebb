import {blink} from './blink.js'
import {dataSetOf} from './data-set.js'

const whole = {
  id: '1',
  benchmark: 'blink',
  subtask: 'Counting',
  question: 'How many?',
  options: ['1', '2'],
  letters: ['A', 'B'],
  gold: 'B',
  images: [],
}

function setOf(...records: unknown[]) {
  async function* read() {
    yield* records as (typeof whole)[]
  }
  return dataSetOf({benchmark: blink, split: 'val', layout: 'own', hasImages: false, root: '.', files: [], read})
}

test('samples of an adapter are its keys', async () => {
  expect(await setOf(whole).keys()).toEqual([{id: '1', subtask: 'Counting'}])
})

test.each([
  ['a number for an id', {...whole, id: 7}, 'record 2 has a wrong id: it must be a text'],
  ['no question', {...whole, question: undefined}, 'record 2 has a wrong question: it must be a text'],
  ['a path for a picture', {...whole, images: ['a.png']}, 'record 2 has a wrong images: it must be a list of pictures'],
  [
    'a number for a gold answer',
    {...whole, gold: 2},
    'record 2 has a wrong gold: it must be a text, a list of texts, or null',
  ],
  ['numbers for options', {...whole, options: [1, 2]}, 'record 2 has a wrong options: it must be a list of texts'],
  ['nothing', null, 'record 2 is no object'],
])('an adapter that gives %s is told where, and `bench verify` goes on', async (_what, record, message) => {
  const expected = {code: 'bad-file', message: expect.stringContaining(message)}
  await expect(setOf({...whole, id: '0'}, record).keys()).rejects.toMatchObject(expected)
  const problems = []
  for await (const problem of setOf({...whole, id: '0'}, record, whole).problems()) problems.push(problem)
  expect(problems).toContainEqual(expect.objectContaining({kind: 'broken-record', message: expected.message}))
})
