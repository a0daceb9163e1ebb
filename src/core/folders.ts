// Makes folders. Node's own recursive mkdir repeats itself for ever where the file system answers that a parent is
// absent although it is there, as /proc does (nodejs/node: src/node_file.cc, MKDirpAsync). So each level is made once.
import {mkdir, stat} from 'node:fs/promises'
import {dirname, resolve} from 'node:path'
import {LanternError, messageOf, systemCodeOf} from './errors.js'

/**
 * Makes a folder and those above it, where they are absent. Throws LanternError `disk`, whatever the reason.
 * @param suggestion what to do instead
 */
export async function makeFolder(
  path: string,
  suggestion = 'Give another folder, one that you may write.',
): Promise<void> {
  const absent: string[] = []
  try {
    let at = resolve(path)
    for (; !(await isFolder(at)); at = dirname(at)) absent.push(at)
    for (const folder of absent.reverse()) await makeOne(folder)
  } catch (error) {
    throw new LanternError('disk', `${path} cannot be made: ${reasonOf(error)}.`, suggestion, {cause: error})
  }
}

class NotAFolder extends Error {}

/** False where there is nothing. Throws where there is something else, or where nobody may look. */
async function isFolder(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' && dirname(path) !== path) return false
    // Something above is not a folder: it is named when its turn comes.
    if (systemCodeOf(error) === 'ENOTDIR') return false
    throw error
  }
  throw new NotAFolder(`${path} is not a folder`)
}

async function makeOne(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    // Another process made it meanwhile; or it is a link to nothing.
    if (systemCodeOf(error) === 'EEXIST' && (await isFolder(folder))) return
    throw error
  }
}

const reasons: ReadonlyMap<unknown, string> = new Map([
  ['EACCES', 'permission is denied'],
  ['EPERM', 'permission is denied'],
  ['EROFS', 'the disk is read-only'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the quota is used up'],
  ['ENAMETOOLONG', 'its name is too long'],
  ['ELOOP', 'its links lead in a circle'],
  ['ENOENT', 'nothing can be made there'],
  ['EEXIST', 'a link to nothing is in its place'],
])

/** Why the file system refused, in plain words where they are known. */
export function reasonOf(error: unknown): string {
  return reasons.get(systemCodeOf(error)) ?? messageOf(error)
}
