// Every figure by hand on a case small enough for it, and all of them against numpy on random latents.
import {readFileSync} from 'node:fs'
import {random} from '../../../core/random.js'
import {symmetricEigenvalues} from './eigenvalues.js'
import {Cosines, Drift, EffectiveRank, LogitLensTally, Norms, Retrieval} from './index.js'

const {geometry, symmetric} = JSON.parse(
  readFileSync(new URL('../../../../test/goldens/diagnosis/golden.json', import.meta.url), 'utf8'),
) as {
  geometry: Record<string, number> & {
    latents: number[][][]
    oracle: number[][][]
    ranks: number[]
    drift: number[]
    squaredError: number[]
  }
  symmetric: {matrix: number[]; eigenvalues: number[]}
}
const vector = (...values: number[]) => Float32Array.from(values)
const samples = geometry.latents.map((latents, i) => ({
  own: latents.map(values => vector(...values)),
  oracle: geometry.oracle[i]!.map(values => vector(...values)),
}))

describe('norms', () => {
  it('by hand: 5 and 10 against 2.5 and 1.5', () => {
    const norms = new Norms()
    norms.add('latent', [vector(3, 4), vector(6, 8)])
    norms.add('text', [vector(0, 2.5)])
    norms.add('picture', [vector(1.5, 0)])
    expect(norms.figures()).toEqual({mean: {latent: 7.5, text: 2.5, picture: 1.5}, latentToText: 3, latentToPicture: 5})
    expect(new Norms().figures().latentToText).toBeNull()
  })

  it('by hand: recorded means of two samples, 2 and 4 beside a latent of 6', () => {
    const norms = new Norms()
    norms.add('latent', [vector(6)])
    for (const mean of [2, 4]) norms.addMean('picture', mean)
    expect(norms.figures()).toEqual({
      mean: {latent: 6, text: null, picture: 3},
      ...{latentToText: null, latentToPicture: 2},
    })
  })
})

describe('cosines', () => {
  it('by hand: two samples of two latents', () => {
    const cosines = new Cosines()
    cosines.add([vector(1, 0), vector(0, 2)])
    cosines.add([vector(0, 3), vector(0, 1)])
    const {within, adjacent, across, withinCentred, acrossCentred} = cosines.figures()
    // Within: 0 and 1. Across: place 0 gives 0, place 1 gives 1.
    expect([within, adjacent, across]).toEqual([0.5, 0.5, 0.5])
    // Mean (0.25, 1.5): differences (.75, -1.5), (-.25, .5), (-.25, 1.5), (-.25, -.5); mean squared length
    // (2.8125 + .3125 + 2.3125 + .3125) / 4 = 1.4375.
    expect(withinCentred).toBeCloseTo((-0.9375 - 0.6875) / 2 / 1.4375, 12)
    expect(acrossCentred).toBeCloseTo((-2.4375 - 0.1875) / 2 / 1.4375, 12)
  })

  it('agree with numpy', () => {
    const cosines = new Cosines()
    for (const {own} of samples) cosines.add(own)
    const figures = cosines.figures()
    for (const name of ['within', 'adjacent', 'across', 'withinCentred', 'acrossCentred'] as const)
      expect(figures[name]).toBeCloseTo(geometry[name]!, 10)
  })

  it('have nothing to say about one latent', () => {
    const cosines = new Cosines()
    expect(cosines.figures().across).toBeNull()
    cosines.add([vector(1, 2)])
    expect(Object.values(cosines.figures())).toEqual([null, null, null, null, null])
  })
})

