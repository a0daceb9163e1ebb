// The randomisation test of a paired difference: if the arms do not differ, the sign of every difference is random.
import type {Random} from '../../core/random.js'
import {normalCdf, normalQuantile} from './normal.js'
import {type Stratum, sharesOf} from './strata.js'

export interface SignFlipTest {
  /** The two-sided p value. */
  readonly p: number
  /** The difference divided by its standard error: the statistic that is recomputed for every flip. */
  readonly statistic: number
  readonly standardError: number
  /** The statistic beyond which the two-sided p is at most `alpha`. */
  critical(alpha: number): number
}

const defaultFlips = 9999
/** Up to this number of differences, all combinations of signs are enumerated. */
const enumerated = 13
/** Above this number of differences the normal approximation is more accurate than random flips, and much cheaper. */
const normalLimit = 20_000
/** Statistics closer than this are ties. */
const tie = 1e-9

/** Interchangeable differences: `count` differences of the same `size` in one group. */
interface Cell {
  readonly group: number
  readonly size: number
  readonly count: number
}

interface Group {
  readonly clusters: number
  readonly squares: number
}

/**
 * T = D / sqrt(V) for the mean over strata (by their weights) of paired differences, compared with T under all flips of
 * the signs of whole clusters. V is recomputed for each flip, so that strata with large differences do not make the
 * test conservative: V = sum over groups of G / (G - 1) (sum e^2 - (sum e)^2 / G), with e a cluster's share in D and G
 * the clusters of a group (those that touch the same strata). With at most 13 differences every flip is enumerated;
 * otherwise 9,999 are drawn, and the observed one is counted among them.
 * Sources: Janssen 1997, Statistics and Probability Letters 36:9, and Chung and Romano 2013, Annals of Statistics
 * 41:484 (why to studentise); Phipson and Smyth 2010, SAGMB 9:39 (the + 1).
 * Throws RangeError if there are no values.
 */
export function signFlipTest(strata: readonly Stratum[], random: Random, flips = defaultFlips): SignFlipTest {
  const {groups, cells} = flippable(strata)
  const sums = new Float64Array(groups.length)
  for (const {group, size, sign, count} of cells) sums[group]! += sign * size * count
  const observed = studentised(sums, groups)
  const magnitude = Math.abs(observed.statistic)
  const merged = mergeSigns(cells)
  const differences = merged.reduce((sum, {count}) => sum + count, 0)
  if (differences > normalLimit) {
    return {
      ...observed,
      p: Math.min(1, 2 * normalCdf(-magnitude)),
      critical: alpha => normalQuantile(1 - alpha / 2),
    }
  }
  const exact = differences <= enumerated
  const others = exact ? enumerate(merged, groups) : draw(merged, groups, random, flips)
  const reached = others.reduce((count, other) => count + Number(other >= magnitude - tie * (1 + magnitude)), 0)
  // The enumeration already includes the observed signs.
  const own = exact ? 0 : 1
  return {
    ...observed,
    p: (reached + own) / (others.length + own),
    critical(alpha) {
      const descending = others.slice().sort().reverse()
      return descending[Math.max(0, Math.floor(alpha * (descending.length + own) + tie) - own)] ?? 0
    },
  }
}

/** A mean over strata and its standard error, the one that the sign-flip test divides by. */
export interface StudentisedMean {
  readonly mean: number
  readonly standardError: number
  /** Independent units (clusters, or samples without them) less the groups that they form. */
  readonly degrees: number
}

/** The mean over strata, by their weights, with its cluster-robust standard error. Throws RangeError without values. */
export function studentisedMean(strata: readonly Stratum[]): StudentisedMean {
  if (strata.length === 0 || strata.some(({values}) => values.length === 0)) throw new RangeError('a mean needs values')
  const {groups, cells} = flippable(strata)
  const sums = new Float64Array(groups.length)
  for (const {group, size, sign, count} of cells) sums[group]! += sign * size * count
  const {standardError} = studentised(sums, groups)
  const units = groups.reduce((sum, {clusters}) => sum + clusters, 0)
  return {mean: sums.reduce((sum, own) => sum + own, 0), standardError, degrees: Math.max(1, units - groups.length)}
}

/**
 * Each cluster's share in the mean, collected by group, size and sign. Clusters without a difference are only counted.
 */
