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
  /** Weights of the subtasks in a nested mean. */
  readonly weights?: readonly number[]
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
export const lopsided = design('200 + 5 + 5', [200, 5, 5], 'macro')
export const forty = design('40 items', [40], 'micro')
export const pictures = design('60 pictures x 4', [240], 'micro', 4)
export const manyPictures = design('475 pictures x 4', [1900], 'micro', 4)
export const orders = design('40 items x 4 orders', [160], 'micro', 4)
export const ordersMacro = design('14 x 10 items x 4 orders', many(14, 40), 'macro', 4)

export const pairs = design('150 pairs', [300], 'micro', 2)
export const rotations = design('200 items x 4 rotations', [800], 'micro', 4)
/** mean: [a, {mean: [b, {mean: [c, d]}]}], with half of the weight on the smallest subtask. */
export const nested: Design = {
  name: '60, (400, (150, 300)) nested mean',
  sizes: [60, 400, 150, 300],
  aggregate: 'macro',
  each: 1,
  weights: [1 / 2, 1 / 4, 1 / 8, 1 / 8],
}

/** `centre` in the middle of the strata and up to `spread` more or less at the ends. */
export function spreadOver({sizes}: Design, centre: number, spread: number): number[] {
  if (sizes.length === 1 || spread === 0) return sizes.map(() => centre)
  return sizes.map((_, s) => centre + spread * ((2 * s) / (sizes.length - 1) - 1))
}

/** The true value of the headline: the mean of the strata's values with the design's weights. */
export function headline({sizes, aggregate, weights: given}: Design, values: readonly number[]): number {
  const weights = sizes.map((size, s) => given?.[s] ?? (aggregate === 'macro' ? 1 : size))
  return (
    values.reduce((sum, value, s) => sum + value * weights[s]!, 0) / weights.reduce((sum, weight) => sum + weight, 0)
  )
}

/** Uniform numbers. Each takes the common value of its cluster with probability sqrt(correlation). */
export function draws(size: number, each: number, correlation: number, random: Random): Float64Array {
  const words = new Uint32Array(size)
  random.fill(words)
  // A loop: Float64Array.from with a function takes ten times as long.
  const uniform = new Float64Array(size)
  for (let i = 0; i < size; i++) uniform[i] = words[i]! / 2 ** 32
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
    const stratum = {values, ...clustersOf(size, of.each, first), ...weightOf(of, s)}
    first += size
    return stratum
  })
}

function weightOf({weights}: Design, s: number): {weight?: number} {
  return weights === undefined ? {} : {weight: weights[s]!}
}

/**
 * Probability that all samples of a group are right, if each is with probability `share`. Each takes the common value
 * of its group with probability sqrt(correlation), as in `draws`.
 */
export function allRight({each}: Design, share: number, correlation: number): number {
  const common = Math.sqrt(correlation)
  let sum = 0
  let ways = 1
  for (let j = 0; j <= each; j++) {
    sum += ways * common ** j * (1 - common) ** (each - j) * share ** (each - j + Math.sign(j))
    ways = (ways * (each - j)) / (j + 1)
  }
  return sum
}

/** Scores of groups: right where all of their samples are. */
function inGroups(values: Float64Array, each: number): Float64Array {
  return Float64Array.from({length: values.length / each}, (_, g) => {
    for (let i = g * each; i < (g + 1) * each; i++) if (values[i] !== 1) return 0
    return 1
  })
}

/** The scores of groups instead of samples; groups are independent. */
export function drawGroupScores(of: Design, share: number, correlation: number, random: Random): Stratum[] {
  const shares = of.sizes.map(() => share)
  return drawScores(of, shares, correlation, random).map(({values}) => ({values: inGroups(values, of.each)}))
}

/** What each sample of two arms comes to: the shares right in both, in the new one alone, in the old one alone. */
export interface Outcomes {
  readonly both: number
  readonly won: number
  readonly lost: number
}

/** The scores of groups under two arms. */
export function drawGroupPairs(of: Design, truth: Outcomes, correlation: number, random: Random): PairedStratum[] {
  const {both, won, lost} = truth
  return of.sizes.map(size => {
    const uniform = draws(size, of.each, correlation, random)
    const right = (fits: (value: number) => boolean) =>
      inGroups(
        uniform.map(value => Number(fits(value))),
        of.each,
      )
    return {
      base: right(value => value < both || (value >= both + won && value < both + won + lost)),
      new: right(value => value < both + won),
    }
  })
}

/** The scores of groups under several arms. */
export function drawGroupArms(of: Design, shares: readonly number[], random: Random): RankedStratum[] {
  return drawArms(of, shares, random).map(({scores}) => ({scores: scores.map(values => inGroups(values, of.each))}))
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
    const stratum = {base, new: next, ...clustersOf(size, of.each, first), ...weightOf(of, s)}
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
  return of.sizes.map((size, s) => {
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
    const stratum = {scores, ...clustersOf(size, of.each, first), ...weightOf(of, s)}
    first += size
    return stratum
  })
}
