// How far a sweep is, and what frees its units again. Reads names of files; of their contents only those of units that
// are being worked on or have ended.
import {clockOf, endedUnits, endOfUnit, freeUnit, newestClaims, stateOfClaim} from './claims.js'
import type {Sweep} from './plan.js'

export interface SweepStatus {
  readonly units: number
  readonly done: number
  readonly running: number
  readonly failed: readonly {readonly index: number; readonly reason: string | null}[]
  /** Units nobody has begun, or whose worker gave them back. */
  readonly missing: number
  /** Units whose worker died. */
  readonly dead: number
  /** Units an hour, from the mean time of a unit and the workers at work; null before the first end. */
  readonly unitsPerHour: number | null
  readonly etaSeconds: number | null
  readonly hosts: Readonly<Record<string, {readonly done: number; readonly running: number}>>
}

/** Counts the units by what became of them. */
export async function statusOf({dir, units}: Sweep): Promise<SweepStatus> {
  const [ended, newest, now] = await Promise.all([endedUnits(dir), newestClaims(dir), clockOf(dir)])
  const hosts: Record<string, {done: number; running: number}> = {}
  const failed: {index: number; reason: string | null}[] = []
  let [done, running, dead, seconds] = [0, 0, 0, 0]
  const at = (host: string) => (hosts[host] ??= {done: 0, running: 0})
  const look = async (index: number) => {
    const end = ended.get(index)
    if (end !== undefined) {
      const said = await endOfUnit(dir, index, end)
      if (end === 'failed') return void failed.push({index, reason: said?.reason ?? null})
      done++
      seconds += said?.seconds ?? 0
      if (said) at(said.host).done++
      return
    }
    const generation = newest.get(index)
    if (generation === undefined) return
    const {state, host} = await stateOfClaim(dir, index, generation, now)
    if (state === 'dead') dead++
    if (state !== 'held') return
    running++
    if (host !== null) at(host).running++
  }
  for (let k = 0; k < units.length; k += 64) await Promise.all(units.slice(k, k + 64).map(({index}) => look(index)))
  failed.sort((a, b) => a.index - b.index)
  const left = units.length - done - failed.length
  const unitsPerHour = done === 0 || seconds === 0 ? null : (3600 * done * Math.max(1, running)) / seconds
  return {
    ...{units: units.length, done, running, failed, dead, hosts, unitsPerHour},
    missing: left - running - dead,
    etaSeconds: unitsPerHour === null ? null : (3600 * left) / unitsPerHour,
  }
}

/** Frees failed units and those of dead workers; returns how many. */
export async function retry({dir, units}: Sweep): Promise<number> {
  const [ended, newest, now] = await Promise.all([endedUnits(dir), newestClaims(dir), clockOf(dir)])
  let freed = 0
  for (const {index} of units) {
    const generation = newest.get(index)
    const end = ended.get(index)
    if (generation === undefined || end === 'done') continue
    if (end !== 'failed' && (await stateOfClaim(dir, index, generation, now)).state !== 'dead') continue
    if (await freeUnit(dir, index, generation)) freed++
  }
  return freed
}
