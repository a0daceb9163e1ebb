// The load under which the harness is held beside a bare undici loop, and the bounds of it: shared by the benches of a
// run and of the remote runner.
export const samples = 500
export const pictureBytes = 150_000
export const inFlight = 64
/** What the endpoint waits before each answer. */
export const delayMs = 50

/** Against the bare loop: at least that rate, at most that processor time and so many MB more. */
export const bounds = {rate: 0.75, cpu: 1.6, rssMb: 100, peak: inFlight}

export interface Measured {
  readonly rate: number
  /** Of one sample. */
  readonly cpuMs: number
  readonly rssMb: number
  /** The largest number of requests that were open at once. */
  readonly peak: number
}
