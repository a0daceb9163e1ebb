// Leases on a shared folder: a file that names its holder, for as long as the holder shows signs of life. Used by the
// hold of a run folder and by the claims of a sweep. What is done with a dead lease is the business of those two.
//
// Clocks of hosts differ, and some file systems stamp files with the clock of the client (Lustre, sshfs). So nobody
// compares a stamp with a clock of another host: a holder changes a counter in its file, and whoever waits for the
// lease counts, by a clock of its own that never jumps, how long it has seen the counter stand still.
import {randomUUID} from 'node:crypto'
import {readFileSync, readlinkSync} from 'node:fs'
import {link, lstat, open, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {hostname} from 'node:os'
import {dirname} from 'node:path'
import {setTimeout as pause} from 'node:timers/promises'
import {z} from 'zod'
import {LanternError, systemCodeOf} from '../core/errors.js'
import {sha256} from '../core/hash.js'
import {jsonOrNothing} from '../core/json.js'
import {partOf, removeDeadParts} from '../core/part-file.js'
import {isAlive} from '../core/process.js'

/** Beats within a lease: several may come late, or fail, before the holder counts as dead. */
const beatsPerLease = 4
/** Looks within a lease. Time in which nobody looked does not count, because the onlooker may have been suspended. */
const looksPerLease = 6
/** A lease is one line of JSON; a longer file was not written here. */
const longest = 4096
const beatDigits = 12

const holderSchema = z.object({
  pid: z.number().int().positive(),
  host: z.string(),
  /** Where the number of the process means something: equal for processes that can see each other. */
  realm: z.string().optional(),
  since: z.string(),
  /** Tells two leases of one process apart. */
  token: z.string(),
  /** How long the holder counts as living after its last beat. Written down, so that onlookers need not agree. */
  leaseSeconds: z.number().positive().max(600),
})
export type Holder = z.infer<typeof holderSchema>

/** Time as leases need it. A simulation has its own. */
export interface Clock {
  /** Milliseconds by a clock that never jumps; its zero means nothing. */
  now(): number
  /** Resolves after `ms`, or once `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Repeats `work` until the function that it returns is called. Does not keep the process alive. */
  every(ms: number, work: () => Promise<void>): () => void
}

/** Who takes leases and looks at those of others. */
export interface Tenant {
  readonly pid: number
  readonly host: string
  readonly realm: string
  readonly leaseSeconds: number
  readonly clock: Clock
}

const realClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => pause(ms, undefined, signal === undefined ? {} : {signal}).catch(() => undefined),
  every(ms, work) {
    let busy = false
    const timer = setInterval(() => {
      if (busy) return
      busy = true
      void work().finally(() => {
        busy = false
      })
    }, ms)
    timer.unref()
    return () => clearInterval(timer)
  },
}

/** This process. `LANTERN_EVAL_LEASE_SECONDS` sets how long it counts as living after its last sign, 60 without. */
export function thisProcess(env: Readonly<Record<string, string | undefined>> = process.env): Tenant {
  const given = env['LANTERN_EVAL_LEASE_SECONDS']
  const leaseSeconds = given ? Number(given) : 60
  if (!(leaseSeconds >= 1 && leaseSeconds <= 600))
    throw new LanternError('usage', `LANTERN_EVAL_LEASE_SECONDS is "${given}".`, 'Give seconds from 1 to 600.')
  return {pid: process.pid, host: hostname(), realm: realmOfProcess(), leaseSeconds, clock: realClock}
}

/** Containers of one host may share its name, but not its numbers of processes; a boot begins them anew. */
function realmOfProcess(): string {
  const said = (read: () => string) => {
    try {
      return read().trim()
    } catch {
      return '' // Linux alone has /proc.
    }
  }
  const boot = said(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))
  const space = said(() => readlinkSync('/proc/self/ns/pid'))
  return sha256([hostname(), boot, space].join('\n')).slice(0, 16)
}

export interface Lease {
  readonly token: string
  /** Stops the signs of life. The file stays. */
  close(): void
}

/**
 * Puts a lease at `path`, and renews it until it is closed. Null where something is there already. Throws system
 * errors.
 * @param onBeat called at each sign of life, whether it could be given or not
 */
export async function takeLease(
  path: string,
  {clock, ...owner}: Tenant,
  onBeat: () => Promise<void> = async () => {},
): Promise<Lease | null> {
  const token = randomUUID()
  const said = {...owner, since: new Date().toISOString(), token}
  // Always of the same length: it is written over the one before.
  const textOf = (beat: number) => JSON.stringify({...said, beat: String(beat).padStart(beatDigits, '0')})
  if (!(await place(path, textOf(0)))) return null
  let beats = 0
  const stop = clock.every((1000 * owner.leaseSeconds) / beatsPerLease, async () => {
    // A lease that others took over shows in `onBeat`; a share that cannot be reached may come back.
    await renew(path, token, textOf(++beats)).catch(() => undefined)
    await onBeat().catch(() => undefined)
  })
  return {token, close: stop}
}

