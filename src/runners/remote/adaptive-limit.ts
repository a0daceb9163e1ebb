// The number of requests that may be in flight: additive increase, multiplicative decrease. This file holds the state
// and its steps; client.ts counts the requests.
// The rule is that of UKGovernmentBEIS/inspect_ai: design/adaptive-concurrency.md. The slow start doubles the limit
// after each clean round; later each round adds 5 %. A 429 takes off a fifth, once per cool-down. Server errors only
// pause the growth.

export interface LimitSettings {
  readonly min: number
  readonly start: number
  readonly max: number
}

export interface LimitState {
  readonly settings: LimitSettings
  readonly limit: number
  readonly slowStart: boolean
  /** Successes since the limit last changed. A round has as many successes as the limit. */
  readonly clean: number
  /** End of the cool-down (ms). Until then another 429 does not lower the limit, and the limit does not grow. */
  readonly quietUntil: number
}

const adaptive: LimitSettings = {min: 1, start: 20, max: 100}
const coolDownMs = 15_000
const shrink = 0.8
const growth = 1.05
const saturation = 0.8

/** `auto` adapts the limit; a number keeps it fixed. */
export function initialLimit(concurrency: number | 'auto'): LimitState {
  const settings = concurrency === 'auto' ? adaptive : {min: concurrency, start: concurrency, max: concurrency}
  return {settings, limit: settings.start, slowStart: true, clean: 0, quietUntil: 0}
}

/** Call it after a reply. `active` requests were in flight: a limit that is not fully used is not raised. */
export function afterSuccess(state: LimitState, {active, now}: {active: number; now: number}): LimitState {
  if (now < state.quietUntil || active < saturation * state.limit) return state
  const clean = state.clean + 1
  if (clean < state.limit) return {...state, clean}
  const raised = state.slowStart ? state.limit * 2 : Math.ceil(state.limit * growth)
  return {...state, clean: 0, limit: Math.min(raised, state.settings.max)}
}

/** Call it after a 429; `retryAfterMs` is the value of its Retry-After. */
export function afterRateLimit(
  state: LimitState,
  {now, retryAfterMs = 0}: {now: number; retryAfterMs?: number},
): LimitState {
  if (now < state.quietUntil) return {...state, clean: 0, quietUntil: Math.max(state.quietUntil, now + retryAfterMs)}
  return {
    ...state,
    clean: 0,
    slowStart: false,
    limit: Math.max(Math.floor(state.limit * shrink), state.settings.min),
    quietUntil: now + Math.max(coolDownMs, retryAfterMs),
  }
}

/** Call it after a server error or a lost connection: the round starts again and the limit stays. */
export function afterTransient(state: LimitState): LimitState {
  return {...state, clean: 0}
}
