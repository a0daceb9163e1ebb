// Lists our cache folder, measures it and empties it. The hub's cache belongs to the hub's own tools and is left alone.
import {lstat, readdir, rm, rmdir} from 'node:fs/promises'
import {join} from 'node:path'
import {systemCodeOf} from '../core/errors.js'

/** The folders of the cache and what they hold. Nothing else below the cache folder is touched. */
export const cacheFolders = {
  responses: 'replies of remote endpoints',
  graphs: 'graphs of checkpoints',
  weights: 'converted weights, joined checkpoints',
  hashes: 'hashes of checkpoint files',
  data: 'benchmark data from elsewhere',
} as const

export type CacheFolder = keyof typeof cacheFolders

export interface CacheContent {
  readonly name: CacheFolder
  readonly holds: string
  readonly path: string
  readonly files: number
  readonly bytes: number
}

/** Number and total size of the files in each folder. Absent folders count as empty. Links are not followed. */
export async function cacheContents(cacheDir: string): Promise<CacheContent[]> {
  const contents: CacheContent[] = []
  for (const [name, holds] of Object.entries(cacheFolders) as [CacheFolder, string][]) {
    const path = join(cacheDir, name)
    let files = 0
    let bytes = 0
    for await (const file of filesBelow(path)) {
      files++
      bytes += file.bytes
    }
    contents.push({name, holds, path, files, bytes})
  }
  return contents
}

export interface PruneOptions {
  readonly only: readonly CacheFolder[]
  /** Only files last changed before this time are removed, in milliseconds since 1970. */
  readonly before: number
  /** Count only; remove nothing. */
  readonly dryRun: boolean
}

/** Removes cache files and the folders this leaves empty. Returns what was removed (or would be, in a dry run). */
export async function pruneCache(
  cacheDir: string,
  {only, before, dryRun}: PruneOptions,
): Promise<{files: number; bytes: number}> {
  let files = 0
  let bytes = 0
  for (const name of only) {
    for await (const file of filesBelow(join(cacheDir, name))) {
      if (file.changed >= before) continue
      files++
      bytes += file.bytes
      if (!dryRun) await rm(file.path, {force: true})
    }
    if (!dryRun) await removeEmpty(join(cacheDir, name))
  }
  return {files, bytes}
}

async function* filesBelow(folder: string): AsyncGenerator<{path: string; bytes: number; changed: number}> {
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesBelow(path)
    else {
      const {size, mtimeMs} = await lstat(path)
      yield {path, bytes: size, changed: mtimeMs}
    }
  }
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, {withFileTypes: true})
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return []
    throw error
  }
}

async function removeEmpty(folder: string): Promise<void> {
  for (const entry of await entriesOf(folder)) if (entry.isDirectory()) await removeEmpty(join(folder, entry.name))
  await rmdir(folder).catch(error => {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(systemCodeOf(error) ?? '')) throw error
  })
}
