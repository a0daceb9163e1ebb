import {tailLogProbs} from './tail-log-probs.js'

type Token = readonly [token: string, logProb: number]

const entries = (...tokens: Token[]) => [
  null,
  ...tokens.map(([token, logprob], id) => ({[id]: {logprob, rank: 1, decoded_token: token}})),
]

describe('the log-probabilities of a continuation', () => {
  const found: [name: string, list: unknown, continuation: string, expected: number[] | undefined][] = [
    [
      'are the shortest tail that spells it',
      entries(['red', -9], [' ', -8], ['red', -1], [' car', -2]),
      'red car',
      [-1, -2],
    ],
    [
      'are found where lone tokens lose their blanks',
      entries(['\n', -9], ['red', -1], ['car', -2]),
      'red car',
      [-1, -2],
    ],
    ['keep a blank at its beginning out', entries(['x', -9], [' red', -1]), 'red', [-1]],
    ['are none where something follows', entries(['red', -1], ['<|im_end|>', -2]), 'red', undefined],
    ['are none where a token reaches further back', entries([':red', -1]), 'red', undefined],
    ['are none where the prompt is shorter', entries(['d', -1]), 'red', undefined],
    ['are none for a text of blanks', entries([' ', -1]), ' ', undefined],
    [
      'are none where it is open which token is the prompt’s',
      [null, {...entries(['a', -1])[1], 7: {logprob: -2, decoded_token: 'b'}}],
      'a',
      undefined,
    ],
    ['are none without a list', undefined, 'red', undefined],
    ['are none in a list of something else', [null, {1: {logprob: 'x'}}], 'red', undefined],
  ]
  it.each(found)('%s', (_name, list, continuation, expected) => {
    expect(tailLogProbs(list, continuation)).toEqual(expected)
  })
})
