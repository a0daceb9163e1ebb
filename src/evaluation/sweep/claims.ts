// Who works on which unit, on a shared folder. A claim is a lease at `claims/UNIT.GENERATION` that is linked into
// place, so of several workers exactly one makes it. A claim is never changed into another's: whoever takes over a dead
// claim makes the next generation, which again only one can make. The newest generation counts. How a claim ended is a
// file `ends/UNIT.GENERATION.STATE.json`. So the names of files alone say which units are free, begun, done or failed.
import {access, readdir, readFile, stat} from 'node:fs/promises'
import {join} from 'node:path'
import {LanternError} from '../../core/errors.js'
import {reasonOf} from '../../core/folders.js'
import {jsonOrNothing} from '../../core/json.js'
import {writeWhole} from '../../core/part-file.js'
import {type Lease, type Tenant, takeLease, thisProcess} from '../../run-folder/lease.js'

export interface Claim {
  /** Aborts once another worker took the unit over: this process was suspended, or cut off from the folder. */
  readonly lost: AbortSignal
  /** Whether the unit is still ours. */
  holds(): Promise<boolean>
  /** Writes how the unit ended. False, and nothing is written, where another worker took it over meanwhile. */
  end(result: UnitEnd): Promise<boolean>
  /** Frees the unit for others. */
  free(): Promise<void>
  /** Stops renewing. */
  close(): void
}

export interface UnitEnd {
  readonly state: 'done' | 'failed'
  readonly reason: string | null
  readonly host: string
  readonly seconds: number
}

/** How a claim ended; one that was given back, by its worker or by `retry`, is `freed`. */
type EndState = UnitEnd['state'] | 'freed'

/** What the names of files say about one unit. */
export interface Begun {
  /** The newest claim; 0 for none. */
  readonly generation: number
  /** `open` while somebody holds that claim, or died with it. */
  readonly state: 'open' | EndState
}

/** All units that were ever claimed. */
export async function begunUnits(dir: string): Promise<Map<number, Begun>> {
  // Claims are read first: an end that comes between the two is of a claim that is known, or it is left out.
  const claims = await namesIn(join(dir, 'claims'))
  const ends = await namesIn(join(dir, 'ends'))
  const units = new Map<number, {generation: number; state: Begun['state']}>()
  for (const name of claims) {
    const [, unit, generation] = /^(\d+)\.(\d+)$/.exec(name) ?? []
    if (unit === undefined) continue
    const before = units.get(Number(unit))
    if (before === undefined) units.set(Number(unit), {generation: Number(generation), state: 'open'})
    else before.generation = Math.max(before.generation, Number(generation))
  }
  for (const name of ends) {
    const [, unit, generation, state] = /^(\d+)\.(\d+)\.(done|failed|freed)\.json$/.exec(name) ?? []
    const begun = unit === undefined ? undefined : units.get(Number(unit))
    if (begun === undefined || begun.state === 'done') continue
    // Done is done, by whichever worker. What was freed after it failed is free.
    if (state === 'done') Object.assign(begun, {state, generation: Number(generation)})
    else if (Number(generation) === begun.generation && begun.state !== 'freed') begun.state = state as EndState
  }
  return units
}

/** Readings of an unchanged folder before it is listed all the same: two changes may have one stamp. */
const mostReuses = 5

/**
 * As `begunUnits`, for those who look again and again: lists the folder where its stamps changed. They are compared
 * with themselves, never with a clock.
 */
export function begunReader(dir: string): () => Promise<ReadonlyMap<number, Begun>> {
  let last: {readonly stamps: string; readonly units: ReadonlyMap<number, Begun>; reuses: number} | null = null
  return async () => {
    const folders = ['claims', 'ends'].map(name => stat(join(dir, name), {bigint: true}))
    const stamps = (await Promise.all(folders).catch(() => [])).map(({mtimeNs}) => mtimeNs).join(' ')
    if (last !== null && last.stamps === stamps && last.reuses++ < mostReuses) return last.units
    last = {stamps, units: await begunUnits(dir), reuses: 0}
    return last.units
  }
}

/** The units that ended, and whether they are done or failed. */
export async function endedUnits(dir: string): Promise<Map<number, UnitEnd['state']>> {
  const ended = new Map<number, UnitEnd['state']>()
  for (const [index, {state}] of await begunUnits(dir))
    if (state === 'done' || state === 'failed') ended.set(index, state)
  return ended
}

/** How a unit ended; null for what cannot be read. */
export async function endOfUnit(dir: string, index: number, {generation, state}: Begun): Promise<UnitEnd | null> {
  const text = await readFile(endPath(dir, index, generation, state), 'utf8').catch(() => '')
  return (jsonOrNothing(text) as UnitEnd | undefined) ?? null
}

/** Claims a unit whose newest claim is `generation` (0: none). Null where another worker was faster. */
export async function claim(
  dir: string,
  index: number,
  generation: number,
  tenant: Tenant = thisProcess(),
): Promise<Claim | null> {
  const mine = generation + 1
  const lost = new AbortController()
  const holds = async () =>
    !lost.signal.aborted &&
    !(await exists(claimPath(dir, index, mine + 1))) &&
    !(await exists(endPath(dir, index, mine, 'freed')))
  const watched = async () => {
    if (!(await holds())) lost.abort()
  }
  const lease: Lease | null = await writing(dir, () => takeLease(claimPath(dir, index, mine), tenant, watched))
  if (lease === null) return null
  return {
    lost: lost.signal,
    holds,
    async end(result) {
      if (!(await holds())) return false
      await writing(dir, () => writeWhole(endPath(dir, index, mine, result.state), `${JSON.stringify(result)}\n`))
      return true
    },
    async free() {
      lease.close()
      await freeUnit(dir, index, mine)
    },
    close: lease.close,
  }
}

/** Makes a unit free again whose newest claim is `generation`. Its worker, should it still live, finds out. */
export async function freeUnit(dir: string, index: number, generation: number): Promise<void> {
  await writing(dir, () => writeWhole(endPath(dir, index, generation, 'freed'), '{}\n'))
}

/** Where the claim of a unit lies. */
export function claimPath(dir: string, index: number, generation: number): string {
  return join(dir, 'claims', `${index}.${generation}`)
}

function endPath(dir: string, index: number, generation: number, state: string): string {
  return join(dir, 'ends', `${index}.${generation}.${state}.json`)
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    const advice = 'The plan alone cannot be worked on: plan the sweep again, in another folder.'
    throw new LanternError('bad-file', `${folder} cannot be read: ${reasonOf(error)}.`, advice, {cause: error})
  }
}

async function writing<T>(dir: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    throw new LanternError(
      'disk',
      `The claims of the sweep ${dir} cannot be written: ${reasonOf(error)}.`,
      'Mend that and start the worker again: units that are done stay done, and begun ones are resumed.',
      {cause: error},
    )
  }
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
