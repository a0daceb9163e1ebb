// The arms that no other beats.
import {paretoSet} from './efficiency.js'

const arm = (name: string, accuracy: number, decodeSteps: number | null, ms: number | null = null) => {
  return {arm: name, accuracy, decodeSteps, ms}
}
const names = (arms: readonly {arm: string}[]) => arms.map(one => one.arm)

describe('the Pareto set', () => {
  const arms = [
    arm('cot', 0.9, 100, 900),
    arm('latent', 0.9, 12, 300),
    arm('direct', 0.7, 3, 350),
    arm('noise', 0.6, 12, 300),
  ]

  it('keeps what is cheaper or better than everything else', () => {
    expect(names(paretoSet(arms, 'decodeSteps'))).toEqual(['direct', 'latent'])
    expect(names(paretoSet(arms, 'ms'))).toEqual(['latent'])
  })

  it('lists equals together and leaves out unknown costs', () => {
    expect(names(paretoSet([arm('a', 0.5, 4), arm('b', 0.5, 4), arm('c', 0.9, null)], 'decodeSteps'))).toEqual([
      'a',
      'b',
    ])
    expect(paretoSet([], 'ms')).toEqual([])
  })
})
