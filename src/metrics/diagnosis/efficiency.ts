// What accuracy costs: decode steps and milliseconds, and which arms no other beats in both.

export interface ArmCost {
  readonly arm: string
  readonly accuracy: number
  /** Mean decode steps (text tokens, latents, markers); null where unknown. */
  readonly decodeSteps: number | null
  /** Median milliseconds from request to end; null where unknown. */
  readonly ms: number | null
}

export type Cost = 'decodeSteps' | 'ms'

/**
 * The arms that no other beats: none is at least as accurate at no higher cost and better in one of both. Sorted by
 * cost; equal arms are all listed; arms whose cost is unknown are left out.
 */
export function paretoSet(arms: readonly ArmCost[], cost: Cost): ArmCost[] {
  const known = arms.filter(arm => arm[cost] !== null).sort((a, b) => a[cost]! - b[cost]! || b.accuracy - a.accuracy)
  const front: ArmCost[] = []
  for (const arm of known) {
    const last = front.at(-1)
    const equal = last !== undefined && arm[cost] === last[cost] && arm.accuracy === last.accuracy
    if (last === undefined || arm.accuracy > last.accuracy || equal) front.push(arm)
  }
  return front
}
