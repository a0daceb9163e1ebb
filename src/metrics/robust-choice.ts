// Robust multiple choice: the scores of an item that was asked under several option orders. Intervals and tables are
// elsewhere.
import type {Outcome} from '../core/outcome.js'

/** A settled answer to one variant of an item. */
export interface VariantScore {
  readonly item: string
  readonly outcome: Outcome
  /** 0 to 1; null where there is none (error, hidden gold). */
  readonly score: number | null
}

export interface ItemScore {
  readonly item: string
  /** Variants with a score. */
  readonly orders: number
  /**
   * Variants that ended in an error. The item is incomplete, and its strict score is unknown unless another variant
   * failed.
   */
  readonly errors: number
  /** 1 if every variant is right, else 0; null if not known yet. */
  readonly strict: number | null
  /** Mean over the scored variants; null without one. */
  readonly mean: number | null
}

export interface RobustScore {
  /** Mean over the items that have one. */
  readonly strict: number | null
  readonly mean: number | null
  readonly items: number
  /** Items with an unknown strict score. */
  readonly incomplete: number
}

/** Strict and mean score of every item, in the order in which the items first appear. */
export function itemScores(variants: Iterable<VariantScore>): ItemScore[] {
  const items = new Map<string, {sum: number; orders: number; right: number; errors: number}>()
  for (const {item, outcome, score} of variants) {
    const tally = items.get(item) ?? {sum: 0, orders: 0, right: 0, errors: 0}
    items.set(item, tally)
    if (outcome === 'error') tally.errors++
    if (score === null) continue
    tally.sum += score
    tally.orders++
    if (score === 1) tally.right++
  }
  return Array.from(items, ([item, {sum, orders, right, errors}]) => {
    const failed = right < orders
    const known = failed || (orders > 0 && errors === 0)
    return {item, orders, errors, strict: known ? (failed ? 0 : 1) : null, mean: orders === 0 ? null : sum / orders}
  })
}

/** Both scores over items: each item counts once, however many orders it has. */
export function robustScore(items: readonly ItemScore[]): RobustScore {
  const strict = items.flatMap(item => item.strict ?? [])
  return {
    strict: average(strict),
    mean: average(items.flatMap(item => item.mean ?? [])),
    items: items.length,
    incomplete: items.length - strict.length,
  }
}

function average(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}
