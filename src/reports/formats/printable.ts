// Text from outside (model names, answers) must not move the cursor, recolour a terminal or break a file.

/** The text without control characters but line feeds and tabs. */
export function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\uFFFD')
}

/** A copy of plain data with every string printable. */
export function printableData<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_key, inner) => (typeof inner === 'string' ? printable(inner) : inner))
}
