import {itemScores, robustScore, type VariantScore} from './robust-choice.js'

const variant = (item: string, outcome: VariantScore['outcome']): VariantScore => ({
  ...{item, outcome},
  score: outcome === 'error' || outcome === 'unscored' ? null : outcome === 'correct' ? 1 : 0,
})

describe('robust choice', () => {
  const items = itemScores([
    ...[variant('sure', 'correct'), variant('lucky', 'correct'), variant('sure', 'correct'), variant('lucky', 'wrong')],
    ...[
      variant('broken', 'correct'),
      variant('broken', 'error'),
      variant('lost', 'error'),
      variant('lost', 'truncated'),
    ],
  ])

  it('is strict only if every order is right, and unknown if an error leaves that open', () => {
    expect(items.map(({item, strict}) => [item, strict])).toEqual([
      ['sure', 1],
      ['lucky', 0],
      ['broken', null],
      ['lost', 0],
    ])
  })

  it('has a mean over the scored orders', () => {
    expect(items.map(({item, mean}) => [item, mean])).toEqual([
      ['sure', 1],
      ['lucky', 0.5],
      ['broken', 1],
      ['lost', 0],
    ])
  })

  it('counts each item once', () => {
    expect(robustScore(items)).toEqual({strict: 1 / 3, mean: 2.5 / 4, items: 4, incomplete: 1})
    expect(robustScore(itemScores([variant('hidden', 'unscored')]))).toEqual({
      strict: null,
      mean: null,
      items: 1,
      incomplete: 1,
    })
  })
})
