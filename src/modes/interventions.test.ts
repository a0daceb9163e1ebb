import {
  changesPicture,
  interventionForms,
  interventionNamed,
  interventionNames,
  isIntervention,
  type LatentSupply,
  latentChooser,
  needsBank,
  opensBlocks,
  registerIntervention,
} from './interventions.js'

const seed = [0, 'bench', 'sample']
const vector = (...values: number[]) => Float32Array.from(values)
const own = vector(1, 2, 3)
const at = (block: number, index: number) => ({block, index})
const wide = new Float32Array(20_000).fill(7)
const moments = (values: Float32Array) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return {mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)}
}

it('every intervention is known, and one without its supply is refused', () => {
  const needy = interventionNames().filter(name => {
    try {
      latentChooser(name, {seed})
      return false
    } catch {
      return true
    }
  })
  const ofRecords = ['matched-noise', 'mean', 'self-swap', 'shuffle', 'swap', 'swap-unrelated']
  const ofPictures = ['blank-image', 'oracle', 'other-crop', 'other-image', 'random-crop']
  expect(needy.sort()).toEqual([...ofRecords, ...ofPictures, 'fillers'].sort())
})

it('own feeds what the model gives; zeros feed nothing', () => {
  expect(latentChooser('own', {seed})(own, at(0, 0))).toBe(own)
  expect(latentChooser('zeros', {seed})(own, at(0, 0))).toEqual(vector(0, 0, 0))
})

it('noise is standard normal, fresh for every latent, and the same whenever it is asked for', () => {
  const choose = latentChooser('noise', {seed})
  const {mean, deviation} = moments(choose(wide, at(0, 0)))
  // 4 standard errors of 20,000 draws.
  expect(Math.abs(mean)).toBeLessThan(0.03)
  expect(Math.abs(deviation - 1)).toBeLessThan(0.02)
  expect(choose(own, at(0, 1))).not.toEqual(choose(own, at(0, 0)))
  expect(choose(own, at(1, 0))).not.toEqual(choose(own, at(0, 0)))
  expect(latentChooser('noise', {seed})(own, at(0, 1))).toEqual(choose(own, at(0, 1)))
  expect(latentChooser('noise', {seed: [1, 'bench', 'sample']})(own, at(0, 1))).not.toEqual(choose(own, at(0, 1)))
})

it('matched noise has the mean and deviation of the recorded latents', () => {
  const statistics = {meanAt: [], mean: wide.map(() => 3), deviation: wide.map(() => 0.5)}
  const {mean, deviation} = moments(latentChooser('matched-noise', {seed, statistics})(wide, at(0, 0)))
  expect(Math.abs(mean - 3)).toBeLessThan(0.015)
  expect(Math.abs(deviation - 0.5)).toBeLessThan(0.01)
})

it('first-repeat repeats the first own latent of each block', () => {
  const choose = latentChooser('first-repeat', {seed})
  expect(choose(own, at(0, 0))).toEqual(own)
  expect(choose(vector(9, 9, 9), at(0, 1))).toEqual(own)
  expect(choose(vector(4, 4, 4), at(1, 0))).toEqual(vector(4, 4, 4))
})

it('mean and oracle go by the index within the block', () => {
  const vectors = [vector(1), vector(2)]
  const mean = latentChooser('mean', {seed, statistics: {meanAt: vectors, mean: vector(0), deviation: vector(0)}})
  const oracle = latentChooser('oracle', {seed, vectors})
  for (const choose of [mean, oracle]) {
    expect(choose(own, at(0, 1))).toBe(vectors[1])
    expect(choose(own, at(3, 0))).toBe(vectors[0])
  }
})

it('swap feeds the donor at the matching place, and starts again where it has fewer', () => {
  const choose = latentChooser('swap', {seed, donor: [[vector(1), vector(2)], [], [vector(3)]]})
  expect([at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(2, 1)].map(place => choose(own, place)[0])).toEqual([
    1, 2, 1, 3, 2,
  ])
})

it('shuffle permutes the recorded latents of each block', () => {
  const recorded: LatentSupply['recorded'] = [Array.from({length: 12}, (_, i) => vector(i))]
  const fed = Array.from({length: 12}, (_, i) => latentChooser('shuffle', {seed, recorded})(own, at(0, i))[0]!)
  expect(fed).not.toEqual([...fed].sort((a, b) => a - b))
  expect([...fed].sort((a, b) => a - b)).toEqual(recorded[0]!.map(([value]) => value))
})

