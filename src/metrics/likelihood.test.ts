import {likelihoodChoice} from './likelihood.js'

const item = {gold: 'B', letters: ['A', 'B']}

describe('option likelihood', () => {
  it('takes the option with the highest mean per token, so that long options are not at a disadvantage', () => {
    expect(likelihoodChoice(item, [[-1], [-0.9, -0.9, -0.9]])).toBe(1)
    expect(likelihoodChoice(item, [[-0.5], [-0.9]])).toBe(0)
  })

  it('gives a tie to the earlier option', () => {
    expect(likelihoodChoice(item, [[-1], [-1]])).toBe(0)
  })

  it('is unknown without scores, without a gold letter, or where an option has no token', () => {
    expect(likelihoodChoice(item, undefined)).toBeNull()
    expect(likelihoodChoice({...item, gold: null}, [[-1], [-2]])).toBeNull()
    expect(likelihoodChoice(item, [[], [-2]])).toBeNull()
  })
})
