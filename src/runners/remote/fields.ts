// Reads JSON of unknown shape. Only own keys count, so that `constructor` or `__proto__` in a reply never finds an
// inherited property.

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
