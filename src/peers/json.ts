// JSON that others wrote, within bounds: whole files, and files of one value a line. Nothing here recurses, so that
// depth is an error and not an overflow of the stack.
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
      // The first error is told: it is about the text as it stands.
    }
    throw badFile(where, `is not JSON: ${messageOf(error)}`)
  }
}

/** The text with `null` for each `NaN` and `Infinity` that does not stand within a string. */
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

/** Opening brackets and keys, by their signs; those within strings are few in what peers write. */
function containers(text: string): number {
  let count = 0
  for (const sign of ['{', '[', ':']) {
    for (let at = text.indexOf(sign); at !== -1; at = text.indexOf(sign, at + 1))
      if (++count > limits.jsonContainers) return count
  }
  return count
}

function tooDeep(value: unknown): boolean {
  // Depth first with a list of open levels: the memory it needs is one iterator a level.
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

/** A JSON file, whole. Throws `bad-file` for one that is too large, no JSON, or unreadable. */
export async function readJson(path: string): Promise<unknown> {
  const {size} = await stat(path)
  if (size > limits.peerJsonBytes)
    throw badFile(path, `has ${size} bytes, too many for JSON that is read whole`, 'Give the answers as JSONL.')
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
 * The objects of a file of one a line, as a stream; empty lines give nothing. Throws `bad-file` naming file and line,
 * from 1, for a line that is no object, is too long, or is cut off.
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
      // Whoever writes the file may still be at work.
      if (complete) throw error
      throw badFile(where, 'is cut off: the file ends within it', 'Give the file when it is whole.')
    }
    if (!isObject(value)) throw badFile(where, 'is not an object')
    yield {where, values: value}
  }
}
