// Who works on which unit, on a shared folder. A claim is a file `claims/UNIT.GENERATION` that is linked into place, so
// of several workers exactly one makes it. A claim is never changed into another's: whoever takes over a dead claim
// makes the next generation, which again only one can make. The newest generation counts.
import {randomUUID} from 'node:crypto'
import {access, type FileHandle, link, open, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {hostname} from 'node:os'
import {join} from 'node:path'
import {systemCodeOf} from '../../core/errors.js'
import {jsonOrNothing} from '../../core/json.js'
import {partOf, writeWhole} from '../../core/part-file.js'
import {isAlive} from '../../core/process.js'

/** A claim that was not renewed for this long is dead. */
const leaseMs = 60_000
const renewEveryMs = 15_000

export interface Claim {
  /** Whether it is still the newest one of its unit. */
  holds(): Promise<boolean>
  /** Writes how the unit ended. False, and nothing is written, where another worker took it over meanwhile. */
  end(result: UnitEnd): Promise<boolean>
  /** Frees the unit for others. */
  free(): Promise<void>
  /** Stops renewing. */
  close(): Promise<void>
}

export interface UnitEnd {
  readonly state: 'done' | 'failed'
  readonly reason: string | null
  readonly host: string
  readonly seconds: number
}

/** The newest generation of the claims of each unit. */
export async function newestClaims(dir: string): Promise<Map<number, number>> {
  const newest = new Map<number, number>()
  for (const name of await readdir(join(dir, 'claims'))) {
    const [, unit, generation] = /^(\d+)\.(\d+)$/.exec(name) ?? []
    if (unit === undefined) continue
    const index = Number(unit)
    newest.set(index, Math.max(newest.get(index) ?? 0, Number(generation)))
  }
  return newest
}

/** The units that ended, and whether they are done or failed. */
export async function endedUnits(dir: string): Promise<Map<number, UnitEnd['state']>> {
  const ended = new Map<number, UnitEnd['state']>()
  for (const name of await readdir(join(dir, 'ends'))) {
    const [, unit, state] = /^(\d+)\.(done|failed)\.json$/.exec(name) ?? []
    // A unit that failed once and was done later is done.
    if (unit !== undefined && ended.get(Number(unit)) !== 'done') ended.set(Number(unit), state as UnitEnd['state'])
  }
  return ended
}

/** How a unit ended; null for what cannot be read. */
export async function endOfUnit(dir: string, index: number, state: UnitEnd['state']): Promise<UnitEnd | null> {
  const text = await readFile(endPath(dir, index, state), 'utf8').catch(() => '')
  return (jsonOrNothing(text) as UnitEnd | undefined) ?? null
}

/** Now, by the clock of the file system: the clocks of hosts may differ. */
export async function clockOf(dir: string): Promise<number> {
  const probe = partOf(join(dir, 'claims', 'clock'))
  try {
    await writeFile(probe, '.')
    return (await stat(probe)).mtimeMs
  } finally {
    await rm(probe, {force: true})
  }
}

export interface ClaimState {
  readonly state: 'free' | 'held' | 'dead'
  readonly host: string | null
}

/** What a claim says: given up, held by a living worker, or dead. */
export async function stateOfClaim(dir: string, index: number, generation: number, now: number): Promise<ClaimState> {
  const path = claimPath(dir, index, generation)
  const text = await readFile(path, 'utf8').catch(() => '')
  const held = jsonOrNothing(text) as {free?: boolean; host?: string; pid?: number} | undefined
  if (held?.free) return {state: 'free', host: null}
  const host = held?.host ?? null
  if (host === hostname() && held?.pid !== undefined && !isAlive(held.pid)) return {state: 'dead', host}
  return {state: now - (await stat(path)).mtimeMs > leaseMs ? 'dead' : 'held', host}
}

/** Claims a unit whose newest claim is `generation` (0: none). Null where another worker was faster. */
export async function claim(dir: string, index: number, generation: number): Promise<Claim | null> {
  const next = generation + 1
  const text = JSON.stringify({host: hostname(), pid: process.pid, token: randomUUID()})
  const file = await make(dir, index, next, text)
  if (file === null) return null
  // Renewed through the open file: it never touches the claim of another worker. Its time is the file system's.
  const renewal = setInterval(() => void file.write(text, 0).catch(() => undefined), renewEveryMs)
  renewal.unref()
  const holds = async () => !(await exists(claimPath(dir, index, next + 1)))
  let closed = false
  const close = async () => {
    if (closed) return
    closed = true
    clearInterval(renewal)
    await file.close()
  }
  return {
    holds,
    async end(result) {
      if (!(await holds())) return false
      await writeWhole(endPath(dir, index, result.state), `${JSON.stringify(result)}\n`)
      if (result.state === 'done') await rm(endPath(dir, index, 'failed'), {force: true})
      return true
    },
    async free() {
      await close()
      await freeUnit(dir, index, next)
    },
    close,
  }
}

/** Makes a unit free again, by a generation that nobody holds, and forgets that it failed. */
export async function freeUnit(dir: string, index: number, generation: number): Promise<boolean> {
  const file = await make(dir, index, generation + 1, JSON.stringify({free: true}))
  await file?.close()
  if (file !== null) await rm(endPath(dir, index, 'failed'), {force: true})
  return file !== null
}

/** Linking a finished file into place is atomic, also on NFS: a claim is never seen without its holder. */
async function make(dir: string, index: number, generation: number, text: string): Promise<FileHandle | null> {
  const path = claimPath(dir, index, generation)
  const draft = partOf(path)
  const file = await open(draft, 'wx+')
  try {
    await file.write(text, 0)
    await link(draft, path)
    return file
  } catch (error) {
    await file.close()
    if (systemCodeOf(error) === 'EEXIST') return null
    throw error
  } finally {
    await rm(draft, {force: true})
  }
}

const claimPath = (dir: string, index: number, generation: number) => join(dir, 'claims', `${index}.${generation}`)
const endPath = (dir: string, index: number, state: string) => join(dir, 'ends', `${index}.${state}.json`)

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
