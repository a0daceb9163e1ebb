// Carries stored latents and features of pictures from one run folder to another: same names, so what read them there
// finds them here. Files are copied one by one by the system, and appear whole or not at all.
import {constants} from 'node:fs'
import {copyFile, readdir, rename, rm, stat} from 'node:fs/promises'
import {dirname, join, relative} from 'node:path'
import {LanternError, messageOf} from '../core/errors.js'
import {makeFolder} from '../core/folders.js'
import {partOf} from '../core/part-file.js'

const folders = ['latents', 'features'] as const

/** The names of the files of each kind; those that lay there with the same size count too. */
export type Carried = Record<(typeof folders)[number], string[]>

/**
 * Copies what is not there yet. Shards hold latents of different samples; features of a picture that several of them
 * have are equal. Throws LanternError `disk`.
 */
export async function carryStored(from: string, to: string): Promise<Carried> {
  const carried: Carried = {latents: [], features: []}
  for (const folder of folders) {
    const root = join(from, folder)
    const entries = await readdir(root, {recursive: true, withFileTypes: true}).catch(() => [])
    for (const entry of entries) {
      if (!entry.isFile() || !entry.name.endsWith('.safetensors')) continue
      const source = join(entry.parentPath, entry.name)
      const name = relative(root, source)
      await copyWhole(source, join(to, folder, name))
      carried[folder].push(name)
    }
  }
  return carried
}

async function copyWhole(source: string, target: string): Promise<void> {
  const there = await stat(target).catch(() => null)
  const part = partOf(target)
  try {
    if (there?.size === (await stat(source)).size) return
    await makeFolder(dirname(target))
    await copyFile(source, part, constants.COPYFILE_FICLONE)
    await rename(part, target)
  } catch (error) {
    await rm(part, {force: true}).catch(() => undefined)
    if (error instanceof LanternError) throw error
    throw new LanternError(
      'disk',
      `${source} cannot be copied to ${target}: ${messageOf(error)}.`,
      'Give another --out.',
    )
  }
}
