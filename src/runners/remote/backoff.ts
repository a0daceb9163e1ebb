// How long to wait before the next attempt. Pure but for the random number it is given.

const firstMs = 500
const longestBackoffMs = 30_000
/**
 * A server that asks for more than this is not waited for: the sample becomes an error and is asked again on resume.
 */
export const longestRetryAfterMs = 300_000

/**
 * Milliseconds before attempt `attempt + 1`: what Retry-After asks plus up to a tenth, else exponential with full
 * jitter (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015), never under a quarter of its bound.
 */
export function backoffMs(attempt: number, retryAfterMs: number | undefined, uniform: number): number {
  if (retryAfterMs !== undefined) return Math.round(retryAfterMs * (1 + uniform / 10))
  const bound = Math.min(firstMs * 2 ** (attempt - 1), longestBackoffMs)
  return Math.round(bound * (0.25 + 0.75 * uniform))
}

/** A server that loads its model is asked again after so long, unless it says when. */
const loadingMs = 2_000

/** Milliseconds until a server that loads its model is asked again. */
export function pollMs(retryAfterMs: number | undefined): number {
  return retryAfterMs ?? loadingMs
}
