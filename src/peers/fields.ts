// Small readers of values that several formats share. Values come from JSON or from cells. None of these functions
// throws.

/** True for a JSON object: not a list, not null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value as a short name, or undefined. */
export function word(value: unknown): string | undefined {
  return (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : undefined
}

/** A value as text; lists and objects as JSON (`String` of an object from a file may throw). */
export function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** A gold answer: `(B)` and `B` are letters, `hidden` means none, anything else is text. */
export function goldOf(value: unknown): string | readonly string[] | null | undefined {
  if (Array.isArray(value)) return value.length === 1 ? goldOf(value[0]) : value.map(textOf)
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string') return undefined
  return value === 'hidden' ? null : (/^\s*\(?([A-Z])\)?\.?\s*$/.exec(value)?.[1] ?? value)
}

/** Options that a question lists one per line, as `(A) text` or `A. text`, in the order of their letters. */
export function optionsIn(text: string): string[] | undefined {
  const lines = Array.from(text.matchAll(/^[ \t]*\(?([A-Z])[).][ \t]+(\S.*)$/gm), match => ({
    letter: match[1]!,
    text: match[2]!.trimEnd(),
  }))
  const inOrder = lines.length > 1 && lines.every(({letter}, index) => letter === String.fromCharCode(65 + index))
  return inOrder ? lines.map(line => line.text) : undefined
}

/** The first string in a value, however deep in lists (`[["text"]]`) or under `text`. */
export function firstText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return firstText(value[0])
  return isObject(value) ? firstText(value['text']) : undefined
}

/** A score from 0 to 1, given as a number, a boolean or the text of one; null for anything else. */
export function scoreOf(value: unknown): number | null {
  const said = typeof value === 'string' ? truths.get(value.trim().toLowerCase()) : value
  const score = typeof said === 'number' || typeof said === 'boolean' ? Number(said) : Number.NaN
  if (score >= 0 && score <= 1) return score
  return typeof value === 'string' && /^\s*[01](\.\d*)?\s*$/.test(value) && Number(value) <= 1 ? Number(value) : null
}
const truths = new Map([
  ...['true', 'yes', 'correct', 'right'].map((word): [string, boolean] => [word, true]),
  ...['false', 'no', 'wrong', 'incorrect'].map((word): [string, boolean] => [word, false]),
])
