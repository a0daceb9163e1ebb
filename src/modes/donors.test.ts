import {random} from '../core/random.js'
import {type DonorFacts, drawDonor, goldTexts, mayDonate} from './donors.js'

const red: DonorFacts = {id: 'q1', item: 'q1', pictures: ['p1'], golds: ['red']}
const blue: DonorFacts = {id: 'q2', item: 'q2', pictures: ['p2'], golds: ['blue']}

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

describe('the draw', () => {
  const many = Array.from({length: 60}, (_, i) => ({
    id: `q${i}`,
    item: `i${i >> 1}`,
    pictures: [`p${i % 7}`],
    golds: [`g${i % 5}`],
  }))

  it('keeps the policy, is the same for one seed, and reaches everybody who may donate', () => {
    for (const recipient of many.slice(0, 6)) {
      const drawn = Array.from({length: 2000}, (_, k) => drawDonor(recipient, many, random(k, recipient.id))!)
      expect(drawn.every(donor => mayDonate(donor, recipient))).toBe(true)
      expect(drawDonor(recipient, many, random(3, recipient.id))).toBe(drawn[3])
      const may = many.filter(donor => mayDonate(donor, recipient))
      const counts = may.map(donor => drawn.filter(one => one === donor).length)
      const expected = 2000 / may.length
      // Chi-squared over the eligible: its mean is their number less one, its deviation the root of twice that.
      const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
      const freedom = may.length - 1
      expect(chi).toBeLessThan(freedom + 5 * Math.sqrt(2 * freedom))
    }
  })

  it('finds the only one there is among many, and says when there is none', () => {
    const same = Array.from({length: 5000}, (_, i) => ({...red, id: `r${i}`, item: `r${i}`}))
    expect(drawDonor(red, [...same, blue], random(0))).toBe(blue)
    expect(drawDonor(red, same, random(0))).toBeNull()
    expect(drawDonor(red, [], random(0))).toBeNull()
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
