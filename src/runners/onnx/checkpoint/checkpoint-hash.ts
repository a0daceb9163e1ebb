// Identifies a checkpoint by one hash over its weights, configuration, tokenizer and template.
import {readFile, realpath, stat} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {makeFolder} from '../../../core/folders.js'
import {hashOf, sha256, sha256OfFile} from '../../../core/hash.js'
import {writeWhole} from '../../../core/part-file.js'
import type {Checkpoint} from '../types.js'

/**
 * sha256 over the names and contents of `checkpoint.files`, independent of where the folder is. The contents of
 * unchanged files are hashed once.
 */
export async function checkpointSha256(checkpoint: Checkpoint, cacheDir: string): Promise<string> {
  const hashes: [string, string][] = []
  for (const file of checkpoint.files) hashes.push([basename(file), await rememberedSha256(file, cacheDir)])
  return hashOf(hashes)
}

/**
 * Remembers hashes under `cacheDir` by path, size and modification time. A cache that cannot be written only costs
 * time.
 */
async function rememberedSha256(file: string, cacheDir: string): Promise<string> {
  const path = await realpath(file)
  const {size, mtimeNs} = await stat(path, {bigint: true})
  const folder = join(cacheDir, 'hashes')
  const memory = join(folder, sha256(`${path} ${size} ${mtimeNs}`))
  const known = await readFile(memory, 'utf8').catch(() => '')
  if (/^[0-9a-f]{64}$/.test(known)) return known
  const hash = await sha256OfFile(path)
  await makeFolder(folder)
    .then(() => writeWhole(memory, hash))
    .catch(() => undefined)
  return hash
}
