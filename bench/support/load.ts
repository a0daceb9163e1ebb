// The load under which the harness is compared with a bare undici loop, and the bounds it must keep. Shared by the
// benches of a run and of the remote runner.
export const samples = 500
export const pictureBytes = 150_000
export const inFlight = 64
/** Delay of the endpoint before each answer. */
export const delayMs = 50

/**
 * Relative to the bare loop: lowest rate and highest CPU time as ratios, and most additional memory in MB. `peak`:
 * lowest number of requests open at the same time.
 */
export const bounds = {rate: 0.75, cpu: 1.5, rssMb: 100, peak: inFlight}

export interface Measured {
  readonly rate: number
  /** Per sample. */
  readonly cpuMs: number
  readonly rssMb: number
  /** Largest number of requests open at the same time. */
  readonly peak: number
}
