// Files of a data folder: finding, reading and hashing them. Independent of benchmarks and formats.
import {existsSync} from 'node:fs'
import {open, readdir, stat} from 'node:fs/promises'
import {isAbsolute, join, relative, resolve, sep} from 'node:path'
import {LanternError, messageOf, systemCodeOf} from '../../core/errors.js'
import {hashOf, sha256OfFile} from '../../core/hash.js'
import {parseJson} from '../../core/json.js'
import {limits} from '../../core/limits.js'
import type {ImageRef} from '../../core/sample.js'
import {readSmall} from '../../core/small-file.js'

/** How deep files are searched below a data folder: `<root>/<set>/<subset>/images/<file>`, and one more. */
const depthLimit = 5

/**
 * The data files below a folder (or the file itself) whose path, relative to it and with `/`, passes `wanted`; sorted
 * by that path.
 * Links are followed (the hub cache consists of them). Hidden files and folders, and folders named in `skip`, are
 * ignored.
 * Throws `data-absent` when there is nothing at `root`.
 */
export async function findFiles(
  root: string,
  wanted: (path: string) => boolean,
  skip: readonly string[] = [],
): Promise<string[]> {
  const info = await stat(root).catch(error => {
    throw new LanternError(
      'data-absent',
      `There is no data at ${root}: ${messageOf(error)}.`,
      'Check --data, or fetch the data with `lantern-eval bench pull`.',
    )
  })
  if (info.isFile()) return wanted(root.split(sep).at(-1)!) ? [root] : []
  const found: string[] = []
  const walk = async (folder: string, depth: number): Promise<void> => {
    for (const entry of await readdir(folder, {withFileTypes: true})) {
      if (entry.name.startsWith('.') || skip.includes(entry.name)) continue
      const path = join(folder, entry.name)
      const kind = entry.isSymbolicLink() ? await stat(path).catch(() => entry) : entry
      if (kind.isDirectory() && depth < depthLimit) await walk(path, depth + 1)
      else if (kind.isFile() && wanted(relativePath(root, path))) found.push(path)
    }
  }
  await walk(root, 1)
  return found.sort()
}

/** Path below the data folder with `/` on every system, for messages and hashes. */
export function relativePath(root: string, path: string): string {
  return relative(root, path).split(sep).join('/') || path.split(sep).at(-1)!
}

/** A file of the data, or its first `length` bytes. Throws `data-absent` or `bad-file`. */
async function readBytes(path: string, length?: number): Promise<Buffer> {
  try {
    return length === undefined ? await readSmall(path, limits.dataFileBytes) : await readHead(path, length)
  } catch (error) {
    const absent = systemCodeOf(error) === 'ENOENT'
    throw new LanternError(
      absent ? 'data-absent' : 'bad-file',
      absent ? `${path} does not exist.` : `${path} cannot be read: ${messageOf(error)}.`,
      'Check that the data are complete with `lantern-eval bench verify`.',
    )
  }
}

async function readHead(path: string, length: number): Promise<Buffer> {
  const file = await open(path)
  try {
    const {buffer, bytesRead} = await file.read(Buffer.allocUnsafe(length), 0, length, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** A JSON file of the data. Throws `bad-file` naming the file (and the place, as Node reports it). */
export async function readJson(path: string): Promise<unknown> {
  const text = (await readBytes(path)).toString('utf8')
  return parseJson(text, what => new LanternError('bad-file', `${path} ${what}.`, 'Fetch the file again.'))
}

/**
 * A picture that an annotation names by its path below `root`. A path out of the folder is refused when the picture is
 * read: annotations are untrusted, and pictures are sent to endpoints.
 * @param imageRoot folder in which such a picture, or a missing one, is searched, by the longest existing end of its
 * path
 */
export function imageFile(root: string, source: string, imageRoot?: string): ImageRef {
  const path = () => {
    const inside = resolve(root, source)
    const contained = !isAbsolute(source) && relative(root, inside).split(sep)[0] !== '..'
    if (contained && (imageRoot === undefined || existsSync(inside))) return inside
    if (imageRoot === undefined)
      throw new LanternError(
        'bad-file',
        `The picture ${source} lies outside the data folder.`,
        'Name the folder of the pictures with --image-root, or remove that record from the data.',
      )
    return belowImageRoot(imageRoot, source)
  }
  return {
    source,
    orientation: 'ignore',
    bytes: async () => readBytes(path()),
    head: async length => readBytes(path(), length),
  }
}

/** `/their/disk/cot/gqa/1.jpg` below /pictures: /pictures/cot/gqa/1.jpg, else /pictures/gqa/1.jpg, else .../1.jpg. */
function belowImageRoot(imageRoot: string, source: string): string {
  const parts = source.split(/[\\/]/).filter(part => part !== '' && part !== '.' && part !== '..')
  const ends = parts.map((_, index) => join(imageRoot, ...parts.slice(index)))
  return ends.find(end => existsSync(end)) ?? ends[0] ?? imageRoot
}

/** Whether the picture that an annotation names exists. */
export function hasFile(root: string, source: string): boolean {
  return existsSync(resolve(root, source))
}

const hashes = new Map<string, Promise<string>>()

/** sha256 of a file, cached within the process while path, size and modification time stay the same. */
export async function fileSha256(path: string): Promise<string> {
  const {size, mtimeMs} = await stat(path)
  const key = `${path}\u0000${size}\u0000${mtimeMs}`
  let hash = hashes.get(key)
  if (!hash) {
    hash = sha256OfFile(path)
    hashes.set(key, hash)
  }
  return hash
}

/** One hash over the names (below `root`) and contents of files, independent of the folder's place. */
export async function filesSha256(root: string, files: readonly string[]): Promise<string> {
  const parts: [string, string][] = []
  for (const file of files) parts.push([relativePath(root, file), await fileSha256(file)])
  return hashOf(parts)
}

/** The commit of the hub snapshot (`.../snapshots/<40 hex digits>/...`) that holds a path, or null. */
export function hubRevisionOf(path: string): string | null {
  return /[\\/]snapshots[\\/]([0-9a-f]{40})(?:[\\/]|$)/.exec(path)?.[1] ?? null
}
