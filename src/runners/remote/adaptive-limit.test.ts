import {afterRateLimit, afterSuccess, afterTransient, initialLimit, type LimitState} from './adaptive-limit.js'

/** A clean round: as many successes as the limit, all slots in use. */
function round(state: LimitState, now = 0): LimitState {
  let next = state
  for (let i = 0; i < state.limit; i++) next = afterSuccess(next, {active: state.limit, now})
  return next
}

describe('the adaptive limit', () => {
  const start = initialLimit('auto')

  it('doubles per clean round up to its ceiling', () => {
    const limits = [start.limit]
    for (let state = round(start); limits.length < 5; state = round(state)) limits.push(state.limit)
    expect(limits).toEqual([20, 40, 80, 100, 100])
  })

  it('shrinks by a fifth on 429, once per cool-down, and then grows by 5 %', () => {
    let state = afterRateLimit(start, {now: 1000})
    expect(state.limit).toBe(16)
    state = afterRateLimit(state, {now: 2000})
    expect(state.limit).toBe(16)
    expect(round(state, 15_999).limit).toBe(16)
    expect(round(state, 16_000).limit).toBe(17)
    expect(afterRateLimit(state, {now: 16_000}).limit).toBe(12)
  })

  it('stays quiet for as long as Retry-After asks', () => {
    const state = afterRateLimit(start, {now: 0, retryAfterMs: 60_000})
    expect(round(state, 59_999).limit).toBe(16)
    const extended = afterRateLimit(state, {now: 59_000, retryAfterMs: 10_000})
    expect(round(extended, 68_999).limit).toBe(16)
    expect(round(extended, 69_000).limit).toBe(17)
  })

  it('starts the round again after a server error, without shrinking', () => {
    let state = start
    for (let i = 0; i < 19; i++) state = afterSuccess(state, {active: 20, now: 0})
    state = afterTransient(state)
    expect(afterSuccess(state, {active: 20, now: 0}).limit).toBe(20)
    expect(round(state).limit).toBe(40)
  })

  it('does not grow while fewer than four fifths of the slots are in use', () => {
    let state = start
    for (let i = 0; i < 100; i++) state = afterSuccess(state, {active: 15, now: 0})
    expect(state.limit).toBe(20)
  })

  it('never falls below one', () => {
    let state = start
    for (let i = 0; i < 40; i++) state = afterRateLimit(state, {now: i * 20_000})
    expect(state.limit).toBe(1)
  })
})

it('keeps a fixed limit whatever happens', () => {
  const fixed = initialLimit(64)
  expect(round(fixed).limit).toBe(64)
  expect(afterRateLimit(fixed, {now: 0}).limit).toBe(64)
})