function flippable(strata: readonly Stratum[]): {groups: Group[]; cells: (Cell & {sign: number})[]} {
  const shares = new Map<string, {clusters: number; squares: number; sizes: Map<number, number>}>()
  const add = (touched: string, share: number) => {
    let group = shares.get(touched)
    if (group === undefined) {
      group = {clusters: 0, squares: 0, sizes: new Map()}
      shares.set(touched, group)
    }
    group.clusters++
    group.squares += share * share
    if (share !== 0) group.sizes.set(share, (group.sizes.get(share) ?? 0) + 1)
  }
  const clusters = new Map<number, Map<number, number>>()
  const weights = sharesOf(strata)
  for (const [s, {values, clusters: numbers}] of strata.entries()) {
    const weight = weights[s]! / values.length
    for (let i = 0; i < values.length; i++) {
      if (numbers === undefined) {
        add(String(s), weight * values[i]!)
        continue
      }
      let sums = clusters.get(numbers[i]!)
      if (sums === undefined) {
        sums = new Map()
        clusters.set(numbers[i]!, sums)
      }
      sums.set(s, (sums.get(s) ?? 0) + values[i]!)
    }
  }
  for (const sums of clusters.values()) {
    let share = 0
    for (const [s, sum] of sums) share += (weights[s]! * sum) / strata[s]!.values.length
    add([...sums.keys()].join(), Math.abs(share) < 1e-15 ? 0 : share)
  }
  const groups: Group[] = []
  const cells: (Cell & {sign: number})[] = []
  for (const {clusters: count, squares, sizes} of shares.values()) {
    for (const [share, many] of sizes)
      cells.push({group: groups.length, size: Math.abs(share), sign: Math.sign(share), count: many})
    groups.push({clusters: count, squares})
  }
  return {groups, cells}
}

function mergeSigns(cells: readonly Cell[]): Cell[] {
  const merged = new Map<string, Cell>()
  for (const {group, size, count} of cells) {
    const key = `${group} ${size}`
    merged.set(key, {group, size, count: count + (merged.get(key)?.count ?? 0)})
  }
  return [...merged.values()]
}

function studentised(sums: Float64Array, groups: readonly Group[]): {statistic: number; standardError: number} {
  let sum = 0
  let variance = 0
  for (let g = 0; g < groups.length; g++) {
    const {clusters, squares} = groups[g]!
    const own = sums[g]!
    sum += own
    // A group of one cluster has no mean of its own, so its variance is taken around 0.
    variance += clusters > 1 ? (clusters / (clusters - 1)) * (squares - (own * own) / clusters) : squares
  }
  const standardError = Math.sqrt(Math.max(variance, 1e-15))
  return {statistic: Math.abs(sum) < 1e-12 ? 0 : sum / standardError, standardError}
}

/** |T| for every combination of signs, the observed one included. */
function enumerate(cells: readonly Cell[], groups: readonly Group[]): Float64Array {
  const single = cells.flatMap(cell => Array.from({length: cell.count}, () => cell))
  const statistics = new Float64Array(2 ** single.length)
  const sums = new Float64Array(groups.length)
  for (let signs = 0; signs < statistics.length; signs++) {
    sums.fill(0)
    for (let k = 0; k < single.length; k++)
      sums[single[k]!.group]! += (signs >> k) & 1 ? single[k]!.size : -single[k]!.size
    statistics[signs] = Math.abs(studentised(sums, groups).statistic)
  }
  return statistics
}

/** |T| for random signs: each difference uses one random bit, so the sum of a cell is a count of bits. */
function draw(cells: readonly Cell[], groups: readonly Group[], random: Random, flips: number): Float64Array {
  const pieces = packed(cells)
  const words = new Uint32Array(pieces.words)
  const sums = new Float64Array(groups.length)
  const statistics = new Float64Array(flips)
  for (let flip = 0; flip < flips; flip++) {
    random.fill(words)
    sums.fill(0)
    for (let k = 0; k < pieces.word.length; k++) {
      const positive = bitCount(words[pieces.word[k]!]! & pieces.mask[k]!)
      sums[pieces.group[k]!]! += pieces.size[k]! * (2 * positive - pieces.count[k]!)
    }
    statistics[flip] = Math.abs(studentised(sums, groups).statistic)
  }
  return statistics
}

/** Packs the differences of the cells into the bits of as few words as possible. */
function packed(cells: readonly Cell[]) {
  const pieces: {word: number; mask: number; size: number; count: number; group: number}[] = []
  let word = 0
  let used = 0
  for (const {group, size, count} of cells) {
    for (let left = count; left > 0; ) {
      if (used === 32) {
        word++
        used = 0
      }
      const taken = Math.min(left, 32 - used)
      const ones = taken === 32 ? -1 : (1 << taken) - 1
      pieces.push({word, mask: ones << used, size, count: taken, group})
      used += taken
      left -= taken
    }
  }
  return {
    words: word + 1,
    word: Int32Array.from(pieces, piece => piece.word),
    mask: Int32Array.from(pieces, piece => piece.mask),
    size: Float64Array.from(pieces, piece => piece.size),
    count: Int32Array.from(pieces, piece => piece.count),
    group: Int32Array.from(pieces, piece => piece.group),
  }
}

/** Number of ones among 32 bits. Source: Warren 2012, Hacker's Delight, section 5-1. */
function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555)
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
