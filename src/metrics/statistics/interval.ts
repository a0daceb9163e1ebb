// Types shared by the statistics: an interval, and an estimate with its interval.

export interface Interval {
  readonly low: number
  readonly high: number
}

export interface Estimate extends Interval {
  readonly value: number
}

export const defaultConfidence = 0.95

/** Throws RangeError unless `value` lies strictly between 0 and 1. */
export function assertFraction(name: string, value: number): void {
  if (!(value > 0 && value < 1)) throw new RangeError(`${name} must lie between 0 and 1, got ${value}`)
}
