// Holds a run folder against a second writer. The hold of a process that died is recognised and taken over.
import {randomUUID} from 'node:crypto'
import {link, readFile, rename, rm, stat, utimes, writeFile} from 'node:fs/promises'
import {hostname} from 'node:os'
import {join} from 'node:path'
import {LanternError, messageOf, systemCodeOf} from '../core/errors.js'
import {isAlive} from '../core/process.js'

export const holdFile = 'writer.lock'

/** A hold is renewed while its process lives; one this old is stale even if its process number is in use (again). */
const staleAfterMs = 60_000
const renewEveryMs = 15_000

interface Holder {
  readonly pid: number
  readonly host: string
  readonly since: string
}

/**
 * Takes the hold and returns the function that gives it back. Throws `usage` while a living process has it, `disk`
 * where none can be written.
 */
export async function hold(runDir: string): Promise<() => Promise<void>> {
  const path = join(runDir, holdFile)
  const mine: Holder = {pid: process.pid, host: hostname(), since: new Date().toISOString()}
  while (!(await take(path, mine))) {
    const found = await inspect(path)
    if (found?.living) {
      const {pid, host, since} = found.living
      throw new LanternError(
        'usage',
        `${runDir} is being written by process ${pid} on ${host} since ${since}.`,
        'Wait for it, stop it, or give another --out.',
      )
    }
    if (found) await putAside(path, found.text)
  }
  const renewal = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), renewEveryMs)
  renewal.unref()
  return async () => {
    clearInterval(renewal)
    await rm(path, {force: true})
  }
}

/** Linking a finished file into place is atomic: nobody ever sees a hold without its holder. */
async function take(path: string, holder: Holder): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, JSON.stringify(holder)).catch(error => {
    throw new LanternError('disk', `${path} cannot be written: ${messageOf(error)}.`, 'Give another --out.', {
      cause: error,
    })
  })
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, {force: true})
  }
}

/** The hold as it stands, with its holder if that one still lives; null when there is none. */
async function inspect(path: string): Promise<{text: string; living: Holder | null} | null> {
  try {
    const [text, {mtimeMs}] = await Promise.all([readFile(path, 'utf8'), stat(path)])
    if (Date.now() - mtimeMs > staleAfterMs) return {text, living: null}
    const holder = JSON.parse(text) as Holder
    return {text, living: holder.host !== hostname() || isAlive(holder.pid) ? holder : null}
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return null
    if (error instanceof SyntaxError) return {text: '', living: null}
    throw error
  }
}

/**
 * Removes a stale hold. Between looking and renaming another process may have taken it over: that one gets its hold
 * back.
 */
async function putAside(path: string, staleText: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
    if (staleText !== '' && (await readFile(aside, 'utf8')) !== staleText) await link(aside, path)
    await rm(aside, {force: true})
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error
  }
}
