import {mentions} from '../core/mentions.js'
import {answerPlaces} from './answer-place.js'

const letters = ['A', 'B', 'C']
const options = ['red', 'dark blue', 'green']
const places = (text: string, item: {options?: string[]; letters?: string[]} = {options, letters}) =>
  answerPlaces({text, ...item}, 'lantern-eval')?.map(({before, answers}) => [before, answers.join('|')])

it.each([
  ['a letter', 'It is <answer>B</answer>', [['It is <answer>', 'A|B|C']]],
  ['a bracketed letter', '<answer>(B)</answer>', [['<answer>(', 'A|B|C']]],
  ['a small letter', '<answer>b</answer>', [['<answer>', 'A|B|C']]],
  ["an option's text", '<answer> dark blue</answer>', [['<answer> ', 'red|dark blue|green']]],
  [
    'the text, then the letter',
    'The end is dark blue. <answer>B</answer>',
    [
      ['The end is ', 'red|dark blue|green'],
      ['The end is dark blue. <answer>', 'A|B|C'],
    ],
  ],
  [
    'a text with a capital, then again',
    'Green it is. <answer>green</answer>',
    [
      ['', 'Red|Dark blue|Green'],
      ['Green it is. <answer>', 'red|dark blue|green'],
    ],
  ],
])('finds the places of %s', (_, text, expected) => {
  expect(places(text)).toEqual(expected)
})

it('finds none where nothing is read, and for open questions', () => {
  expect(places('I cannot tell.')).toBeUndefined()
  expect(places('<answer>red</answer>', {})).toBeUndefined()
})

it('a mention is a whole word, in any case', () => {
  expect(mentions('redder, RED, ared, red.', 'red')).toEqual([8, 19])
  expect(mentions('3 (a+b) 33', '(a+b)')).toEqual([2])
  expect(mentions('3 of 33', '3')).toEqual([0])
  expect(mentions('any', ' ')).toEqual([])
})