/** Linking a finished file into place is atomic, on NFS too: a lease is never seen without its holder. */
async function place(path: string, text: string): Promise<boolean> {
  await removeDeadParts(dirname(path))
  const draft = partOf(path)
  try {
    const file = await open(draft, 'wx')
    try {
      await file.writeFile(text)
      // A client of NFS keeps what was written to itself for a while, but not the link.
      await file.datasync()
    } finally {
      await file.close()
    }
    await link(draft, path)
    return true
  } catch (error) {
    // The reply to a link may be lost, and the repeated call then finds its own work (open(2), "O_EXCL").
    if (systemCodeOf(error) === 'EEXIST') return (await stat(draft)).nlink === 2
    throw error
  } finally {
    await rm(draft, {force: true}).catch(() => undefined)
  }
}

/** Read and written through one open file: never touches the lease of whoever takes the place meanwhile. */
async function renew(path: string, token: string, text: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    if (identityOf(await file.readFile('utf8')) !== token) return
    await file.write(text, 0)
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** Tells whose lease a text is, also after it was renewed. A text that is no lease stands for itself. */
export function identityOf(text: string): string {
  return holderIn(text)?.token ?? text
}

function holderIn(text: string): Holder | null {
  return holderSchema.safeParse(jsonOrNothing(text)).data ?? null
}

export interface Sight {
  /** Null for what cannot be a lease: a link, or a file that is too long. */
  readonly text: string | null
  /** Null for what is no lease. */
  readonly holder: Holder | null
  /** True if nobody can hold it any more: no lease, a process that ended, or one without a sign for a whole lease. */
  readonly dead: boolean
  /** True if this watch has seen a sign of life. */
  readonly beat: boolean
}

interface Observed {
  readonly text: string
  readonly leaseMs: number
  /** How long it was seen without a change. */
  silentMs: number
  lookedAt: number
  beat: boolean
}

/** Looks at leases again and again, and knows which of them stand still. */
export class Watch {
  readonly #tenant: Tenant
  #seen = new Map<string, Observed>()

  constructor(tenant: Tenant = thisProcess()) {
    this.#tenant = tenant
  }

  /** How long to wait between two looks at most, for all of the time to count. */
  get pauseMs(): number {
    return Math.min(60_000, ...[...this.#seen.values()].map(({leaseMs}) => leaseMs)) / looksPerLease / 2
  }

  /** What is at `path`; null where nothing is. Throws `disk` for what is neither a file nor a link. */
  async look(path: string): Promise<Sight | null> {
    const text = await textAt(path)
    if (text === undefined) {
      this.#seen.delete(path)
      return null
    }
    const holder = text === null ? null : holderIn(text)
    if (text === null || holder === null) return {text, holder, dead: true, beat: false}
    if (holder.realm === this.#tenant.realm && !isAlive(holder.pid)) return {text, holder, dead: true, beat: false}
    const now = this.#tenant.clock.now()
    const before = this.#seen.get(path)
    const same = before?.text === text
    const leaseMs = 1000 * holder.leaseSeconds
    const counted = same ? Math.min(now - before.lookedAt, leaseMs / looksPerLease) : 0
    const silentMs = same ? before.silentMs + counted : 0
    const another = before !== undefined && identityOf(before.text) !== holder.token
    const beat = before !== undefined && !another && (before.beat || !same)
    this.#seen.set(path, {text, leaseMs, silentMs, lookedAt: now, beat})
    return {text, holder, dead: silentMs >= leaseMs, beat}
  }

  /** Forgets all leases but these, so that a long watch stays small. */
  keepOnly(paths: ReadonlySet<string>): void {
    this.#seen = new Map([...this.#seen].filter(([path]) => paths.has(path)))
  }

  /**
   * True if a process beside this one gave a sign a moment ago. Its stamps come from the clock that stamps ours, so
   * they may be compared; those of another host may not.
   */
  async isFresh(path: string, {holder}: Sight): Promise<boolean> {
    if (holder === null || holder.realm !== this.#tenant.realm) return false
    const now = await stampOf(dirname(path))
    return now - (await stat(path)).mtimeMs < (2 * 1000 * holder.leaseSeconds) / beatsPerLease
  }
}

/**
 * Now, as the file system stamps files in a folder. Next to stamps of other hosts it is a hint for people, and for
 * those who can do no harm with it.
 */
export async function stampOf(folder: string): Promise<number> {
  const probe = partOf(`${folder}/clock`)
  try {
    await writeFile(probe, '.')
    return (await stat(probe)).mtimeMs
  } finally {
    await rm(probe, {force: true})
  }
}

/** Undefined where nothing is, null for what cannot be a lease. */
async function textAt(path: string): Promise<string | null | undefined> {
  try {
    const found = await lstat(path)
    if (found.isSymbolicLink()) return null
    if (!found.isFile()) throw notALease(path)
    return found.size > longest ? null : await readFile(path, 'utf8')
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** What is in the way, and nobody may remove it but its owner. */
export function notALease(path: string): LanternError {
  return new LanternError(
    'disk',
    `${path} is in the way and is not the hold of a run.`,
    'Remove it, or give another --out.',
  )
}
