import {latentDistance, type PairSide, pairFigures} from './pairs.js'

const side = (answer: string | null, gold: string): PairSide => ({answer, correct: answer === gold})

describe('counterfactual pairs', () => {
  it('are counted as strict, any and false flips', () => {
    const figures = pairFigures([
      {flips: true, sides: [side('A', 'A'), side('B', 'B')]},
      {flips: true, sides: [side('A', 'A'), side('C', 'B')]},
      {flips: true, sides: [side('A', 'A'), side('A', 'B')]},
      {flips: true, sides: [side('A', 'A'), side(null, 'B')]},
      {flips: false, sides: [side('C', 'A'), side('C', 'A')]},
      {flips: false, sides: [side('A', 'A'), side('C', 'A')]},
    ])
    expect(figures).toMatchObject({
      strictFlip: {n: 4, rate: 0.25},
      anyFlip: {n: 4, rate: 0.75},
      falseFlip: {n: 2, rate: 0.5},
    })
    // Wilson, 1 of 4.
    expect(figures.strictFlip!.low).toBeCloseTo(0.0456, 4)
    expect(figures.strictFlip!.high).toBeCloseTo(0.6994, 4)
  })

  it('of one kind have no figure of the other', () => {
    expect(pairFigures([{flips: true, sides: [side('A', 'A'), side('B', 'B')]}]).falseFlip).toBeNull()
    expect(pairFigures([])).toEqual({strictFlip: null, anyFlip: null, falseFlip: null})
  })

  it('have latents at a distance of 1 less their cosine, over the places that both have', () => {
    const of = (...vectors: number[][]) => vectors.map(vector => Float32Array.from(vector))
    expect(latentDistance(of([3, 4], [1, 0]), of([6, 8], [0, 5]))).toBeCloseTo(0.5, 12)
    expect(latentDistance(of([3, 4]), of([4, 3], [9, 9]))).toBeCloseTo(1 - 24 / 25, 12)
    expect(latentDistance(of([0, 0]), of([1, 0]))).toBeNull()
    expect(latentDistance([], of([1, 0]))).toBeNull()
  })
})
