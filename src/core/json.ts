// Parses JSON from outside, for every reader: depth and number of values are checked before parsing, because parsed
// values take up to a hundred times their size, and whatever walks a deep value overflows the stack. Sizes in bytes are
// checked by those who read the files. Does not interpret the values.
import {messageOf} from './errors.js'
import {limits} from './limits.js'

export type JsonObject = Readonly<Record<string, unknown>>

/** Builds the error from what is wrong with the text: "is not JSON: ...", "is nested more than ...". */
type Bad = (what: string) => Error

/**
 * The value of a JSON text, with or without a byte order mark. Throws `bad(...)` for a text that is not JSON, too deep
 * or too long in values.
 * @param mended another form of a text that is not JSON, which is tried in its place
 */
export function parseJson(text: string, bad: Bad, mended?: (text: string) => string): unknown {
  const problem = problemOf(text, null)
  if (problem !== null) throw bad(problem)
  const json = withoutMark(text)
  try {
    return JSON.parse(json)
  } catch (error) {
    try {
      if (mended !== undefined) return JSON.parse(mended(json))
    } catch {
      // The first error is thrown: it describes the text as it is.
    }
    throw bad(`is not JSON: ${messageOf(error)}`)
  }
}

/** As `parseJson`, but undefined for whatever it refuses. */
export function jsonOrNothing(text: string): unknown {
  try {
    return parseJson(text, what => new Error(what))
  } catch {
    return undefined
  }
}

/** As `parseJson`, and throws `bad(...)` also for anything but an object, and for an outermost key that comes twice. */
export function parseJsonObject(text: string, bad: Bad): JsonObject {
  const problem = problemOf(text, new Set())
  if (problem !== null) throw bad(problem)
  let value: unknown
  try {
    value = JSON.parse(withoutMark(text))
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

function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text
}

const [quote, backslash, comma, openList, closeList, openObject, closeObject] = [...'"\\,[]{}'].map(sign =>
  sign.charCodeAt(0),
) as [number, number, number, number, number, number, number]

/** Finds in one pass: too much depth, too many values, and (given a set for them) a repeated outermost key. */
function problemOf(text: string, keys: Set<string> | null): string | null {
  let depth = 0
  let values = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      const end = endOfString(text, at)
      if (end === -1) return null
      if (keys !== null && depth === 1 && isKey(text, end + 1)) {
        const key = unescaped(text.slice(at, end + 1))
        if (keys.has(key)) return `holds ${JSON.stringify(key)} twice (character ${at})`
        keys.add(key)
      }
      at = end
    } else if (code === openList || code === openObject) {
      if (++depth > limits.jsonDepth) return `is nested more than ${limits.jsonDepth} levels deep (character ${at})`
      values++
    } else if (code === closeList || code === closeObject) depth--
    else if (code === comma) values++
    if (values > limits.jsonValues) return `holds more than ${limits.jsonValues} values (character ${at})`
  }
  return null
}

/** The position of the quote that ends the string begun at `from`; -1 without one, which parsing will report. */
export function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from + 1)
  while (end !== -1) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === backslash) slashes++
    if (slashes % 2 === 0) return end
    end = text.indexOf('"', end + 1)
  }
  return -1
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

const beforeColon = /[ \t\r\n]*:/y

/** Whether a colon follows a string that ends before `at`. */
function isKey(text: string, at: number): boolean {
  beforeColon.lastIndex = at
  return beforeColon.test(text)
}
