// What the `define...` functions return: a part with its kind and name. A plug-in can list parts of any kind, and the
// loader knows the register of each. The checks shared by all kinds are here too.
import {LanternError} from './errors.js'

export const definitionKinds = [
  'benchmark',
  'runner',
  'extractor',
  'format',
  'protocol',
  'recipe',
  'intervention',
  'peer-format',
] as const
export type DefinitionKind = (typeof definitionKinds)[number]

/** Plain data, except for the part itself, because a plug-in may use another copy of this package. */
export interface Definition<K extends DefinitionKind = DefinitionKind, T = unknown> {
  readonly kind: K
  readonly name: string
  readonly part: T
}

/** A check of a field: a test, and the end of the sentence "... must be". */
export interface Check {
  readonly words: string
  fits(value: unknown): boolean
}

export const aFunction: Check = {words: 'a function', fits: value => typeof value === 'function'}
export const aText: Check = {
  words: 'a text that is not empty',
  fits: value => typeof value === 'string' && value.trim() !== '',
}
/** Also an empty one. */
export const anyText: Check = {words: 'a text', fits: value => typeof value === 'string'}
export const aNumber: Check = {words: 'a number', fits: Number.isFinite}
export const aList: Check = {words: 'a list', fits: value => Array.isArray(value)}
export const aBoolean: Check = {words: 'true or false', fits: value => typeof value === 'boolean'}
export const aCount: Check = {
  words: 'a whole number of at least 0',
  fits: value => Number.isInteger(value) && (value as number) >= 0,
}
export const anObject: Check = {
  words: 'an object',
  fits: value => typeof value === 'object' && value !== null && !Array.isArray(value),
}

/** Requires one of these names. */
export function oneOf(names: readonly string[]): Check {
  return {words: `one of ${names.join(', ')}`, fits: value => typeof value === 'string' && names.includes(value)}
}

/** Requires what the check asks for, or no value. */
export function optional(check: Check): Check {
  return {words: `${check.words}, or absent`, fits: value => value === undefined || check.fits(value)}
}

/** Requires what the check asks for, or null. */
export function orNull(check: Check): Check {
  return {words: `${check.words}, or null`, fits: value => value === null || check.fits(value)}
}

const validName = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/

/**
 * Checks the fields of a part and returns its definition. `nameOf` is the field with its name. The part is not copied.
 * Throws LanternError `bad-config` naming the part, the field and what it must be.
 */
export function definitionOf<K extends DefinitionKind, T extends object>(
  kind: K,
  part: T,
  fields: Readonly<Record<string, Check>>,
  nameOf: string = 'name',
): Definition<K, T> {
  const noun = nounOf(kind)
  const advice = `${withArticle(noun)} has ${[nameOf, ...Object.keys(fields)].join(', ')}.`
  if (!anObject.fits(part))
    throw new LanternError('bad-config', `${withArticle(noun)} is defined by an object, not by ${shown(part)}.`, advice)
  const values = part as Readonly<Record<string, unknown>>
  const name = values[nameOf]
  if (typeof name !== 'string' || !validName.test(name))
    throw new LanternError(
      'bad-config',
      `${withArticle(noun)} has no valid ${nameOf}: ${shown(name)}.`,
      'Use letters, digits, "_", "-" and ".", and begin with a letter or a digit.',
    )
  for (const [field, check] of Object.entries(fields))
    if (!check.fits(values[field]))
      throw new LanternError(
        'bad-config',
        `The ${noun} "${name}" has a wrong ${field}: it must be ${check.words}, not ${shown(values[field])}.`,
        advice,
      )
  return {kind, name, part}
}

/** The first field that is not what it must be, as the end of a sentence; null where all are. */
export function wrongField(value: unknown, fields: Readonly<Record<string, Check>>): string | null {
  if (!anObject.fits(value)) return 'is no object'
  for (const [field, check] of Object.entries(fields))
    if (!check.fits((value as Readonly<Record<string, unknown>>)[field]))
      return `has a wrong ${field}: it must be ${check.words}`
  return null
}

/** The error for what the part of a plug-in does once it is registered; `what` ends a sentence about the part. */
export function brokenPart(kind: DefinitionKind, name: string, what: string): LanternError {
  return new LanternError('bad-config', `The ${nounOf(kind)} "${name}" ${what}.`, 'Correct the plug-in that brings it.')
}

/** A kind as messages write it. */
export function nounOf(kind: DefinitionKind): string {
  return kind === 'peer-format' ? 'peer format' : kind === 'format' ? 'report format' : kind
}

function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'An' : 'A'} ${noun}`
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'function') return 'a function'
  return (JSON.stringify(value) ?? String(value)).slice(0, 60)
}