describe('interventions with a parameter', () => {
  it('are written in forms of their own', () => {
    expect(interventionForms().map(form => form.split(':')[0])).toEqual(['truncate', 'zero-at', 'strict', 'image'])
    expect(interventionNamed('truncate:3')).toMatchObject({name: 'truncate:3', most: 3})
    expect(interventionNamed('image:blank')).toMatchObject({picture: {is: 'blank', for: 'answer'}})
    expect([needsBank('zero-at:0'), needsBank('strict:mean'), needsBank('strict:zeros')]).toEqual([true, true, false])
    expect([changesPicture('image:other'), changesPicture('other-image')]).toEqual([true, false])
    expect(opensBlocks({mode: 'latent', latentSize: 5, intervention: 'strict:zeros'})).toBe(true)
  })

  it.each(['truncate', 'truncate:', 'truncate:-1', 'truncate:1.5', 'zero-at:x', 'image:grey', 'strict:nothing'])(
    'refuse %s',
    name => {
      expect(isIntervention(name)).toBe(false)
      expect(() => interventionNamed(name)).toThrow(expect.objectContaining({code: 'usage'}))
    },
  )

  it.each(['strict:strict', 'strict:strict:zeros', 'strict:knock-out', 'strict:no-latent', 'strict:image:blank'])(
    'refuse %s: nothing would be left to hide, or two things',
    name => {
      expect(isIntervention(name)).toBe(false)
    },
  )

  it('zero-at feeds zeros at its index of every block, and the recorded latents elsewhere', () => {
    const recorded = [
      [vector(1), vector(2)],
      [vector(3), vector(4)],
    ]
    const choose = latentChooser('zero-at:1', {seed, recorded})
    expect([at(0, 0), at(0, 1), at(1, 0), at(1, 1)].map(place => choose(vector(9), place)[0])).toEqual([1, 0, 3, 0])
  })

  it('strict feeds what the other intervention feeds, drawn alike', () => {
    for (const name of ['noise', 'norm-noise', 'zeros'])
      expect(latentChooser(`strict:${name}`, {seed})(own, at(0, 1))).toEqual(latentChooser(name, {seed})(own, at(0, 1)))
  })
})

it('norm-noise has the norm of what it replaces', () => {
  const choose = latentChooser('norm-noise', {seed})
  expect(Math.hypot(...choose(own, at(0, 0)))).toBeCloseTo(Math.hypot(1, 2, 3), 5)
  expect(choose(own, at(0, 0))).toEqual(choose(own, at(0, 0)))
  expect(choose(own, at(0, 1))).not.toEqual(choose(own, at(0, 0)))
  expect(Math.hypot(...choose(vector(0, 0, 0), at(0, 0)))).toBe(0)
})

describe('an intervention of a plug-in', () => {
  let number = 0
  const added = (choose: unknown) => {
    const name = `mine-${number++}`
    registerIntervention({name, needs: 'nothing', choose: choose as never})
    return latentChooser(name, {seed})
  }

  it('may give a list, and cannot change the vector of the model', () => {
    const given = vector(1, 2, 3)
    expect(added(() => (own: Float32Array) => [...own.fill(4)])(given, at(0, 0))).toEqual(vector(4, 4, 4))
    expect(given).toEqual(vector(1, 2, 3))
  })

  it.each([
    ['a shorter vector', () => () => vector(1), 'gave no vector of 3 finite numbers at block 1, index 2'],
    ['a text', () => () => 'abc', 'gave no vector of 3 finite numbers at block 1, index 2'],
    ['a number that is not finite', () => () => [1, 2, Number.NaN], 'gave no vector of 3 finite numbers'],
    ['nothing', () => () => undefined, 'gave no vector of 3 finite numbers'],
    ['no function', () => null, 'chose no function of a vector and its place'],
    [
      'an exception',
      () => () => {
        throw new Error('boom')
      },
      'threw: boom',
    ],
  ])('is refused where it gives %s', (_what, choose, message) => {
    const feed = () => added(choose)(own, at(1, 2))
    expect(feed).toThrow(expect.objectContaining({code: 'bad-config', message: expect.stringContaining(message)}))
  })

  it('is not blamed for a model whose own vectors are not finite', () => {
    const damaged = vector(Number.NaN, 1, 2)
    expect(added(() => (own: Float32Array) => own)(damaged, at(0, 0))).toEqual(damaged)
  })
})
