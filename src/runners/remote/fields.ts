// Reads JSON of unknown shape. Only own keys count, so that `constructor` or `__proto__` in a reply never finds an
// inherited property.
import {limits} from '../../core/limits.js'

/** The value at a path of keys and indices; undefined if the path does not exist. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let inner = value
  for (const key of path) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined
    inner = (inner as Record<string | number, unknown>)[key]
  }
  return inner
}

/** The first non-null value among these keys. */
export function firstOf(value: unknown, ...keys: readonly string[]): unknown {
  for (const key of keys) {
    const inner = at(value, key)
    if (inner !== undefined && inner !== null) return inner
  }
  return undefined
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A finite non-negative number, also if given as text; null for anything else. */
export function countOf(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null
}

/** Parses JSON. Undefined if the text is not JSON or is nested too deeply: parsing such a text takes seconds per MB. */
export function parsed(text: string): unknown {
  if (text.length > shortEnough && isDeep(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Shorter texts are parsed quickly, however deeply they are nested. */
const shortEnough = 10_000

/** Whether brackets outside of strings are nested deeper than `limits.jsonDepth`. */
function isDeep(text: string): boolean {
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (quoted) {
      if (code === 0x5c) at++
      else if (code === 0x22) quoted = false
    } else if (code === 0x22) quoted = true
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > limits.jsonDepth) return true
    } else if (code === 0x5d || code === 0x7d) depth--
  }
  return false
}
