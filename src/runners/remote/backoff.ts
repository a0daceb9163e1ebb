// How long to wait before the next attempt. Pure, except for the random numbers passed in.

const firstMs = 500
const longestBackoffMs = 30_000
/**
 * If a server asks for a longer wait, the sample becomes an error instead and is asked again on resume.
 */
export const longestRetryAfterMs = 300_000

/**
 * Milliseconds before attempt `attempt + 1`: Retry-After plus up to a tenth, else exponential backoff with full jitter
 * (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015), but at least a quarter of its bound.
 */
export function backoffMs(attempt: number, retryAfterMs: number | undefined, uniform: number): number {
  if (retryAfterMs !== undefined) return Math.round(retryAfterMs * (1 + uniform / 10))
  const bound = Math.min(firstMs * 2 ** (attempt - 1), longestBackoffMs)
  return Math.round(bound * (0.25 + 0.75 * uniform))
}

/** Wait before asking a server that is loading its model again, unless it says how long. */
const loadingMs = 2_000

/** Milliseconds until a server that is loading its model is asked again. */
export function pollMs(retryAfterMs: number | undefined): number {
  return retryAfterMs ?? loadingMs
}
