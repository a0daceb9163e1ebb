// One record of a data file and its fields, read with errors that name file, row and field. Data files are untrusted.
import {LanternError} from '../../core/errors.js'

/** A record; `where` names file and row (or line) in messages. */
export interface Row {
  readonly where: string
  readonly values: Readonly<Record<string, unknown>>
}

/** The error of a field that is not what it should be. */
export function wrongField(row: Row, field: string, what: string): LanternError {
  return new LanternError(
    'bad-file',
    `${row.where}: "${field}" ${what}.`,
    'Fetch the data again, or remove that record.',
  )
}

/** A text field; numbers are converted. Throws `bad-file` when it is absent, null or something else. */
export function text(row: Row, field: string): string {
  const value = optionalText(row, field)
  if (value === undefined)
    throw wrongField(
      row,
      field,
      row.values[field] === null || row.values[field] === undefined ? 'is empty' : 'is not text',
    )
  return value
}

/** A text field, or undefined when it is absent, null or not text. */
export function optionalText(row: Row, field: string): string | undefined {
  const value = row.values[field]
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  // Some writers omit the annotation that marks a byte column as text.
  if (value instanceof Uint8Array) return new TextDecoder().decode(value)
  return undefined
}

/** The bare letter that a field names, however it is written: `B`, `(B)`, `b`, `B.`. Throws `bad-file`. */
export function letterIn(row: Row, field: string): string {
  const letter = /^\s*\(?([A-Za-z])\)?[.:]?\s*$/.exec(text(row, field))?.[1]
  if (letter === undefined) throw wrongField(row, field, 'is not a letter')
  return letter.toUpperCase()
}

/** A list of texts. Throws `bad-file`. */
export function texts(row: Row, field: string): string[] {
  const value = row.values[field]
  if (!Array.isArray(value))
    throw wrongField(row, field, value === null || value === undefined ? 'is empty' : 'is not a list')
  return value.map((item, i) => {
    const one = optionalText({...row, values: {item}}, 'item')
    if (one === undefined) throw wrongField(row, `${field}[${i}]`, 'is not text')
    return one
  })
}

/**
 * The result of `read()`, or an error of ours as a value, so that a stream of records goes on after a bad one. Other
 * errors are thrown.
 */
export async function attempt<T>(read: () => T | Promise<T>): Promise<T | LanternError> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof LanternError) return error
    throw error
  }
}
