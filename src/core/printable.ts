// Makes text from outside (model names, answers) safe to print. It must not move the cursor, change colours or text
// direction, or break a file.

/**
 * Removes control characters, except line feeds and tabs, and the marks that reorder the following text
 * (Unicode's UAX 9, 2.1 to 2.5).
 */
export function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\uFFFD')
}

/** A copy of plain data with every string made printable. */
export function printableData<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_key, inner) => (typeof inner === 'string' ? printable(inner) : inner))
}
