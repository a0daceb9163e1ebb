// Reads the JSON files of a checkpoint folder. Whatever a file contains, reading it takes bounded time and memory and
// gives an object or one error that names the file and the place. The fields are not interpreted here.
import {stat} from 'node:fs/promises'
import {LanternError, messageOf, systemCodeOf} from './errors.js'
import {type JsonObject, parseJsonObject} from './json.js'
import {limits} from './limits.js'
import {readSmall} from './small-file.js'

const fetchAgain = 'Fetch this file again.'

/** Throws LanternError `bad-checkpoint` for anything but a JSON object within the bounds. */
export async function readJsonObject(file: string): Promise<JsonObject> {
  return parseJsonObject((await readBounded(file)).toString('utf8'), what =>
    badCheckpoint(`${file} ${what}.`, fetchAgain),
  )
}

/**
 * The bytes of a small file. Throws LanternError `bad-checkpoint` for a file that cannot be read, is not a plain file,
 * is too large, or is a Git LFS pointer.
 */
export async function readBounded(file: string): Promise<Buffer> {
  const unreadable = (error: unknown) => {
    const why = systemCodeOf(error) === 'ENOENT' ? 'there is no such file' : messageOf(error)
    throw badCheckpoint(`Cannot read ${file}: ${why}.`, fetchAgain)
  }
  // Checked before opening, because opening a pipe waits for a writer.
  const status = await stat(file).catch(unreadable)
  if (!status.isFile()) throw badCheckpoint(`${file} is not a file.`, fetchAgain)
  const bytes = await readSmall(file, limits.jsonBytes).catch(unreadable)
  if (isLfsPointer(bytes)) throw lfsPointer(file)
  return bytes
}

/** Git LFS writes a text of three lines in place of a file that was not fetched (git-lfs/git-lfs: docs/spec.md). */
export function isLfsPointer(bytes: Buffer): boolean {
  return bytes.subarray(0, 40).toString('latin1').startsWith('version https://git-lfs.github.com/spec/')
}

export function lfsPointer(file: string): LanternError {
  return badCheckpoint(
    `${file} is a Git LFS pointer: the file itself was not fetched.`,
    'Run `git lfs install && git lfs pull` in this folder, or give hub:owner/name.',
  )
}

function badCheckpoint(sentence: string, suggestion: string): LanternError {
  return new LanternError('bad-checkpoint', sentence, suggestion)
}
