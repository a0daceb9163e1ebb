// The data files that a definition names: paths relative to its folder, `*` for any part of a file name.
import {existsSync} from 'node:fs'
import {readdir, stat} from 'node:fs/promises'
import {dirname, isAbsolute, join, resolve} from 'node:path'
import {LanternError} from '../../core/errors.js'
import type {DefinitionFile} from './schema.js'

/** The paths of a split, as the definition gives them. */
export function dataPaths({data}: Pick<DefinitionFile, 'data'>, split: string): readonly string[] {
  if (typeof data === 'string' || Array.isArray(data)) return [data].flat()
  return [data[split] ?? []].flat()
}

/** The splits of a definition: one path or list is the split `test`. */
export function splitsOf({data}: Pick<DefinitionFile, 'data'>): readonly string[] {
  return typeof data === 'string' || Array.isArray(data) ? ['test'] : Object.keys(data)
}

/** Whether a folder holds the data of a split. */
export async function hasData(folder: string, paths: readonly string[]): Promise<boolean> {
  for (const path of paths) if ((await matching(folder, path)).length === 0) return false
  return true
}

/**
 * The files of a split below a folder, in the order in which they are named; those of a pattern by their names.
 * Throws `data-absent` for a path that nothing is found for.
 */
export async function dataFiles(folder: string, paths: readonly string[], id: string): Promise<string[]> {
  const files: string[] = []
  for (const path of paths) {
    const found = await matching(folder, path)
    if (found.length === 0)
      throw new LanternError(
        'data-absent',
        `The data of ${id} are not there: ${resolve(folder, path)}.`,
        'Correct "data" in its definition, or give --data DIR.',
      )
    files.push(...found)
  }
  return [...new Set(files)]
}

async function matching(folder: string, path: string): Promise<string[]> {
  const whole = isAbsolute(path) ? path : join(folder, path)
  if (existsSync(whole) || !whole.includes('*')) return (await isFile(whole)) ? [whole] : []
  const place = dirname(whole)
  if (place.includes('*')) return []
  const wanted = pattern(whole.slice(place.length + 1))
  const names = await readdir(place).catch(() => [])
  const found: string[] = []
  for (const name of names.sort())
    if (wanted.test(name) && (await isFile(join(place, name)))) found.push(join(place, name))
  return found
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    info => info.isFile(),
    () => false,
  )
}

/** A name with `*` as a pattern for the whole of it; `*` does not cross a folder. */
export function pattern(name: string): RegExp {
  const parts = name.split('*').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^/]*')}$`)
}
