// Planted worlds: what own latents and their replacements are worth, and tables of outcomes drawn from that truth.
import {type Random, random} from '../../src/core/random.js'
import {
  type ComparedCondition,
  type Contrast,
  comparedConditions,
  contrastOf,
  type Evidence,
  recoveryOf,
  unrecovered,
} from '../../src/metrics/diagnosis/evidence.js'
import type {ShownVerdict} from '../../src/metrics/diagnosis/verdict.js'
import type {PairedStratum} from '../../src/metrics/statistics/index.js'
import {type Design, draws, headline, spreadOver} from './designs.js'

/**
 * Own minus each condition, as fractions, in the order noise, stranger, markers, none; and the oracle where there is
 * one.
 */
export interface World {
  readonly name: string
  readonly effects: readonly [number, number, number, number]
  /** Share right with own latents. */
  readonly own: number
  /** Share of samples on which two conditions without a difference disagree. */
  readonly discordance: number
  /** Own minus oracle. */
  readonly oracle?: number
  /** Whether the same samples flip under every condition, or others under each. */
  readonly common: boolean
}

/**
 * Claims that are false in a world, for a margin. A difference of exactly 0 or of exactly the margin makes them false.
 */
export function wrongClaims({effects, oracle}: World, margin: number): ReadonlySet<ShownVerdict> {
  const [noise, stranger, markers, none] = effects
  const above = (effect: number) => effect > 1e-12
  const within = (effect: number) => Math.abs(effect) < margin - 1e-12
  const read = above(noise) && above(stranger)
  const alike = within(noise) && within(stranger)
  const headroom = oracle === undefined ? 0 : -oracle
  const fails = headroom > margin + 1e-12 && [noise, stranger].every(dummy => dummy < 0.2 * (dummy + headroom) - 1e-12)
  const right: Record<Exclude<ShownVerdict, 'inconclusive'>, boolean> = {
    harmful: none < -1e-12 || markers < -1e-12,
    'load-bearing': read && above(markers),
    'read-not-needed': read && within(markers),
    trace: read && alike,
    'representation-fails': fails,
    'budget-only': alike && above(markers),
    'format-only': alike && within(markers) && above(none),
    'not-used': alike && within(markers) && within(none),
  }
  return new Set(Object.entries(right).flatMap(([verdict, holds]) => (holds ? [] : [verdict as ShownVerdict])))
}

/** The share of samples that own wins, and that it loses, against a condition. */
function flips(discordance: number, effect: number): {won: number; lost: number} {
  const all = Math.min(1, discordance + Math.abs(effect))
  return {won: (all + effect) / 2, lost: (all - effect) / 2}
}

const conditionsOf = ({effects, oracle}: World): readonly number[] =>
  oracle === undefined ? effects : [...effects, oracle]

/** Probability of each pattern of right answers: bit 0 is own, bit k + 1 condition k. */
function patternShares(world: World): Float64Array {
  const effects = conditionsOf(world)
  const shares = new Float64Array(2 ** (effects.length + 1))
  for (const right of [0, 1]) {
    const weight = right === 1 ? world.own : 1 - world.own
    const flipped = effects.map(effect => {
      const {won, lost} = flips(world.discordance, effect)
      const chance = (right === 1 ? won : lost) / weight
      if (chance > 1 + 1e-9) throw new RangeError(`${world.name}: more samples flip than there are`)
      return Math.min(1, chance)
    })
    for (let pattern = 0; pattern < shares.length; pattern++) {
      if ((pattern & 1) !== right) continue
      const turned = flipped.map((_, k) => ((pattern >> (k + 1)) & 1) !== right)
      shares[pattern]! = weight * (world.common ? together(flipped, turned) : apart(flipped, turned))
    }
  }
  return shares
}

function apart(chances: readonly number[], turned: readonly boolean[]): number {
  return chances.reduce((product, chance, k) => product * (turned[k] ? chance : 1 - chance), 1)
}

/** One uniform number decides for all: condition k turns where it lies below its chance. */
function together(chances: readonly number[], turned: readonly boolean[]): number {
  const least = Math.min(1, ...chances.filter((_, k) => turned[k]))
  const most = Math.max(0, ...chances.filter((_, k) => !turned[k]))
  return Math.max(0, least - most)
}

/** Draws how often each pattern occurs among n samples. */
export function countsOf(world: World, n: number): (random: Random) => Int32Array {
  const shares = patternShares(world)
  const {chance, other} = aliases(shares)
  const words = new Uint32Array(2 * n)
  return random => {
    random.fill(words)
    const counts = new Int32Array(shares.length)
    for (let i = 0; i < n; i++) {
      const slot = words[2 * i]! % shares.length
      counts[words[2 * i + 1]! < chance[slot]! ? slot : other[slot]!]!++
    }
    return counts
  }
}

/** Walker 1977, ACM Transactions on Mathematical Software 3:253; chances in 32 bits. */
function aliases(shares: Float64Array) {
  const size = shares.length
  const scaled = shares.map(share => share * size)
  const chance = new Float64Array(size).fill(2 ** 32)
  const other = Int32Array.from({length: size}, (_, i) => i)
  const small = [...scaled.keys()].filter(i => scaled[i]! < 1)
  const large = [...scaled.keys()].filter(i => scaled[i]! >= 1)
  while (small.length > 0 && large.length > 0) {
    const less = small.pop()!
    const more = large.pop()!
    chance[less] = scaled[less]! * 2 ** 32
    other[less] = more
    scaled[more]! -= 1 - scaled[less]!
    if (scaled[more]! < 1) small.push(more)
    else large.push(more)
  }
  return {chance, other}
}

