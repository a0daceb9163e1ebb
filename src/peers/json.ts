// JSON from other programs, within bounds: whole files, and files with one value per line. Nothing here recurses, so
// deep nesting gives an error and not a stack overflow.
import {readFile, stat} from 'node:fs/promises'
import {messageOf} from '../core/errors.js'
import {limits} from '../core/limits.js'
import {lines} from '../core/lines.js'
import {isObject} from './fields.js'
import {badFile} from './peer.js'

/** Shorter texts cannot hold enough lists and objects to matter. */
const countedFrom = 1 << 20

/**
 * JSON with or without a byte order mark; `NaN` and `Infinity`, which Python writes as if they were JSON, are null.
 * Throws `bad-file`, also for a text that is too deep or too branched.
 */
export function parseJson(text: string, where: string): unknown {
  if (text.length > countedFrom && containers(text) > limits.jsonContainers)
    throw badFile(where, `holds more than ${limits.jsonContainers} lists, objects and keys, too many to be read`)
  const value = parsed(text.replace(/^\uFEFF/, ''), where)
  if (tooDeep(value)) throw badFile(where, `is nested more than ${limits.jsonDepth} levels deep`)
  return value
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    try {
      if (/NaN|Infinity/.test(text)) return JSON.parse(withoutNaN(text))
    } catch {
      // The first error is thrown: it describes the text as it is.
    }
    throw badFile(where, `is not JSON: ${messageOf(error)}`)
  }
}

/** The text with `null` for each `NaN` and `Infinity` outside strings. */
function withoutNaN(text: string): string {
  const parts: string[] = []
  for (let from = 0; from < text.length; ) {
    const quote = text.indexOf('"', from)
    const start = quote === -1 ? text.length : quote
    parts.push(text.slice(from, start).replace(/NaN|-?Infinity/g, 'null'))
    let end = start
    do {
      end = text.indexOf('"', end + 1)
    } while (end !== -1 && isEscaped(text, end))
    from = end === -1 ? text.length : end + 1
    parts.push(text.slice(start, from))
  }
  return parts.join('')
}

function isEscaped(text: string, quote: number): boolean {
  let slashes = 0
  while (text[quote - 1 - slashes] === '\\') slashes++
  return slashes % 2 === 1
}

/** Counts opening brackets and keys by their characters. Strings contain few of them in what peers write. */
function containers(text: string): number {
  let count = 0
  for (const sign of ['{', '[', ':']) {
    for (let at = text.indexOf(sign); at !== -1; at = text.indexOf(sign, at + 1))
      if (++count > limits.jsonContainers) return count
  }
  return count
}

function tooDeep(value: unknown): boolean {
  // Depth first with a stack of open levels: memory is one iterator per level.
  const open: Iterator<unknown>[] = [[value].values()]
  while (open.length > 0) {
    const {done, value: inner} = open.at(-1)!.next()
    if (done) open.pop()
    else if (typeof inner === 'object' && inner !== null) {
      if (open.length > limits.jsonDepth) return true
      open.push(Array.isArray(inner) ? inner.values() : Object.values(inner).values())
    }
  }
  return false
}

/** A whole JSON file. Throws `bad-file` if it is too large, not JSON, or unreadable. */
export async function readJson(path: string): Promise<unknown> {
  const {size} = await stat(path)
  if (size > limits.peerJsonBytes)
    throw badFile(
      path,
      `has ${size} bytes, too many for JSON that must be read in one piece`,
      'Give the answers as JSONL.',
    )
  const text = await readFile(path, 'utf8').catch(error => {
    throw badFile(path, `cannot be read: ${messageOf(error)}`, 'Check the file and its permissions.')
  })
  return parseJson(text, path)
}

export interface JsonLine {
  /** `FILE, line N`. */
  readonly where: string
  readonly values: Record<string, unknown>
}

/**
 * The objects of a file with one object per line, as a stream; empty lines are skipped. Throws `bad-file` naming file
 * and line (from 1) for a line that is not an object, is too long, or is cut off.
 */
export async function* jsonLines(path: string): AsyncGenerator<JsonLine> {
  let number = 0
  for await (const {text, complete} of lines(path, limits.peerLineBytes)) {
    const where = `${path}, line ${++number},`
    if (text.trim() === '' || text === '\uFEFF') continue
    let value: unknown
    try {
      value = parseJson(text, where)
    } catch (error) {
      // The writer of the file may still be running.
      if (complete) throw error
      throw badFile(where, 'is incomplete: the file ends in the middle of it', 'Give the file when it is complete.')
    }
    if (!isObject(value)) throw badFile(where, 'is not an object')
    yield {where, values: value}
  }
}
