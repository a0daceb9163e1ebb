// What identifies a checkpoint in a lock: one hash over its files. Weights are gigabytes, so the hash of a file is remembered until the
// file changes.
import {mkdir, readFile, stat, writeFile} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {hashOf, sha256OfFile} from '../../core/hash.js'

/** Depends on the names and contents of the files, not on where they lie. */
export async function checkpointHash(files: readonly string[], cacheDir: string): Promise<string> {
  const hashes: [string, string][] = []
  for (const file of files) hashes.push([basename(file), await rememberedHash(file, cacheDir)])
  return hashOf(hashes)
}

/** Smaller files are not worth a note. */
const worthRemembering = 1 << 24

async function rememberedHash(file: string, cacheDir: string): Promise<string> {
  const {size, mtimeMs, ino} = await stat(file)
  if (size < worthRemembering) return sha256OfFile(file)
  const note = join(cacheDir, 'hashes', hashOf([file, size, mtimeMs, ino]))
  const known = await readFile(note, 'utf8').catch(() => '')
  if (/^[0-9a-f]{64}$/.test(known)) return known
  const hash = await sha256OfFile(file)
  // A cache that cannot be written only costs time.
  await mkdir(join(cacheDir, 'hashes'), {recursive: true})
    .then(() => writeFile(note, hash))
    .catch(() => {})
  return hash
}
