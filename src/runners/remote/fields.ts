// Looks into JSON of unknown shape. Only own keys count: `constructor` or `__proto__` in a reply must not find what every
// object inherits.

/** What lies under a path of keys and indices; undefined where the path leaves the data. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let inner = value
  for (const key of path) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined
    inner = (inner as Record<string | number, unknown>)[key]
  }
  return inner
}

/** The first of these keys that holds anything but null. */
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

/** A finite number that is not negative, also as text; null for anything else. */
export function countOf(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null
}

/** JSON, or undefined where the text is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
