// Reads the JSON files of a checkpoint folder. Whatever a file contains, reading it takes bounded time and memory and
// gives an object or one error that names the file and the place. The fields are not interpreted here.
import {readFile, stat} from 'node:fs/promises'
import {LanternError, messageOf, systemCodeOf} from './errors.js'
import {checkpointLimits} from './limits.js'

export type JsonObject = Readonly<Record<string, unknown>>

const fetchAgain = 'Fetch this file again.'

/** Throws LanternError `bad-checkpoint` for anything but a JSON object within the bounds. */
export async function readJsonObject(file: string): Promise<JsonObject> {
  return parseJsonObject(await readBounded(file), what => badCheckpoint(`${file} ${what}.`, fetchAgain))
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
  if (status.size > checkpointLimits.jsonBytes) {
    const most = checkpointLimits.jsonBytes / 2 ** 20
    throw badCheckpoint(`${file} has ${status.size} bytes; at most ${most} MiB are read.`, fetchAgain)
  }
  const bytes = await readFile(file).catch(unreadable)
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

/**
 * Parses bytes that must hold a JSON object. Depth and number of values are checked before parsing, because parsed
 * values take up to a hundred times their size. `bad` builds the error from "is not ..." or "holds ...".
 */
export function parseJsonObject(bytes: Buffer, bad: (what: string) => LanternError): JsonObject {
  const problem = problemOf(bytes)
  if (problem !== null) throw bad(problem)
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''))
  } catch (error) {
    throw bad(`cannot be read as JSON: ${messageOf(error)}`)
  }
  if (isJsonObject(value)) return value
  throw bad(
    `is not a JSON object but ${value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`}`,
  )
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const [quote, backslash, comma, colon, openList, closeList, openObject, closeObject] = [...'"\\,:[]{}'].map(c =>
  c.charCodeAt(0),
) as [number, number, number, number, number, number, number, number]

/** Finds in one pass over the bytes: too much depth, too many values, or a repeated key of the outermost object. */
function problemOf(bytes: Buffer): string | null {
  const keys = new Set<string>()
  let depth = 0
  let values = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === quote) {
      const from = i
      for (i++; i < bytes.length && bytes[i] !== quote; i++) if (bytes[i] === backslash) i++
      if (depth === 1 && isKey(bytes, i + 1)) {
        const key = unescaped(bytes.toString('utf8', from, i + 1))
        if (keys.has(key)) return `holds ${JSON.stringify(key)} twice (byte ${from})`
        keys.add(key)
      }
    } else if (byte === openList || byte === openObject) {
      if (++depth > checkpointLimits.jsonDepth)
        return `is nested more than ${checkpointLimits.jsonDepth} levels deep (byte ${i})`
      values++
    } else if (byte === closeList || byte === closeObject) depth--
    else if (byte === comma) values++
    if (values > checkpointLimits.jsonValues) return `holds more than ${checkpointLimits.jsonValues} values (byte ${i})`
  }
  return null
}

/** Decodes a JSON string given with its quotes. An invalid string is returned unchanged; parsing will report it. */
function unescaped(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1)
  try {
    return JSON.parse(literal) as string
  } catch {
    return literal
  }
}

/** Whether a colon follows a string that ends before `at`. */
function isKey(bytes: Buffer, at: number): boolean {
  let i = at
  while (bytes[i] === 32 || (bytes[i]! >= 9 && bytes[i]! <= 13)) i++
  return bytes[i] === colon
}

function badCheckpoint(sentence: string, suggestion: string): LanternError {
  return new LanternError('bad-checkpoint', sentence, suggestion)
}
