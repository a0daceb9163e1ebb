// JSON from other programs: whole files, and files with one value per line.
import {messageOf} from '../core/errors.js'
import {endOfString, parseJson as parseBounded} from '../core/json.js'
import {limits} from '../core/limits.js'
import {lines} from '../core/lines.js'
import {readSmallText} from '../core/small-file.js'
import {isObject} from './fields.js'
import {badFile} from './peer.js'

/**
 * JSON with or without a byte order mark; `NaN` and `Infinity`, which Python writes as if they were JSON, are null.
 * Throws `bad-file`, also for a text beyond the bounds of core/json.ts.
 */
export function parseJson(text: string, where: string): unknown {
  return parseBounded(text, what => badFile(where, what), withoutNaN)
}

/** The text with `null` for each `NaN` and `Infinity` outside strings. */
function withoutNaN(text: string): string {
  const parts: string[] = []
  for (let from = 0; from < text.length; ) {
    const quote = text.indexOf('"', from)
    const start = quote === -1 ? text.length : quote
    parts.push(text.slice(from, start).replace(/NaN|-?Infinity/g, 'null'))
    const end = start === text.length ? -1 : endOfString(text, start)
    from = end === -1 ? text.length : end + 1
    parts.push(text.slice(start, from))
  }
  return parts.join('')
}

/** A whole JSON file. Throws `bad-file` if it is too large, not JSON, or unreadable. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readSmallText(path, limits.jsonBytes).catch(error => {
    throw badFile(
      path,
      `cannot be read in one piece: ${messageOf(error)}`,
      'Check the file and its permissions. Give many answers as JSONL.',
    )
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
