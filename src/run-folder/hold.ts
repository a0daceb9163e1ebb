// Holds a run folder against a second writer, by a lease. The hold of a dead process is recognised and taken over. A
// process that was suspended for too long may have lost its hold; it finds out before it writes again.
import {link, readFile, rename, rm} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {LanternError, messageOf, systemCodeOf} from '../core/errors.js'
import {makeFolder} from '../core/folders.js'
import {partOf} from '../core/part-file.js'
import {
  type Holder,
  identityOf,
  type Lease,
  notALease,
  type Sight,
  type Tenant,
  takeLease,
  thisProcess,
  Watch,
} from './lease.js'

export const holdFile = 'writer.lock'

/** Beside a dead hold while it is removed. */
const removing = '.removing'

/** A removal takes a few calls of the file system. */
const removalMs = 10

/** Dead holds in a row before we give up. */
const mostTries = 100

export interface Hold {
  /** Throws `hold-lost` when we no longer hold the folder. Called before every write. */
  check(): Promise<void>
  /** Releases the hold. The hold of a process that took over is left alone. */
  release(): Promise<void>
}

export interface Waiting {
  /** Told once, when it takes a while to find out whether a holder lives. */
  readonly tell?: (sentence: string) => void
  readonly tenant?: Tenant
  readonly signal?: AbortSignal
}

/**
 * Takes the hold and makes the folder if needed. Whether a holder on another host lives shows within a lease. Throws
 * `usage` while a living process holds it, `disk` when the hold cannot be written.
 */
export async function hold(runDir: string, {tell, tenant = thisProcess()}: Waiting = {}): Promise<Hold> {
  const path = join(runDir, holdFile)
  const watch = new Watch(tenant)
  let told = false
  let lease = await take(path, tenant)
  for (let tries = 0; lease === null; lease = await take(path, tenant)) {
    const sight = await watch.look(path)
    if (sight === null || sight.dead) {
      if (tries++ === mostTries) throw notALease(path)
      if (sight !== null) await removeDead(path, sight.text, tenant)
      continue
    }
    if (sight.beat || (await isFresh(watch, path, sight))) throw isHeld(runDir, sight.holder!)
    if (!told) tell?.(waitingFor(runDir, sight.holder!))
    told = true
    await tenant.clock.sleep(Math.min(1000, watch.pauseMs))
  }
  const {token, close} = lease
  return {
    async check() {
      // Every write waits for this check, so the usual case looks once.
      if (identityOf(await readFile(path, 'utf8').catch(() => '')) === token) return
      const now = (await new Watch(tenant).look(path).catch(() => null)) ?? {dead: true, holder: null}
      const {pid, host} = now.holder ?? {}
      const what = now.dead ? 'the hold is gone' : `process ${pid} on ${host} is writing there`
      throw new LanternError(
        'hold-lost',
        `This process no longer holds ${runDir}: ${what}.`,
        'Wait until no other process writes there, then run the same command again: finished samples are kept.',
      )
    },
    async release() {
      close()
      await putAside(path, token)
    },
  }
}

/**
 * Waits while another process holds a run folder, for two leases at most, and removes a dead hold. For workers of a
 * sweep, who know that its holder lost the unit and will stop. Who holds it even then is found by `hold`.
 */
export async function untilFree(runDir: string, {tell, tenant = thisProcess(), signal}: Waiting = {}): Promise<void> {
  const path = join(runDir, holdFile)
  const watch = new Watch(tenant)
  const {clock} = tenant
  const began = clock.now()
  for (let looks = 0; !signal?.aborted; looks++) {
    const sight = await watch.look(path)
    if (sight === null) return
    if (sight.dead) return removeDead(path, sight.text, tenant)
    const {leaseSeconds} = sight.holder!
    if (clock.now() - began > 2.5 * 1000 * leaseSeconds) return
    if (looks === 0) tell?.(waitingFor(runDir, sight.holder!))
    await clock.sleep(Math.min(1000, watch.pauseMs), signal)
  }
}

function isHeld(runDir: string, {pid, host, since}: Holder): LanternError {
  return new LanternError(
    'usage',
    `${runDir} is being written by process ${pid} on ${host} since ${since}.`,
    'Wait for it, stop it, or give another --out.',
  )
}

function waitingFor(runDir: string, {pid, host, leaseSeconds}: Holder): string {
  return `Waiting up to ${leaseSeconds} s to see whether process ${pid} on ${host} still writes ${runDir}.`
}

/** False for a hold that vanished meanwhile. */
async function isFresh(watch: Watch, path: string, sight: Sight): Promise<boolean> {
  return watch.isFresh(path, sight).catch(() => false)
}

async function take(path: string, tenant: Tenant): Promise<Lease | null> {
  await makeFolder(dirname(path), 'Give another --out.')
  try {
    return await takeLease(path, tenant)
  } catch (error) {
    throw new LanternError('disk', `${path} cannot be written: ${messageOf(error)}.`, 'Give another --out.', {
      cause: error,
    })
  }
}

/**
 * Removes a dead hold with this text (null: whatever its text). Only one process at a time does: between the look of
 * another and its rename, a third could take the place, and the rename would take it away again.
 */
async function removeDead(path: string, text: string | null, tenant: Tenant): Promise<void> {
  const ended = await turnAt(`${path}${removing}`, tenant)
  try {
    await putAside(path, text)
  } finally {
    await ended()
  }
}

/**
 * Removes a hold with this text or token (null: whatever its text), and writes nothing, so that a full disk keeps none.
 * Another process may take it over between the look and the rename; that process gets its hold back.
 */
async function putAside(path: string, text: string | null): Promise<void> {
  const aside = partOf(path)
  const isOther = async (at: string) => text !== null && identityOf(await readFile(at, 'utf8')) !== identityOf(text)
  try {
    if (await isOther(path)) return
    await rename(path, aside)
    if (await isOther(aside)) await link(aside, path)
    await rm(aside, {force: true})
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(systemCodeOf(error) ?? '')) throw error
  }
}

/** Waits until no other living process has the lease at `path`, and takes it. Returns what gives it back. */
async function turnAt(path: string, tenant: Tenant): Promise<() => Promise<void>> {
  const watch = new Watch(tenant)
  for (let lease = await take(path, tenant); ; lease = await take(path, tenant)) {
    if (lease !== null) {
      const {close} = lease
      return async () => {
        close()
        await rm(path, {force: true})
      }
    }
    const sight = await watch.look(path)
    if (sight?.dead) await rm(path, {force: true})
    else await tenant.clock.sleep(removalMs)
  }
}
