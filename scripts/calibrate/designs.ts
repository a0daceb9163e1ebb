// The sizes of the simulated benchmarks, and how their answers are drawn.
import type {Random} from '../../src/core/random.js'
import type {Aggregate, PairedStratum, RankedStratum, Stratum} from '../../src/metrics/statistics/index.js'

export interface Design {
  readonly name: string
  /** Samples of each subtask. */
  readonly sizes: readonly number[]
  readonly aggregate: Aggregate
  /** Samples that share a picture, or orders of one item; 1 without clusters. */
  readonly each: number
}

const many = (count: number, size: number) => Array.from({length: count}, () => size)
const blinkSizes = [117, 120, 132, 130, 150, 150, 133, 122, 124, 134, 139, 143, 172, 135]
const design = (name: string, sizes: readonly number[], aggregate: Aggregate, each = 1): Design => ({
  name: `${name}${sizes.length > 1 ? ` ${aggregate}` : ''}`,
  sizes,
  aggregate,
  each,
})

export const blink = design('BLINK', blinkSizes, 'macro')
export const blinkMicro = design('BLINK', blinkSizes, 'micro')
export const vstar = design('V*', [115, 76], 'micro')
export const vstarMacro = design('V*', [115, 76], 'macro')
export const tens = design('14 x 10', many(14, 10), 'macro')
export const threes = design('14 x 3', many(14, 3), 'macro')
export const forty = design('40 items', [40], 'micro')
export const pictures = design('60 pictures x 4', [240], 'micro', 4)
export const manyPictures = design('475 pictures x 4', [1900], 'micro', 4)
export const orders = design('40 items x 4 orders', [160], 'micro', 4)
export const ordersMacro = design('14 x 10 items x 4 orders', many(14, 40), 'macro', 4)

/** `centre` in the middle of the strata and up to `spread` more or less at the ends. */
export function spreadOver({sizes}: Design, centre: number, spread: number): number[] {
  if (sizes.length === 1 || spread === 0) return sizes.map(() => centre)
  return sizes.map((_, s) => centre + spread * ((2 * s) / (sizes.length - 1) - 1))
}

/** The true value of the headline: the mean of the strata's values with the design's weights. */
export function headline({sizes, aggregate}: Design, values: readonly number[]): number {
  const weights = sizes.map(size => (aggregate === 'macro' ? 1 : size))
  return (
    values.reduce((sum, value, s) => sum + value * weights[s]!, 0) / weights.reduce((sum, weight) => sum + weight, 0)
  )
}

/** Uniform numbers. Each takes the common value of its cluster with probability sqrt(correlation). */
export function draws(size: number, each: number, correlation: number, random: Random): Float64Array {
  const words = new Uint32Array(size)
  random.fill(words)
  const uniform = Float64Array.from(words, word => word / 2 ** 32)
  if (each === 1) return uniform
  const share = Math.sqrt(correlation)
  let common = 0
  for (let i = 0; i < size; i++) {
    if (i % each === 0) common = random.next()
    if (random.next() < share) uniform[i] = common
  }
  return uniform
}

function clustersOf(size: number, each: number, first: number): {clusters?: Int32Array} {
  return each === 1 ? {} : {clusters: Int32Array.from({length: size}, (_, i) => first + Math.floor(i / each))}
}

/** Right-or-wrong scores with the given share of right answers in each stratum. */
export function drawScores(of: Design, shares: readonly number[], correlation: number, random: Random): Stratum[] {
  let first = 0
  return of.sizes.map((size, s) => {
    const values = draws(size, of.each, correlation, random)
    for (let i = 0; i < size; i++) values[i] = values[i]! < shares[s]! ? 1 : 0
    const stratum = {values, ...clustersOf(size, of.each, first)}
    first += size
    return stratum
  })
}

/**
 * Pairs that are won with probability (discordance + effect) / 2 in each stratum, and lost with the rest of the
 * discordance.
 */
export function drawPairs(
  of: Design,
  discordance: number,
  effects: readonly number[],
  correlation: number,
  random: Random,
): PairedStratum[] {
  let first = 0
  return of.sizes.map((size, s) => {
    const uniform = draws(size, of.each, correlation, random)
    const base = new Float64Array(size)
    const next = new Float64Array(size)
    const won = (discordance + effects[s]!) / 2
    for (let i = 0; i < size; i++) {
      if (uniform[i]! < won) next[i] = 1
      else if (uniform[i]! < discordance) base[i] = 1
    }
    const stratum = {base, new: next, ...clustersOf(size, of.each, first)}
    first += size
    return stratum
  })
}

/**
 * Scores of several arms. Samples are equally easy or hard for all arms: an arm follows the sample's difficulty with
 * probability 0.6, otherwise chance.
 */
export function drawArms(of: Design, shares: readonly number[], random: Random): RankedStratum[] {
  let first = 0
  return of.sizes.map(size => {
    const difficulty = draws(size, of.each, 0.5, random)
    const words = new Uint32Array(2 * size)
    const scores = shares.map(share => {
      random.fill(words)
      const values = new Float64Array(size)
      for (let i = 0; i < size; i++) {
        const drawn = words[2 * i]! < 0.6 * 2 ** 32 ? difficulty[i]! : words[2 * i + 1]! / 2 ** 32
        values[i] = drawn < share ? 1 : 0
      }
      return values
    })
    const stratum = {scores, ...clustersOf(size, of.each, first)}
    first += size
    return stratum
  })
}
