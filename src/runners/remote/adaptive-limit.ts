// How many requests may be in flight: additive increase, multiplicative decrease. State and steps only; who counts
// requests is client.ts.
// Rule of UKGovernmentBEIS/inspect_ai: design/adaptive-concurrency.md: slow start that doubles per clean round, then 5
// % more a round; a fifth less on 429, once per cool-down; server errors only pause the growth.

export interface LimitSettings {
  readonly min: number
  readonly start: number
  readonly max: number
}

export interface LimitState {
  readonly settings: LimitSettings
  readonly limit: number
  readonly slowStart: boolean
  /** Successes since the limit last changed; a round is as many as the limit. */
  readonly clean: number
  /** Until then (ms) another 429 does not shrink the limit again, and it does not grow. */
  readonly quietUntil: number
}

const adaptive: LimitSettings = {min: 1, start: 20, max: 100}
const coolDownMs = 15_000
const shrink = 0.8
const growth = 1.05
const saturation = 0.8

/** The limit at the start: `auto` adapts, a number is kept whatever happens. */
export function initialLimit(concurrency: number | 'auto'): LimitState {
  const settings = concurrency === 'auto' ? adaptive : {min: concurrency, start: concurrency, max: concurrency}
  return {settings, limit: settings.start, slowStart: true, clean: 0, quietUntil: 0}
}

/** After a reply. `active` requests were in flight: a limit that is not used is not raised. */
export function afterSuccess(state: LimitState, {active, now}: {active: number; now: number}): LimitState {
  if (now < state.quietUntil || active < saturation * state.limit) return state
  const clean = state.clean + 1
  if (clean < state.limit) return {...state, clean}
  const raised = state.slowStart ? state.limit * 2 : Math.ceil(state.limit * growth)
  return {...state, clean: 0, limit: Math.min(raised, state.settings.max)}
}

/** After a 429; `retryAfterMs` is what its Retry-After asked for. */
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

/** After a server error or a lost connection: the round starts again, the limit stays. */
export function afterTransient(state: LimitState): LimitState {
  return {...state, clean: 0}
}
