// Columns as a definition names them: a column, a key within one, a text made of several, and what follows from the
// values of a row: places, rotations, consecutive numbers. Pure.
import {hashOf} from '../../core/hash.js'
import type {Row} from '../sources/row.js'
import type {TableRow} from '../sources/table.js'
import {isEmpty, plainText, WrongCell} from './options.js'
import type {DefinitionFile} from './schema.js'

/** What a definition says of a field. */
export type Said = NonNullable<DefinitionFile['fields']>[keyof NonNullable<DefinitionFile['fields']>]

/** A field that follows from columns or places, instead of being a column. */
export type Derived = Exclude<Said, string | readonly string[] | null | undefined>

export function isDerived(said: Said): said is Derived {
  return typeof said === 'object' && said !== null && !Array.isArray(said)
}

/** The columns that a field names, without those inside a text made of columns. */
export function namesIn(said: Said): readonly string[] {
  if (said === null || said === undefined) return []
  if (!isDerived(said)) return [said].flat()
  if ('rotations' in said) return [said.rotations]
  return 'column' in said ? [said.column] : []
}

const inner = /\{([^{}]+)\}/g

/** The columns inside a text like `{id}.jpg`; none for a name without braces. */
export function columnsWithin(name: string): readonly string[] {
  return Array.from(name.matchAll(inner), ([, column]) => column!)
}

/** The columns of the file that hold a field: itself, the first part of `qa.question`, or those within `{id}.jpg`. */
export function columnsOf(field: string, columns: readonly string[]): readonly string[] {
  if (columns.includes(field)) return [field]
  const within = columnsWithin(field)
  return within.length > 0 ? within.flatMap(one => columnsOf(one, columns)) : [field.split('.', 1)[0]!]
}

/** The value of a column, of a key within one (`qa.question`), or of a text made of columns (`{id}.jpg`). */
export function valueAt({values}: Row, column: string): unknown {
  if (Object.hasOwn(values, column)) return values[column]
  if (columnsWithin(column).length > 0) return madeText({values, where: ''}, column)
  let value: unknown = values
  for (const key of column.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return value
}

/** Undefined where a column within it is empty. */
function madeText(row: Row, text: string): string | undefined {
  const parts = columnsWithin(text).map(column => plainText(valueAt(row, column))?.trim() ?? '')
  return parts.includes('') ? undefined : text.replace(inner, () => parts.shift()!)
}

/**
 * The name that a row shares with those that belong to it: same text and options in any order, consecutive numbers or
 * rows. Undefined where the column is empty. Throws WrongCell for a number that is none.
 */
export function sharedName(row: TableRow, said: Derived, options: readonly string[]): string | undefined {
  if ('rotations' in said) {
    const text = plainText(valueAt(row, said.rotations))?.trim()
    // The options follow the text: two questions about two pictures may have the same words.
    return isEmpty(text) ? undefined : hashOf([text, [...options].sort()]).slice(0, 16)
  }
  if (!('column' in said)) return String(Math.floor(row.index / said.rows))
  const {column, every, from = 0} = said
  const value = valueAt(row, column)
  if (isEmpty(value)) return undefined
  const number = Number(plainText(value))
  if (!Number.isInteger(number) || number < from)
    throw new WrongCell(`is ${JSON.stringify(plainText(value) ?? null)}, which is no whole number from ${from}`)
  return String(Math.floor((number - from) / every))
}
