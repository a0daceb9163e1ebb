// Holds a run folder against a second writer. The hold of a dead process is recognised and taken over. A process that
// was suspended for too long may have lost its hold; it finds out before it writes again.
import {randomUUID} from 'node:crypto'
import {link, lstat, readFile, rename, rm, utimes, writeFile} from 'node:fs/promises'
import {hostname} from 'node:os'
import {dirname, join} from 'node:path'
import {z} from 'zod'
import {LanternError, messageOf, systemCodeOf} from '../core/errors.js'
import {makeFolder} from '../core/folders.js'
import {jsonOrNothing} from '../core/json.js'
import {partOf, removeDeadParts} from '../core/part-file.js'
import {isAlive} from '../core/process.js'

export const holdFile = 'writer.lock'

/**
 * A hold is renewed while its process lives. One this old is stale even if a process has its number (numbers are
 * reused).
 */
const staleAfterMs = 60_000
const renewEveryMs = 15_000
/** Stale holds in a row before we give up. */
const mostTries = 100
/** A hold is one line of JSON; a longer file was not written here. */
const longestHold = 4096

const holderSchema = z.object({
  pid: z.number().int().positive(),
  host: z.string(),
  since: z.string(),
  /** Tells two holds of one process apart. */
  token: z.string().optional(),
})
type Holder = z.infer<typeof holderSchema>

export interface Hold {
  /** Throws `hold-lost` when we no longer hold the folder. Called before every write. */
  check(): Promise<void>
  /** Releases the hold. The hold of a process that took over is left alone. */
  release(): Promise<void>
}

/**
 * Takes the hold and makes the folder if needed. Throws `usage` while a living process holds it, `disk` when the hold
 * cannot be written.
 */
export async function hold(runDir: string): Promise<Hold> {
  const path = join(runDir, holdFile)
  const mine = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    token: randomUUID(),
  } satisfies Holder)
  for (let tries = 0; !(await take(path, mine)); tries++) {
    const found = await inspect(path)
    if (found?.living) {
      const {pid, host, since} = found.living
      throw new LanternError(
        'usage',
        `${runDir} is being written by process ${pid} on ${host} since ${since}.`,
        'Wait for it, stop it, or give another --out.',
      )
    }
    if (tries === mostTries) throw notAHold(path)
    if (found) await putAside(path, found.text)
  }
  await removeDeadParts(runDir)
  const renewal = setInterval(() => void renew(path, mine), renewEveryMs)
  renewal.unref()
  return {
    async check() {
      // Every write waits for this check, so the usual case looks once.
      if ((await readFile(path, 'utf8').catch(() => null)) === mine) return
      const found = await inspect(path)
      const now = found?.living
        ? `process ${found.living.pid} on ${found.living.host} is writing there`
        : 'the hold is gone'
      throw new LanternError(
        'hold-lost',
        `This process no longer holds ${runDir}: ${now}.`,
        'Wait until no other process writes there, then run the same command again: finished samples are kept.',
      )
    },
    async release() {
      clearInterval(renewal)
      await putAside(path, mine)
    },
  }
}

/** Linking a finished file into place is atomic: a hold is never visible without its holder. */
async function take(path: string, holder: string): Promise<boolean> {
  const draft = partOf(path)
  await makeFolder(dirname(path), 'Give another --out.')
  try {
    await writeFile(draft, holder)
    await link(draft, path)
    return true
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST' && (await isFolder(dirname(path)))) return false
    throw new LanternError('disk', `${path} cannot be written: ${messageOf(error)}.`, 'Give another --out.', {
      cause: error,
    })
  } finally {
    await rm(draft, {force: true}).catch(() => undefined)
  }
}

async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    found => found.isDirectory() || found.isSymbolicLink(),
    () => false,
  )
}

/** Another process may have taken over: then the hold is not ours to renew. */
async function renew(path: string, mine: string): Promise<void> {
  try {
    if ((await readFile(path, 'utf8')) === mine) await utimes(path, new Date(), new Date())
  } catch {
    // It is gone. The check before the next write reports it.
  }
}

interface Found {
  /** Null for what cannot be a hold: a link, or a file that is too long. */
  readonly text: string | null
  /** The holder, if it still lives. */
  readonly living: Holder | null
}

/** What is at the place of the hold; null when nothing is. Throws `disk` when it is not a file. */
async function inspect(path: string): Promise<Found | null> {
  try {
    const found = await lstat(path)
    if (found.isSymbolicLink()) return {text: null, living: null}
    if (!found.isFile()) throw notAHold(path)
    if (found.size > longestHold) return {text: null, living: null}
    const text = await readFile(path, 'utf8')
    const holder = Date.now() - found.mtimeMs > staleAfterMs ? null : holderIn(text)
    return {text, living: holder && (holder.host !== hostname() || isAlive(holder.pid)) ? holder : null}
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return null
    throw error
  }
}

function holderIn(text: string): Holder | null {
  return holderSchema.safeParse(jsonOrNothing(text)).data ?? null
}

function notAHold(path: string): LanternError {
  return new LanternError(
    'disk',
    `${path} is in the way and is not the hold of a run.`,
    'Remove it, or give another --out.',
  )
}

/**
 * Removes a hold whose text is `text` (null: whatever its text). Another process may take it over between the look and
 * the rename; that process gets its hold back.
 */
async function putAside(path: string, text: string | null): Promise<void> {
  const aside = partOf(path)
  try {
    if (text !== null && (await readFile(path, 'utf8')) !== text) return
    await rename(path, aside)
    if (text !== null && (await readFile(aside, 'utf8')) !== text) await link(aside, path)
    await rm(aside, {force: true})
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(systemCodeOf(error) ?? '')) throw error
  }
}
