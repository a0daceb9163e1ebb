// Files that appear whole or not at all: they are written beside their place, under a name of this process, and then
// renamed. What a killed process left is removed by the next one that writes to the folder.
import {open, readdir, realpath, rename, rm, writeFile} from 'node:fs/promises'
import {hostname} from 'node:os'
import {dirname, join} from 'node:path'
import {threadId} from 'node:worker_threads'
import {sha256} from './hash.js'
import {isAlive} from './process.js'

/** Process ids mean something on one machine only, and folders may be shared. */
const host = sha256(hostname()).slice(0, 8)
const partName = /\.([0-9a-f]{8})-(\d+)-\d+-\d+\.part$/
let parts = 0
const swept = new Set<string>()

/** A new name beside `path`, for a file that is not finished. */
export function partOf(path: string): string {
  return `${path}.${host}-${process.pid}-${threadId}-${parts++}.part`
}

/**
 * Removes the unfinished files that dead processes of this machine left in a folder. Looks once per folder: some hold
 * thousands of files. Never fails, because nothing depends on it.
 */
export async function removeDeadParts(folder: string): Promise<void> {
  if (swept.has(folder)) return
  swept.add(folder)
  for (const name of await readdir(folder).catch(() => [])) {
    const [, where, pid] = partName.exec(name) ?? []
    if (where !== host || isAlive(Number(pid))) continue
    await rm(join(folder, name), {recursive: true, force: true}).catch(() => undefined)
  }
}

/** Writes a whole file to disk, at once or piece by piece, or leaves what was there. Throws the system error. */
export async function writeWhole(path: string, content: string | Uint8Array | AsyncIterable<string>): Promise<void> {
  // A link stays a link.
  const target = await realpath(path).catch(() => path)
  await removeDeadParts(dirname(target))
  const part = partOf(target)
  try {
    const file = await open(part, 'wx')
    try {
      await writeFile(file, content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(part, target)
  } catch (error) {
    await rm(part, {force: true}).catch(() => undefined)
    throw error
  }
}
