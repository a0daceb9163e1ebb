// Decides where a graph finds its weight files. onnxruntime refuses external data reached through a symbolic link out
// of the model's folder, so links are resolved first: in a hub cache (snapshots/ -> blobs/) the folder becomes blobs/.
// The model itself is passed as bytes together with that folder's name. Nothing is written beside the weights, so
// read-only folders and other file systems need no special care.
import {copyFile, link, realpath, stat} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {LanternError, messageOf, systemCodeOf} from '../../core/errors.js'
import {makeFolder} from '../../core/folders.js'
import {sha256} from '../../core/hash.js'

export interface Placement {
  readonly folder: string
  /** The name of a weight file inside `folder`. */
  locate(file: string): string
}

/**
 * The folder that actually contains all files. Files whose links lead to different folders are collected under
 * `cacheDir`, by hard links where the file system allows them, otherwise by copying. Throws LanternError `disk` when
 * that fails.
 */
export async function placeWeights(files: readonly string[], cacheDir: string): Promise<Placement> {
  const real = new Map<string, string>()
  for (const file of files) real.set(file, await realpath(file))
  const folders = new Set([...real.values()].map(path => dirname(path)))
  if (folders.size === 1) return {folder: [...folders][0]!, locate: file => basename(real.get(file)!)}

  // Sizes and times are part of the name, so that a rewritten file is not served by a link to its old contents.
  const identities: string[] = []
  for (const path of real.values()) {
    const {size, mtimeNs} = await stat(path, {bigint: true})
    identities.push(`${path} ${size} ${mtimeNs}`)
  }
  const folder = join(cacheDir, 'weights', sha256(JSON.stringify(identities)).slice(0, 16))
  const name = (file: string) => `${[...real.keys()].indexOf(file)}-${basename(file)}`
  try {
    await makeFolder(folder)
    for (const [file, target] of real) await linkOrCopy(target, join(folder, name(file)))
  } catch (error) {
    throw new LanternError(
      'disk',
      `The weight files lie in ${folders.size} folders and cannot be collected in ${folder}: ${messageOf(error)}.`,
      'Put all shards into one folder.',
    )
  }
  return {folder, locate: name}
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === 'EEXIST') return
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'EMLINK' && code !== 'ENOTSUP') throw error
    await copyFile(from, to)
  }
}
