// The middle of some figures; of an even number the upper one of the two in the middle.
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}