describe('effective rank', () => {
  it('by hand: variances of 4 and 1 in two dimensions', () => {
    const rank = new EffectiveRank()
    rank.add([vector(2, 0), vector(-2, 0), vector(0, 1), vector(0, -1)])
    // Eigenvalues in the ratio 4 to 1: (5)^2 / 17, and 80 % in the first.
    expect(rank.figures()).toEqual({
      latents: 4,
      participationRatio: expect.closeTo(25 / 17, 12),
      rank90: 2,
      top1: expect.closeTo(0.8, 12),
    })
  })

  it('agrees with numpy', () => {
    const rank = new EffectiveRank()
    for (const {own} of samples) rank.add(own)
    const figures = rank.figures()!
    expect(figures.participationRatio).toBeCloseTo(geometry['participationRatio']!, 8)
    expect(figures.top1).toBeCloseTo(geometry['top1']!, 10)
    expect(figures.rank90).toBe(geometry['rank90'])
  })

  it('has none where all latents are the same', () => {
    const rank = new EffectiveRank()
    rank.add([vector(1, 2), vector(1, 2), vector(1, 2)])
    expect(rank.figures()).toBeNull()
  })

  it('keeps a seeded sample of very many latents, which tells the same', () => {
    const drawn = random('rank')
    const rank = new EffectiveRank()
    for (let i = 0; i < 3000; i++) rank.add([vector(3 * drawn.normal(), drawn.normal(), 0.1 * drawn.normal())])
    const figures = rank.figures()!
    expect(figures.latents).toBe(1024)
    // (9 + 1 + .01)^2 / (81 + 1 + .0001)
    expect(Math.abs(figures.participationRatio - 1.222)).toBeLessThan(0.05)
  })

  it('rests on eigenvalues that numpy has too', () => {
    const values = symmetricEigenvalues(Float64Array.from(symmetric.matrix), 30)
    for (const [k, value] of symmetric.eigenvalues.entries()) expect(values[k]).toBeCloseTo(value, 10)
    expect([...symmetricEigenvalues(Float64Array.of(2, 1, 1, 2), 2)].map(value => Number(value.toFixed(12)))).toEqual([
      3, 1,
    ])
    expect([...symmetricEigenvalues(Float64Array.of(5), 1)]).toEqual([5])
  })
})

describe('eigenvalues of a matrix without full rank', () => {
  it('are those of numpy, and rounding errors where the matrix has none', () => {
    // numpy.linalg.eigvalsh(b @ b.T)[::-1] with numpy 2.4.6 and
    // b = numpy.array([[1, 2], [3, -1], [0, 4], [2, 2], [-1, 1], [5, 0]])
    const b = [
      [1, 2],
      [3, -1],
      [0, 4],
      [2, 2],
      [-1, 1],
      [5, 0],
    ] as const
    const product = b.flatMap(([x, y]) => b.map(([u, v]) => x * u + y * v))
    const values = symmetricEigenvalues(Float64Array.from(product), 6)
    const expected = [40.280109889280524, 25.719890110719476]
    for (const [k, value] of expected.entries()) expect(values[k]).toBeCloseTo(value, 10)
    for (const value of values.slice(2)) expect(Math.abs(value)).toBeLessThan(1e-12)
  })

  it('by hand: nothing, one direction, and equal values', () => {
    const of = (...rows: number[][]) => [...symmetricEigenvalues(Float64Array.from(rows.flat()), rows.length)]
    const close = (values: number[]) => values.map(value => expect.closeTo(value, 12))
    expect(of([0, 0, 0], [0, 0, 0], [0, 0, 0])).toEqual([0, 0, 0])
    // (1, 2, 2) times itself has the value 9 and no other.
    expect(of([1, 2, 2], [2, 4, 4], [2, 4, 4])).toEqual(close([9, 0, 0]))
    expect(of([2, 0, 0], [0, 2, 0], [0, 0, 2])).toEqual(close([2, 2, 2]))
    // All ones of a 200 x 200 matrix: one value of 200.
    const [first, ...others] = symmetricEigenvalues(new Float64Array(200 * 200).fill(1), 200)
    expect(first).toBeCloseTo(200, 8)
    expect(Math.max(...others.map(Math.abs))).toBeLessThan(1e-10)
  })

  it('give the rank of latents that lie in a plane, as numpy does', () => {
    // c = x - x.mean(0); l = numpy.linalg.eigvalsh(c.T @ c)[::-1]; l.sum() ** 2 / (l ** 2).sum(), l[0] / l.sum()
    const rank = new EffectiveRank()
    rank.add([vector(1, 0, 2), vector(3, 1, 7), vector(5, 2, 12), vector(2, 0, 4), vector(0, 1, 1)])
    expect(rank.figures()).toEqual({
      ...{latents: 5, rank90: 1},
      participationRatio: expect.closeTo(1.0317074037231775, 10),
      top1: expect.closeTo(0.9843898523266507, 10),
    })
  })
})

