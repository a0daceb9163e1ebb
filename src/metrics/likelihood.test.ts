import {likeliestOption} from './likelihood.js'

const item = {letters: ['A', 'B']}

describe('the likeliest option', () => {
  it('has the highest mean per token, so long options have no disadvantage', () => {
    expect(likeliestOption(item, [[-1], [-0.9, -0.9, -0.9]])).toBe('B')
    expect(likeliestOption(item, [[-0.5], [-0.9]])).toBe('A')
  })

  it('is the earlier of two that are equal', () => {
    expect(likeliestOption(item, [[-1], [-1]])).toBe('A')
  })

  it('is unknown without scores, without letters, or where an option has no token', () => {
    expect(likeliestOption(item, undefined)).toBeUndefined()
    expect(likeliestOption({}, [[-1], [-2]])).toBeUndefined()
    expect(likeliestOption(item, [[], [-2]])).toBeUndefined()
  })
})
