import {random} from '../../core/random.js'
import {chooseToken, isPlainGreedy, type Sampling} from './sampling.js'

const greedy: Sampling = {temperature: 0, repetitionPenalty: 1, banned: []}
const choose = (logits: number[], sampling: Partial<Sampling>, seen: number[] = [], seed = 0) =>
  chooseToken(Float32Array.from(logits), {...greedy, ...sampling}, new Set(seen), random(seed))

/** The share of draws that each token gets. */
function shares(logits: number[], sampling: Partial<Sampling>, draws = 4000): number[] {
  const generator = random('sampling.test')
  const counts = logits.map(() => 0)
  for (let i = 0; i < draws; i++)
    counts[chooseToken(Float32Array.from(logits), {...greedy, ...sampling}, new Set(), generator)]!++
  return counts.map(count => count / draws)
}

it('greedy decoding takes the first of the largest logits', () => {
  expect(choose([1, 3, 3, 2], {})).toBe(1)
  expect(isPlainGreedy(greedy)).toBe(true)
})

it('the repetition penalty divides positive and multiplies negative logits of tokens seen before', () => {
  expect(choose([2.1, 2, -1], {repetitionPenalty: 1.1}, [0])).toBe(1)
  expect(choose([-1, -1.05, -3], {repetitionPenalty: 1.1}, [0])).toBe(1)
  expect(choose([2.1, 2, -1], {repetitionPenalty: 1.01}, [0])).toBe(0)
})

it('banned tokens are never chosen', () => {
  expect(choose([5, 1, 2], {banned: [0]})).toBe(2)
  expect(shares([5, 1, 2], {banned: [0], temperature: 1})[0]).toBe(0)
})

it('samples from the softmax at the given temperature', () => {
  const drawn = shares([Math.log(1), Math.log(2), Math.log(5)], {temperature: 1})
  // 3 standard errors of 4000 draws are at most 0.024.
  for (const [i, expected] of [0.125, 0.25, 0.625].entries()) expect(Math.abs(drawn[i]! - expected)).toBeLessThan(0.024)
  const hot = shares([Math.log(1), Math.log(4)], {temperature: 2})
  expect(Math.abs(hot[1]! - 2 / 3)).toBeLessThan(0.024)
})

it('top-k and top-p keep the most likely tokens', () => {
  const logits = [1, 2, 5, 2].map(Math.log)
  expect(shares(logits, {temperature: 1, topK: 1})).toEqual([0, 0, 1, 0])
  expect(shares(logits, {temperature: 1, topP: 0.5})).toEqual([0, 0, 1, 0])
  const two = shares(logits, {temperature: 1, topP: 0.6})
  expect(two[1]).toBeGreaterThan(0.2)
  expect([two[0], two[3]]).toEqual([0, 0])
})

it('the same seed draws the same token', () => {
  const logits = Array.from({length: 50}, (_, i) => Math.sin(i))
  expect(choose(logits, {temperature: 1}, [], 7)).toBe(choose(logits, {temperature: 1}, [], 7))
})