describe('drift', () => {
  it('by hand: the first step is right, the second turned and longer', () => {
    const drift = new Drift()
    drift.add([vector(1, 0), vector(0, 2)], [vector(1, 0), vector(1, 0)])
    drift.add([vector(0, 1)], [vector(0, 3), vector(1, 1)])
    expect(drift.figures()).toEqual([
      {step: 0, n: 2, cosine: 1, squaredError: 1},
      {step: 1, n: 1, cosine: 0, squaredError: 2.5},
    ])
  })

  it('agrees with numpy', () => {
    const drift = new Drift()
    for (const {own, oracle} of samples) drift.add(own, oracle)
    for (const {step, cosine, squaredError} of drift.figures()) {
      expect(cosine).toBeCloseTo(geometry.drift[step]!, 10)
      expect(squaredError).toBeCloseTo(geometry.squaredError[step]!, 10)
    }
  })
})

describe('retrieval', () => {
  it('by hand: one of three finds its own, and the oracle finds itself', () => {
    const retrieval = new Retrieval()
    retrieval.add([vector(1, 0)], [vector(2, 0)])
    retrieval.add([vector(1, 0)], [vector(0, 1)])
    // Between both others and away from its own: the third of three.
    retrieval.add([vector(1, 1), vector(2, 1)], [vector(-1, 0)])
    retrieval.add([], [vector(1, 1)])
    expect(retrieval.figures()).toEqual({
      ...{n: 3, of: 3, recallAt1: 1 / 3, recallAt5: 1, mrr: expect.closeTo((1 + 1 / 2 + 1 / 3) / 3, 12)},
      chance: {recallAt1: 1 / 3, recallAt5: 1, mrr: expect.closeTo((1 + 1 / 2 + 1 / 3) / 3, 12)},
      oracle: {checked: 3, passed: 3},
    })
  })

  it('of very many samples a seeded part is told apart, and chance is that of the part', () => {
    const shown = (seed: number, noise: number) => {
      const drawn = random('retrieval-test')
      const retrieval = new Retrieval(seed)
      for (let i = 0; i < 1500; i++) {
        const aim = Array.from({length: 24}, () => drawn.normal())
        retrieval.add([vector(...aim.map(value => value + noise * drawn.normal()))], [vector(...aim)])
      }
      return retrieval.figures()!
    }
    const found = shown(1, 0.1)
    expect(found).toMatchObject({n: 512, of: 1500, recallAt1: 1, oracle: {checked: 512, passed: 512}})
    expect(found.chance).toMatchObject({recallAt1: 1 / 512, recallAt5: 5 / 512})
    const blind = shown(1, 1000)
    // Nine of 512 or more are first by chance with a probability of 1e-6.
    expect(blind.recallAt1).toBeLessThan(9 / 512)
    expect(shown(1, 2)).toEqual(shown(1, 2))
    expect(shown(2, 2)).not.toEqual(shown(1, 2))
  })

  it('ranks as numpy does', () => {
    const retrieval = new Retrieval()
    for (const {own, oracle} of samples) retrieval.add(own, oracle)
    const {recallAt1, recallAt5, mrr} = retrieval.figures()!
    const {ranks} = geometry
    const share = (most: number) => ranks.filter(rank => rank <= most).length / ranks.length
    expect([recallAt1, recallAt5]).toEqual([share(1), share(5)])
    expect(mrr).toBeCloseTo(ranks.reduce((sum, rank) => sum + 1 / rank, 0) / ranks.length, 12)
  })
})

describe('logit lens', () => {
  const token = (id: number, p: number) => ({id, token: `t${id}`, p})

  it('by hand: three samples of two latents, one of which is shorter', () => {
    const tally = new LogitLensTally()
    tally.add([[token(7, 0.5), token(1, 0.25)], [token(2, 1)]])
    tally.add([[token(4, 0.25)], [token(3, 0.5)]])
    tally.add([[token(7, 0.75)]])
    expect(tally.figures()).toEqual([
      {
        ...{step: 0, n: 3, p: 0.5},
        tokens: [
          {id: 7, token: 't7', share: 2 / 3},
          {id: 4, token: 't4', share: 1 / 3},
        ],
      },
      {
        ...{step: 1, n: 2, p: 0.75},
        tokens: [
          {id: 2, token: 't2', share: 0.5},
          {id: 3, token: 't3', share: 0.5},
        ],
      },
    ])
  })

  it('tells the three most frequent tokens, and nothing of a latent without tokens', () => {
    const tally = new LogitLensTally()
    for (const id of [5, 4, 3, 2, 4]) tally.add([[], [token(id, 1)]])
    const [only, ...others] = tally.figures()
    expect(others).toEqual([])
    expect([only!.step, only!.tokens.map(({id}) => id)]).toEqual([1, [4, 2, 3]])
  })
})
