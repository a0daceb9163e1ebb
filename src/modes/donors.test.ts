import {random} from '../core/random.js'
import {contrastDonor, type DonorFacts, goldTexts, liftOf, mayDonate, unrelatedDonor} from './donors.js'

const red: DonorFacts = {id: 'q1', item: 'q1', subtask: 's', pictures: ['p1'], golds: ['red']}
const blue: DonorFacts = {id: 'q2', item: 'q2', subtask: 's', pictures: ['p2'], golds: ['blue']}

describe('a sample gives its latents', () => {
  it.each([
    ['to one of another item, picture and gold text', blue, red, true],
    ['never to itself', red, red, false],
    ['never to its own item in another order of the options', {...blue, item: 'q1'}, red, false],
    ['never to one with the same picture', {...blue, pictures: ['p3', 'p1']}, red, false],
    ['never to one with the same gold text', {...blue, golds: ['red']}, red, false],
    ['never to one that accepts the same text', {...blue, golds: ['azure', 'red']}, red, false],
    ['not where its gold is hidden', {...blue, golds: []}, red, false],
    ['not to one whose gold is hidden', blue, {...red, golds: []}, false],
    ['to one without pictures too', {...blue, pictures: []}, {...red, pictures: []}, true],
  ] as const)('%s', (_, donor, recipient, may) => {
    expect(mayDonate(donor, recipient)).toBe(may)
  })
})

/** A choice between colours; the gold is the letter of `answer`. */
const choice = (id: string, options: readonly string[], answer: string, subtask = 's'): DonorFacts => {
  const letters = ['A', 'B', 'C', 'D'].slice(0, options.length)
  const gold = letters[options.indexOf(answer)]!
  return {id, item: id, subtask, pictures: [`p${id}`], golds: [answer], options, letters, gold}
}

describe('what following a donor means', () => {
  const recipient = choice('r', ['red', 'blue', 'green'], 'red')
  it.each([
    [
      'its gold text is another option',
      choice('d', ['blue', 'red', 'pink'], 'blue'),
      {lift: 'text', answer: 'B', option: 1},
    ],
    [
      'its gold letter is another',
      choice('d', ['pink', 'blue', 'grey'], 'grey'),
      {lift: 'letter', answer: 'C', option: 2},
    ],
    ['its gold letter is the same', choice('d', ['pink', 'blue', 'grey'], 'pink'), {lift: 'other', answer: null}],
    ['the recipient has no such letter', choice('d', ['w', 'x', 'y', 'z'], 'z'), {lift: 'other', answer: null}],
    ['its answer is open', {...blue, id: 'd'}, {lift: 'text', answer: 'B', option: 1}],
  ] as const)('%s', (_, donor, lift) => {
    expect(liftOf(donor, recipient)).toEqual(lift)
  })
})

describe('the donor of swap', () => {
  const recipient = choice('r', ['red', 'blue', 'green'], 'red')
  const contrast = choice('c', ['green', 'pink', 'grey'], 'green')
  const letter = choice('l', ['pink', 'grey', 'white'], 'white')
  const neither = choice('n', ['pink', 'grey', 'white'], 'pink')
  const far = choice('f', ['blue', 'red', 'green'], 'blue', 'other')
  const wide = choice('w', ['blue', 'red', 'green', 'pink'], 'blue')
  const drawn = (candidates: readonly DonorFacts[], draw = contrastDonor) => [
    ...new Set(Array.from({length: 60}, (_, seed) => draw(recipient, candidates, random(seed))?.id ?? null)),
  ]

  it('contradicts the recipient where one does, else has another letter, else only another gold', () => {
    expect(drawn([far, wide, neither, letter, contrast])).toEqual(['c'])
    expect(drawn([far, wide, neither, letter])).toEqual(['l'])
    expect(drawn([far, wide, neither])).toEqual(['n'])
    expect(drawn([far, wide])).toEqual([null])
  })

  it('is drawn from all who fit, the same for one seed', () => {
    const many = Array.from({length: 5}, (_, i) => ({...contrast, id: `c${i}`, item: `c${i}`}))
    expect(drawn(many).sort()).toEqual(['c0', 'c1', 'c2', 'c3', 'c4'])
    expect(contrastDonor(recipient, many, random(3))).toBe(contrastDonor(recipient, many, random(3)))
  })

  it('unrelated: is of another subtask, and contradicts as little as can be had', () => {
    const farLetter = choice('fl', ['pink', 'grey'], 'grey', 'other')
    const farNeither = choice('fn', ['pink', 'grey'], 'pink', 'other')
    expect(drawn([contrast, letter, neither, far, farNeither, farLetter], unrelatedDonor)).toEqual(['fl'])
    expect(drawn([contrast, letter, neither, far, farNeither], unrelatedDonor)).toEqual(['fn'])
    expect(drawn([contrast, letter, neither, far], unrelatedDonor)).toEqual(['f'])
    expect(drawn([contrast, letter, neither], unrelatedDonor)).toEqual(['l'])
    expect(drawn([contrast, neither], unrelatedDonor)).toEqual(['n'])
    expect(drawn([contrast], unrelatedDonor)).toEqual(['c'])
    expect(drawn([recipient], unrelatedDonor)).toEqual([null])
    // The other picture of a pair shows almost the same; a contrast donor may be it.
    const [asked, twin] = [
      {...recipient, group: 'pair 1'},
      {...far, group: 'pair 1'},
    ]
    const random1 = random('twin')
    expect(unrelatedDonor(asked, [twin, neither], random1)!.id).toBe(neither.id)
    expect(unrelatedDonor(asked, [twin], random1)).toBeNull()
    expect(contrastDonor(asked, [{...contrast, group: 'pair 1'}], random1)!.id).toBe(contrast.id)
  })

  it('unrelated: is found where almost all are of the same subtask', () => {
    const near = Array.from({length: 5000}, (_, i) => ({...contrast, id: `c${i}`, item: `c${i}`}))
    expect(unrelatedDonor(recipient, [...near, far], random(0))).toBe(far)
  })
})

it('takes the text of the gold option for the gold of a choice, whatever its letter', () => {
  const letters = ['A', 'B']
  expect(goldTexts({gold: 'B', letters, options: ['Red', ' Dark  Blue ']})).toEqual(['dark blue'])
  expect(goldTexts({gold: 'A', letters, options: ['dark blue', 'red']})).toEqual(['dark blue'])
  expect(goldTexts({gold: 'A', letters})).toEqual(['a'])
  expect(goldTexts({gold: ['Cat', 'kitten']})).toEqual(['cat', 'kitten'])
  expect(goldTexts({gold: null, letters, options: ['x', 'y']})).toEqual([])
})
