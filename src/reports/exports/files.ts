// Files of exports: written beside their place as a stream, and whole or not at all.
import {createReadStream, createWriteStream, fstat, type Stats, type WriteStream} from 'node:fs'
import {open, realpath, rename, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, extname, join, resolve} from 'node:path'
import {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {LanternError, messageOf, systemCodeOf} from '../../core/errors.js'
import {makeFolder} from '../../core/folders.js'
import {partOf, removeDeadParts} from '../../core/part-file.js'

const advice = 'Give another path.'

/**
 * Writes a file through a function that fills the path it is given, and puts the result in place when it is whole and
 * on disk; a link stays a link. What cannot be replaced, as /dev/stdout, gets the whole file at the end. Returns what
 * the function returns. Throws `disk`; errors of ours that the function throws stay what they are.
 */
export async function writeThrough<T>(path: string, fill: (draft: string) => Promise<T>): Promise<T> {
  await makeFolder(dirname(path), advice)
  const stream = await streamAt(path)
  const target = stream === null ? await realpath(path).catch(() => path) : join(tmpdir(), 'lantern-eval-output')
  const draft = partOf(target)
  try {
    await removeDeadParts(dirname(target))
    const result = await fill(draft)
    if (stream !== null) await pipeline(createReadStream(draft), stream())
    else {
      const file = await open(draft, 'r+')
      await file.sync().finally(() => file.close())
      await rename(draft, target)
    }
    return result
  } catch (error) {
    throw unwritable(path, error)
  } finally {
    await rm(draft, {force: true}).catch(() => undefined)
  }
}

/** Writes pieces of text as they come. A pipe or a device, as /dev/stdout, gets them as they are. Throws `disk`. */
export async function writePieces(path: string, pieces: AsyncIterable<string> | Iterable<string>): Promise<void> {
  const stream = await streamAt(path)
  if (stream === null)
    return writeThrough(path, draft => pipeline(Readable.from(pieces), createWriteStream(draft, {flags: 'wx'})))
  try {
    await pipeline(Readable.from(pieces), stream())
  } catch (error) {
    throw unwritable(path, error)
  }
}

function unwritable(path: string, error: unknown): LanternError {
  if (error instanceof LanternError) return error
  const reason = systemCodeOf(error) === 'EISDIR' ? 'it is a folder' : messageOf(error)
  return new LanternError('disk', `${path} cannot be written: ${reason}.`, advice, {cause: error})
}

/**
 * What writes to a path that must not be replaced by another file; null for others. Such are terminals, pipes and
 * devices, and every name of a descriptor of this process (/dev/stdout, /dev/fd/3, or the file that the shell sent
 * stdout to). Descriptors are written themselves: opened anew, the file would have a second position, and what is
 * printed later would overwrite it.
 */
async function streamAt(path: string): Promise<(() => WriteStream) | null> {
  const found = await stat(path).catch(() => null)
  if (found === null || found.isDirectory()) return null
  if (found.isFile()) {
    const number = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(resolve(path))?.[1]
    for (const fd of number === undefined ? [1, 2] : [Number(number)]) {
      const open = await statOf(fd)
      if (open?.dev === found.dev && open.ino === found.ino) return () => createWriteStream('', {fd, autoClose: false})
    }
    return null
  }
  return () => createWriteStream(path, {flags: 'a'})
}

/** What a descriptor of this process is open on; null where it is closed. */
function statOf(fd: number): Promise<Stats | null> {
  return new Promise(done => fstat(fd, (error, found) => done(error === null ? found : null)))
}

/**
 * Throws `usage` where a format has several files for one path, and the path is a pipe, a device or a descriptor: they
 * cannot be told apart there, and no file can stand beside it. `what` says how many of what there are.
 */
export async function assertRoomBeside(path: string, format: string, what: string): Promise<void> {
  if ((await streamAt(path)) === null) return
  throw new LanternError(
    'usage',
    `--format ${format}=${path}: there are ${what}, and ${format} writes a file for each; ${path} takes only one.`,
    'Give the path of a file, to which their names are added, or runs that give one.',
  )
}

/** The path of one of several files in place of one: `results.jsonl` and `vstar` give `results.vstar.jsonl`. */
export function besides(path: string, name: string): string {
  const ending = extname(path)
  return `${path.slice(0, path.length - ending.length)}.${fileName(name)}${ending}`
}

/** A name that every file system takes. */
export function fileName(name: string): string {
  return (
    name
      .replaceAll(/[^A-Za-z0-9_.=-]+/g, '-')
      .replaceAll(/^[-.]+|-+$/g, '')
      .slice(-120) || 'unnamed'
  )
}
