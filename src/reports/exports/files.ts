// Files of exports: written beside their place as a stream, and whole or not at all.
import {createWriteStream} from 'node:fs'
import {open, rename, rm, stat} from 'node:fs/promises'
import {dirname, extname} from 'node:path'
import {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {LanternError, messageOf} from '../../core/errors.js'
import {makeFolder} from '../../core/folders.js'
import {partOf, removeDeadParts} from '../../core/part-file.js'

const advice = 'Give another path.'

/**
 * Writes a file through a function that fills the path it is given, and puts the result in place when it is whole and
 * on disk. Returns what the function returns. Throws `disk`; errors of ours that the function throws stay what they
 * are.
 */
export async function writeThrough<T>(path: string, fill: (draft: string) => Promise<T>): Promise<T> {
  await makeFolder(dirname(path), advice)
  const draft = partOf(path)
  try {
    await removeDeadParts(dirname(path))
    const result = await fill(draft)
    const file = await open(draft, 'r+')
    await file.sync().finally(() => file.close())
    await rename(draft, path)
    return result
  } catch (error) {
    await rm(draft, {force: true}).catch(() => undefined)
    if (error instanceof LanternError) throw error
    throw new LanternError('disk', `${path} cannot be written: ${messageOf(error)}.`, advice, {cause: error})
  }
}

/** Writes pieces of text as they come. A pipe or a device, as /dev/stdout, gets them as they are. Throws `disk`. */
export async function writePieces(path: string, pieces: AsyncIterable<string> | Iterable<string>): Promise<void> {
  const into = (place: string, flags: string) => pipeline(Readable.from(pieces), createWriteStream(place, {flags}))
  if (!(await isDevice(path))) return writeThrough(path, draft => into(draft, 'wx'))
  try {
    await into(path, 'a')
  } catch (error) {
    if (error instanceof LanternError) throw error
    throw new LanternError('disk', `${path} cannot be written: ${messageOf(error)}.`, advice, {cause: error})
  }
}

/** Whether a path is a terminal, pipe or device, as /dev/stdout: it cannot be replaced by another file. */
export async function isDevice(path: string): Promise<boolean> {
  return stat(path).then(
    found => !found.isFile() && !found.isDirectory(),
    () => false,
  )
}

/** The path of one of several files in place of one: `results.jsonl` and `vstar` give `results.vstar.jsonl`. */
export function besides(path: string, name: string): string {
  const ending = extname(path)
  return `${path.slice(0, path.length - ending.length)}.${fileName(name)}${ending}`
}

/** A name that every file system takes. */
function fileName(name: string): string {
  return (
    name
      .replaceAll(/[^A-Za-z0-9_.=-]+/g, '-')
      .replaceAll(/^[-.]+|-+$/g, '')
      .slice(-120) || 'unnamed'
  )
}
