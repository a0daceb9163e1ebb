// A worker: takes free units until none is left, or one unit by its index. How a unit runs is given from outside.
import {hostname} from 'node:os'
import {setTimeout as sleep} from 'node:timers/promises'
import {LanternError, messageOf} from '../../core/errors.js'
import {type Claim, claim, clockOf, endedUnits, newestClaims, stateOfClaim, type UnitEnd} from './claims.js'
import type {Sweep, Unit} from './plan.js'

/** Runs one unit to its end. `interrupted` gives it back. */
export type RunUnit = (
  unit: Unit,
  signal: AbortSignal,
) => Promise<{readonly verdict: string; readonly reason: string | null}>

export interface Worked {
  readonly done: number
  readonly failed: number
  /** Units that another worker took over while this one was suspended. */
  readonly lost: number
}

const pauseMs = 1000

/** Takes units until none is left, and waits for those that others hold: theirs may die. */
export async function workAll({dir, units}: Sweep, run: RunUnit, signal: AbortSignal): Promise<Worked> {
  const worked = {done: 0, failed: 0, lost: 0}
  while (!signal.aborted) {
    const [ended, newest, now] = await Promise.all([endedUnits(dir), newestClaims(dir), clockOf(dir)])
    const open = units.filter(({index}) => !ended.has(index))
    if (open.length === 0) break
    let took = 0
    for (const unit of open) {
      if (signal.aborted) break
      const mine = await take(dir, unit.index, newest.get(unit.index) ?? 0, now)
      if (mine === null) continue
      took++
      await finish(mine, unit, run, signal, worked)
    }
    if (took === 0) await sleep(pauseMs, undefined, {signal}).catch(() => undefined)
  }
  return worked
}

/** Runs one unit, unless it is done. Throws `usage` for an index outside the plan, and while another worker has it. */
export async function workOne({dir, units}: Sweep, index: number, run: RunUnit, signal: AbortSignal): Promise<Worked> {
  const worked = {done: 0, failed: 0, lost: 0}
  const unit = units[index]
  if (unit === undefined)
    throw new LanternError('usage', `There is no unit ${index}.`, `Give an index from 0 to ${units.length - 1}.`)
  if ((await endedUnits(dir)).get(index) === 'done') return worked
  const mine = await take(dir, index, (await newestClaims(dir)).get(index) ?? 0, await clockOf(dir), true)
  if (mine === null) throw new LanternError('usage', `Unit ${index} is being worked on.`, 'Wait for its worker.')
  await finish(mine, unit, run, signal, worked)
  return worked
}

/** A claim on a unit that is free or whose worker died; a unit that ended is free only if `again` says so. */
async function take(dir: string, index: number, generation: number, now: number, again = false): Promise<Claim | null> {
  if (generation > 0) {
    const {state} = await stateOfClaim(dir, index, generation, now)
    const failed = again && (await endedUnits(dir)).get(index) === 'failed'
    if (state === 'held' && !failed) return null
  }
  const mine = await claim(dir, index, generation)
  if (mine === null || again) return mine
  // What was read of the folder may be old: the unit may have ended since.
  if (!(await endedUnits(dir)).has(index)) return mine
  await mine.close()
  return null
}

async function finish(
  mine: Claim,
  unit: Unit,
  run: RunUnit,
  signal: AbortSignal,
  worked: {done: number; failed: number; lost: number},
): Promise<void> {
  const began = Date.now()
  try {
    const end = await outcomeOf(unit, run, signal)
    if (end === null) return await mine.free()
    const result = {...end, host: hostname(), seconds: (Date.now() - began) / 1000}
    if (await mine.end(result)) worked[end.state]++
    else worked.lost++
  } finally {
    await mine.close()
  }
}

/** Null for an interrupted unit. */
async function outcomeOf(
  unit: Unit,
  run: RunUnit,
  signal: AbortSignal,
): Promise<Pick<UnitEnd, 'state' | 'reason'> | null> {
  try {
    const {verdict, reason} = await run(unit, signal)
    if (verdict === 'interrupted') return null
    return {state: verdict === 'done' ? 'done' : 'failed', reason}
  } catch (error) {
    return {state: 'failed', reason: messageOf(error)}
  }
}
