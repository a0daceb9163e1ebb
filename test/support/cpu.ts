// How long this process computes. By the clock a test would fail on a busy machine, or on one that stood still.

/** A stopwatch of CPU time, in milliseconds. */
export function cpuWatch(): () => number {
  const before = process.cpuUsage()
  return () => process.cpuUsage(before).user / 1000
}