/** The evidence in counts of patterns, by the product's own functions; contrasts of equal counts are computed once. */
export function evidenceOfCounts(counts: Int32Array, n: number, alpha: number, margin: number): Evidence {
  const contrasts = Object.fromEntries(
    comparedConditions.map((condition, k) => {
      let won = 0
      let lost = 0
      for (let pattern = 0; pattern < counts.length; pattern++) {
        const own = pattern & 1
        if (own === ((pattern >> (k + 1)) & 1)) continue
        if (own === 1) won += counts[pattern]!
        else lost += counts[pattern]!
      }
      return [condition, contrastOfCounts(won, lost, n, alpha)]
    }),
  ) as Record<ComparedCondition, Contrast>
  const recovery = counts.length === 64 ? recoveryOfCounts(counts, n, margin) : null
  return {contrasts, recovery}
}

const known = new Map<string, Contrast>()

function contrastOfCounts(won: number, lost: number, n: number, alpha: number): Contrast {
  const key = `${won} ${lost} ${n} ${alpha}`
  let contrast = known.get(key)
  if (contrast === undefined) {
    contrast = contrastOf([pairsOfCounts(won, lost, n)], 'micro', {random: random('unused'), alpha})!
    known.set(key, contrast)
  }
  return contrast
}

function pairsOfCounts(won: number, lost: number, n: number): PairedStratum {
  return {base: new Float64Array(n).fill(1, won, won + lost), new: new Float64Array(n).fill(1, 0, won)}
}

function recoveryOfCounts(counts: Int32Array, n: number, margin: number): number {
  const behind = [1, 2].map(dummy => {
    const values = new Float64Array(n)
    let at = 0
    for (let pattern = 0; pattern < counts.length; pattern++) {
      const value = unrecovered(pattern & 1, (pattern >> dummy) & 1, (pattern >> 5) & 1)
      values.fill(value, at, at + counts[pattern]!)
      at += counts[pattern]!
    }
    return [{values}]
  })
  let won = 0
  let lost = 0
  for (let pattern = 0; pattern < counts.length; pattern++) {
    const oracle = (pattern >> 5) & 1
    if (oracle === (pattern & 1)) continue
    if (oracle === 1) won += counts[pattern]!
    else lost += counts[pattern]!
  }
  return recoveryOf([pairsOfCounts(won, lost, n)], behind, 'micro', margin)!
}

/**
 * The evidence in a drawn table with subtasks and clusters: effects that differ by up to `spread` between subtasks
 * (their headline is the world's), and samples of a cluster that share their draws with the given correlation.
 */
export function evidenceOfDesign(
  world: World,
  of: Design,
  {spread, correlation, alpha, margin, flips: count}: DesignOptions,
): (random: Random) => Evidence {
  const effects = conditionsOf(world).map(effect => {
    const raw = spreadOver(of, 0, spread)
    const shift = effect - headline(of, raw)
    return raw.map(value => value + shift)
  })
  const flipped = random('calibrate', 'diagnosis', of.name)
  return drawn => {
    let first = 0
    const strata = of.sizes.map((size, s) => {
      const right = draws(size, of.each, correlation, drawn)
      const shared = draws(size, of.each, correlation, drawn)
      const own = right.map(u => Number(u < world.own))
      const under = effects.map(effect => {
        const {won, lost} = flips(world.discordance, effect[s]!)
        const turns = world.common ? shared : draws(size, of.each, correlation, drawn)
        return own.map((value, i) => {
          const chance = value === 1 ? won / world.own : lost / (1 - world.own)
          return turns[i]! < chance ? 1 - value : value
        })
      })
      const clusters =
        of.each === 1 ? {} : {clusters: Int32Array.from({length: size}, (_, i) => first + Math.floor(i / of.each))}
      first += size
      return {own, under, clusters}
    })
    const pairs = (k: number) => strata.map(({own, under, clusters}) => ({base: under[k]!, new: own, ...clusters}))
    const contrasts = Object.fromEntries(
      comparedConditions.map((condition, k) => [
        condition,
        contrastOf(pairs(k), of.aggregate, {random: flipped, alpha, flips: count}),
      ]),
    ) as Record<ComparedCondition, Contrast>
    if (world.oracle === undefined) return {contrasts, recovery: null}
    const headroom = strata.map(({own, under, clusters}) => ({base: own, new: under[4]!, ...clusters}))
    const behind = [0, 1].map(dummy =>
      strata.map(({own, under, clusters}) => ({
        values: own.map((value, i) => unrecovered(value, under[dummy]![i]!, under[4]![i]!)),
        ...clusters,
      })),
    )
    return {contrasts, recovery: recoveryOf(headroom, behind, of.aggregate, margin)}
  }
}

export interface DesignOptions {
  readonly spread: number
  readonly correlation: number
  readonly alpha: number
  readonly margin: number
  readonly flips: number
}
