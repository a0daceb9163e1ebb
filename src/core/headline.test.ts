import fc from 'fast-check'
import {aggregateSchema, aggregateText, combined, subtasksOf, subtaskWeights} from './headline.js'
import type {Aggregate} from './outcome.js'

// CV-Bench: 2D is the mean of two sources, and the headline that of 2D and 3D.
const cv: Aggregate = {mean: [{mean: ['ADE', 'COCO']}, '3D']}

it('a nested mean halves the weight at each level', () => {
  expect(subtasksOf(cv)).toEqual(['ADE', 'COCO', '3D'])
  expect(subtaskWeights(cv, ['3D', 'ADE', 'COCO'])).toEqual([1 / 2, 1 / 4, 1 / 4])
  const parts = [
    {name: 'ADE', value: 0.6, n: 10},
    {name: 'COCO', value: 0.8, n: 1000},
    {name: '3D', value: 0.5, n: 3},
  ]
  expect(combined(parts, cv)).toBeCloseTo((0.7 + 0.5) / 2, 12)
  expect(combined(parts, 'macro')).toBeCloseTo(1.9 / 3, 12)
  expect(combined(parts, 'micro')).toBeCloseTo((6 + 800 + 1.5) / 1013, 12)
  expect(aggregateText(cv)).toBe('mean(mean(ADE, COCO), 3D)')
})

it('parts that were not selected leave their weight to those of their level', () => {
  expect(subtaskWeights(cv, ['ADE', '3D'])).toEqual([1 / 2, 1 / 2])
  expect(subtaskWeights(cv, ['ADE', 'COCO'])).toEqual([1 / 2, 1 / 2])
  expect(combined([{name: 'COCO', value: 0.8, n: 4}], cv)).toBeCloseTo(0.8, 12)
  expect(combined([{name: 'COCO', value: null, n: 4}], cv)).toBeNull()
})

it('a mean lies between the least and the largest of its parts, and its weights sum to 1', () => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const tree = fc.letrec(tie => ({
    part: fc.oneof({maxDepth: 3}, fc.constantFrom(...names), tie('mean')),
    mean: fc.record({mean: fc.array(tie('part'), {minLength: 1, maxLength: 3})}),
  })).mean as fc.Arbitrary<Aggregate>
  fc.assert(
    fc.property(
      tree,
      fc.array(fc.double({min: 0, max: 1, noNaN: true}), {minLength: 5, maxLength: 5}),
      (mean, values) => {
        expect(aggregateSchema.parse(mean)).toEqual(mean)
        const own = subtasksOf(mean)!
        const weights = subtaskWeights(mean, names)!
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9)
        expect(weights.map(weight => weight > 0)).toEqual(names.map(name => own.includes(name)))
        const score = combined(
          names.map((name, k) => ({name, value: values[k]!, n: 1})),
          mean,
        )!
        const counted = values.filter((_, k) => own.includes(names[k]!))
        expect(score).toBeGreaterThanOrEqual(Math.min(...counted) - 1e-12)
        expect(score).toBeLessThanOrEqual(Math.max(...counted) + 1e-12)
      },
    ),
  )
})

it.each([[{mean: []}], ['median'], [{mean: [3]}], [{mean: ['a'], of: 'b'}]])('%j is no aggregate', value => {
  expect(aggregateSchema.safeParse(value).success).toBe(false)
})
