// One JSON record: its strings that are too long become handles before it is parsed.
import {randomUUID} from 'node:crypto'
import {LanternError, messageOf} from '../../core/errors.js'
import {parseJson} from '../../core/json.js'
import {limits} from '../../core/limits.js'
import {longTextBytes} from './long-cell.js'
import {pickColumns, type TextRecord, type WantedColumns} from './text-file.js'
import {textAt, unwritten} from './written-text.js'

const [quote, backslash, comma, colon, openList, closeList, openObject, closeObject] = [...'"\\,:[]{}'].map(sign =>
  sign.charCodeAt(0),
) as [number, number, number, number, number, number, number, number]

/** Stands for a long string while the rest is parsed. No file can hold it: it is drawn when the process starts. */
const mark = `\u0000${randomUUID()}-`

interface Range {
  readonly start: number
  readonly end: number
}

/** The fields of a record, an object in JSON. */
export function parseRecord(
  record: TextRecord,
  {path, where, wanted}: {readonly path: string; readonly where: string; readonly wanted: WantedColumns},
): Readonly<Record<string, unknown>> | LanternError {
  const {bytes, offset, complete} = record
  const bad = (what: string, advice = 'Correct or remove that record.') =>
    new LanternError('bad-file', `${where} ${what}.`, advice)
  const shortened = withoutLongStrings(bytes)
  if (typeof shortened === 'string') return bad(shortened)
  let values: unknown
  try {
    values = parseJson(shortened.text, what => new Error(what))
  } catch (error) {
    return complete
      ? bad(messageOf(error))
      : bad('is incomplete: the file ends in the middle of it', 'Fetch the file again.')
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return bad('is not an object')
  const entries = Object.entries(values)
  if (shortened.long.length === 0) return pickColumns(entries, wanted)
  const restored = (value: unknown, whole: boolean): unknown => {
    if (typeof value === 'string' && value.startsWith(mark)) {
      const {start, end} = shortened.long[Number(value.slice(mark.length))]!
      return whole
        ? unwritten(bytes.subarray(start, end), 'json').toString('utf8')
        : textAt(bytes, {path, offset, start, end, written: 'json'})
    }
    if (Array.isArray(value)) return value.map(item => restored(item, whole))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, restored(item, whole)]))
  }
  return pickColumns(
    entries.map(([key, value]) => [key, restored(value, wanted.whole.has(key))] as const),
    wanted,
  )
}

/**
 * The text with marks in place of long strings, and where those are; or what is wrong: parsed JSON takes up to thirty
 * times its size, so values are counted first.
 */
function withoutLongStrings(bytes: Buffer): {readonly text: string; readonly long: readonly Range[]} | string {
  const long: Range[] = []
  const parts: string[] = []
  let from = 0
  let depth = 0
  let values = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === quote) {
      const close = closingQuote(bytes, i + 1)
      if (close === -1) break
      if (close - i - 1 > longTextBytes && !isKey(bytes, close + 1)) {
        // A broken escape in a long string would be found when it is read only.
        parts.push(bytes.toString('utf8', from, i), JSON.stringify(mark + long.length))
        long.push({start: i + 1, end: close})
        from = close + 1
      }
      i = close
    } else if (byte === openList || byte === openObject) {
      if (++depth > limits.jsonDepth) return `is nested more than ${limits.jsonDepth} levels deep`
      values++
    } else if (byte === closeList || byte === closeObject) depth--
    else if (byte === comma) values++
    if (values > limits.jsonValues) return `holds more than ${limits.jsonValues} values`
  }
  parts.push(bytes.toString('utf8', from))
  return {text: parts.join(''), long}
}

/** The quote that ends a string whose content starts at `from`, or -1. */
function closingQuote(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(quote, from); at !== -1; at = bytes.indexOf(quote, at + 1)) {
    let slashes = 0
    while (at - 1 - slashes >= from && bytes[at - 1 - slashes] === backslash) slashes++
    if (slashes % 2 === 0) return at
  }
  return -1
}

function isKey(bytes: Buffer, at: number): boolean {
  return bytes[afterSpace(bytes, at)] === colon
}

/** The first byte from `at` on that is not white space; the length if there is none. */
export function afterSpace(bytes: Buffer, at: number): number {
  let i = at
  while (bytes[i] === 32 || bytes[i] === 9 || bytes[i] === 10 || bytes[i] === 13) i++
  return i
}

/**
 * The end (exclusive) of the JSON value that begins at `from`; -1 when it goes on beyond the bytes. Finds the end
 * alone: whether the value is valid, parsing tells.
 */
export function valueEnd(bytes: Buffer, from: number, final: boolean): number {
  let depth = 0
  for (let i = from; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === quote) {
      const close = closingQuote(bytes, i + 1)
      if (close === -1) return -1
      i = close
    } else if (byte === openList || byte === openObject) depth++
    else if (byte === closeList || byte === closeObject) {
      if (depth === 0) return i
      depth--
    } else if (byte === comma && depth === 0) return i
    else continue
    if (depth === 0 && byte !== comma) return i + 1
  }
  return final && depth === 0 ? bytes.length : -1
}
