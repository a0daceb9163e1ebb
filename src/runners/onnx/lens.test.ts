import {likeliest} from './lens.js'

it('by hand: the two largest of four logits, and their shares of the softmax', () => {
  // exp: 1, 3, 4, 2 of 10.
  const logits = Float32Array.of(0, Math.log(3), Math.log(4), Math.log(2))
  expect(likeliest(logits, 2)).toEqual([
    {id: 2, p: expect.closeTo(0.4, 6)},
    {id: 1, p: expect.closeTo(0.3, 6)},
  ])
})

it('equal logits keep the order of ids, and large ones do not overflow', () => {
  expect(likeliest(Float32Array.of(1000, 1000, 0, 1000), 3)).toEqual([
    {id: 0, p: expect.closeTo(1 / 3, 12)},
    {id: 1, p: expect.closeTo(1 / 3, 12)},
    {id: 3, p: expect.closeTo(1 / 3, 12)},
  ])
  expect(likeliest(Float32Array.of(1, 2), 5).map(({id}) => id)).toEqual([1, 0])
})
