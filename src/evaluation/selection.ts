// Which samples of a benchmark a run asks: subtasks, named ids, a stratified seeded limit, a shard. Pure; the order of
// the data is kept.
import type {SampleKey} from '../benchmarks/benchmark.js'
import {didYouMean} from '../core/closest.js'
import {LanternError} from '../core/errors.js'
import {random} from '../core/random.js'

export interface Selection {
  readonly subtasks?: readonly string[]
  readonly ids?: readonly string[]
  /** At most this many samples, spread over the subtasks in proportion to their size. */
  readonly limit?: number
  readonly seed: number
}

export interface Shard {
  /** 1-based. */
  readonly index: number
  readonly count: number
}

/**
 * The selected keys in the order of the data.
 * The limit is stratified because BLINK and V* are grouped by category: their first N samples would be one category.
 * Throws `usage` for a subtask or an id that the data do not have.
 */
export function select(benchmark: string, keys: readonly SampleKey[], selection: Selection): SampleKey[] {
  const {subtasks, ids, limit, seed} = selection
  // Variants of one item are selected, counted and named together.
  let selected = itemsOf(keys)
  if (subtasks) {
    const known = new Set(keys.map(key => key.subtask))
    const unknown = subtasks.find(name => !known.has(name))
    if (unknown !== undefined)
      throw new LanternError(
        'usage',
        `${benchmark} has no subtask "${unknown}" here.`,
        `${didYouMean(unknown, known)}Subtasks: ${[...known].join(', ')}.`,
      )
    const wanted = new Set(subtasks)
    selected = selected.filter(key => wanted.has(key.subtask))
  }
  if (ids) {
    const wanted = new Set(ids)
    const known = new Set(selected.map(itemOf))
    const unknown = ids.find(id => !known.has(id))
    if (unknown !== undefined)
      throw new LanternError(
        'usage',
        `${benchmark} has no sample "${unknown}" in this selection.`,
        `${didYouMean(unknown, known)}Sample ids look like "${[...selected, ...keys].map(itemOf)[0] ?? ''}".`,
      )
    selected = selected.filter(key => wanted.has(itemOf(key)))
  }
  if (limit === undefined || limit >= selected.length) return withItems(keys, selected)
  const strata = groupBySubtask(selected)
  const quotas = apportion(
    limit,
    [...strata.values()].map(stratum => stratum.length),
  )
  const chosen: SampleKey[] = []
  let stratumIndex = 0
  for (const [subtask, stratum] of strata) {
    const wholes = random(seed, benchmark, subtask, 'limit').shuffle(wholesOf(stratum))
    let room = quotas[stratumIndex++]!
    // A group that is cut could never count, so a stratum rather stays below its quota.
    for (const whole of wholes) {
      if (whole.length > room) continue
      room -= whole.length
      chosen.push(...whole)
    }
  }
  return withItems(keys, chosen)
}

/** The items of each group together; an item without a group stands alone. */
function wholesOf(items: readonly SampleKey[]): SampleKey[][] {
  const wholes = new Map<string, SampleKey[]>()
  for (const key of items) {
    const name = wholeOf(key)
    const whole = wholes.get(name)
    if (whole) whole.push(key)
    else wholes.set(name, [key])
  }
  return [...wholes.values()]
}

/** The group is told apart from an item of the same name. */
function wholeOf(key: SampleKey): string {
  return key.group === undefined ? `item ${itemOf(key)}` : `group ${key.group}`
}

function itemOf({id, item}: SampleKey): string {
  return item ?? id
}

/** One key for each item, the first. */
function itemsOf(keys: readonly SampleKey[]): SampleKey[] {
  const seen = new Set<string>()
  return keys.filter(key => !seen.has(itemOf(key)) && seen.add(itemOf(key)))
}

/** All keys of the items that were chosen, in their order. */
function withItems(keys: readonly SampleKey[], chosen: readonly SampleKey[]): SampleKey[] {
  const items = new Set(chosen.map(itemOf))
  return keys.filter(key => items.has(itemOf(key)))
}

function groupBySubtask(keys: readonly SampleKey[]): Map<string, SampleKey[]> {
  const groups = new Map<string, SampleKey[]>()
  for (const key of keys) {
    const group = groups.get(key.subtask)
    if (group) group.push(key)
    else groups.set(key.subtask, [key])
  }
  return groups
}

/** How many of some keys each subtask has, in the order of their first. */
export function countBySubtask(keys: readonly SampleKey[]): Record<string, number> {
  return Object.fromEntries(Array.from(groupBySubtask(keys), ([subtask, group]) => [subtask, group.length]))
}

/** Splits `seats` in proportion to `sizes` by largest remainders (Hamilton's method); ties go to the earlier one. */
export function apportion(seats: number, sizes: readonly number[]): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const exact = sizes.map(size => (seats * size) / total)
  const quotas = exact.map(Math.floor)
  const byRemainder = exact
    .map((value, index) => ({index, remainder: value - Math.floor(value)}))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index)
  let left = seats - quotas.reduce((sum, quota) => sum + quota, 0)
  for (const {index} of byRemainder) {
    if (left-- <= 0) break
    quotas[index]!++
  }
  return quotas
}

/**
 * Every n-th selected item (or group), so that each shard holds all subtasks: disjoint, complete, and stable for one
 * selection.
 */
export function shardOf(keys: readonly SampleKey[], shard: Shard | null): SampleKey[] {
  if (shard === null) return [...keys]
  const mine = wholesOf(itemsOf(keys)).filter((_, position) => position % shard.count === shard.index - 1)
  return withItems(keys, mine.flat())
}

/** Reads `i/n` with 1 <= i <= n; undefined for anything else. */
export function readShard(text: string): Shard | undefined {
  const match = /^(\d+)\/(\d+)$/.exec(text)
  const [index, count] = [Number(match?.[1]), Number(match?.[2])]
  return match !== null && index >= 1 && index <= count ? {index, count} : undefined
}
