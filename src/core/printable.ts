// Text from outside (model names, answers) must not move the cursor, recolour a terminal, turn the direction of a line
// or break a file.

/**
 * The text without control characters but line feeds and tabs, and without the marks that reorder what follows
 * (Unicode's UAX 9, 2.1 to 2.5).
 */
export function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\uFFFD')
}

/** A copy of plain data with every string printable. */
export function printableData<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_key, inner) => (typeof inner === 'string' ? printable(inner) : inner))
}
