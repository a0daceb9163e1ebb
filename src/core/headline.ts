// How a headline combines the subtasks of a benchmark: names, weights, words. Tables, panels and progress share it.
import {z} from 'zod'
import type {Aggregate, MeanOf} from './outcome.js'

const meanOfSchema: z.ZodType<MeanOf> = z.strictObject({
  get mean() {
    return z.array(z.union([z.string(), meanOfSchema])).min(1)
  },
})

export const aggregateSchema: z.ZodType<Aggregate> = z.union([z.enum(['micro', 'macro', 'group']), meanOfSchema])

/** The subtasks that a nested mean names, in its order; null for the other aggregates, which name none. */
export function subtasksOf(aggregate: Aggregate): string[] | null {
  return typeof aggregate === 'string' ? null : leavesOf(aggregate)
}

function leavesOf({mean}: MeanOf): string[] {
  return mean.flatMap(part => (typeof part === 'string' ? part : leavesOf(part)))
}

/**
 * The weight of each of these subtasks in the headline; only their ratios matter. In a nested mean, the parts of each
 * level that hold one of the subtasks share its weight equally. Null where samples or groups count, whatever their
 * subtask.
 */
export function subtaskWeights(aggregate: Aggregate, names: readonly string[]): number[] | null {
  if (aggregate === 'micro' || aggregate === 'group') return null
  if (aggregate === 'macro') return names.map(() => 1)
  const weights = new Map<string, number>()
  const share = (part: string | MeanOf, weight: number): void => {
    if (typeof part === 'string') {
      weights.set(part, (weights.get(part) ?? 0) + weight)
      return
    }
    const held = part.mean.filter(one => (typeof one === 'string' ? [one] : leavesOf(one)).some(isHere))
    for (const one of held) share(one, weight / held.length)
  }
  const here = new Set(names)
  const isHere = (name: string) => here.has(name)
  share(aggregate, 1)
  return names.map(name => weights.get(name) ?? 0)
}

/** A figure of one subtask, and over how many samples (or groups) it is a mean. */
export interface SubtaskFigure {
  readonly name: string
  readonly value: number | null
  readonly n: number
}

/** The headline from the figures of its subtasks. Those without a value are left out; null if all are. */
export function combined(parts: readonly SubtaskFigure[], aggregate: Aggregate): number | null {
  const held = parts.filter(({value, n}) => n > 0 && value !== null)
  const weights = subtaskWeights(
    aggregate,
    held.map(({name}) => name),
  )
  let sum = 0
  let weight = 0
  for (const [k, {value, n}] of held.entries()) {
    const share = weights === null ? n : weights[k]!
    sum += share * value!
    weight += share
  }
  return weight === 0 ? null : sum / weight
}

/** As one word: `micro`, `macro`, `group`, or `mean(3D, mean(ADE, COCO))`. */
export function aggregateText(aggregate: Aggregate): string {
  if (typeof aggregate === 'string') return aggregate
  return `mean(${aggregate.mean.map(part => (typeof part === 'string' ? part : aggregateText(part))).join(', ')})`
}
