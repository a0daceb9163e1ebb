// The definition of a setting, and how one of its values is read. A setting is declared once; its flag, variable,
// configuration key, schema and help line follow from the declaration.
import type {z} from 'zod'
import {closest} from '../../core/closest.js'
import {type ErrorCode, LanternError} from '../../core/errors.js'
import {redactor} from '../../core/redact.js'
import type {Kind, Zod} from './kinds.js'

export interface Setting<T> {
  // biome-ignore lint/suspicious/noExplicitAny: the value before `combine` may have any type
  readonly kind: Kind<any>
  readonly summary: string
  readonly group?: string
  readonly char?: string
  /** The default value; undefined if there is none. */
  readonly default?: T
  /** Text shown as the default if the default is not a fixed value: "all cores". */
  readonly defaultNote?: string
  /** Repeatable; `commas` says whether text is also split at commas. */
  readonly many?: {readonly commas: boolean}
  /** Combines repeated values into one; throws `Unfit` for values that do not go together. */
  readonly combine?: (values: readonly unknown[]) => T
  readonly required?: boolean
  /** Settings that this one needs. */
  readonly needs?: readonly string[]
  /** Settings that cannot be combined with this one. */
  readonly excludes?: readonly string[]
  /** A value from a variable or the file counts for nothing beside one of these flags. */
  readonly yieldsTo?: readonly string[]
  /** A switch that can also be written `--no-NAME`. */
  readonly negatable?: boolean
  /**
   * True if the configuration file is not read for it: `config` cannot name its own file, and a command may use a name
   * of `run` with another meaning.
   */
  readonly notInFile?: boolean
  /** The key of the configuration file, if it differs from the flag. */
  readonly fileKey?: string
}

// biome-ignore lint/suspicious/noExplicitAny: any table of settings, whatever their values
export type Settings = Readonly<Record<string, Setting<any>>>
type ValueOf<S> = S extends Setting<infer T> ? T : never
export type Values<S extends Settings> = {-readonly [K in keyof S]: ValueOf<S[K]>}

type More<T> = Partial<Omit<Setting<T>, 'kind' | 'summary' | 'default' | 'many' | 'combine'>>

/** A setting with at most one value. */
export function one<T>(kind: Kind<T>, summary: string, more: More<T | undefined> = {}): Setting<T | undefined> {
  return {kind, summary, ...more}
}

/** A setting with a default value. */
export function withDefault<T>(kind: Kind<T>, value: T, summary: string, more: More<T> = {}): Setting<T> {
  return {kind, summary, default: value, ...more}
}

/** A required setting. It has no default, so it shows none. */
export function needed<T>(setting: Setting<T | undefined>, summary = setting.summary): Setting<T> {
  const {defaultNote, ...rest} = setting
  return {...rest, summary, required: true} as Setting<T>
}

/** A setting that may be repeated; text is also split at commas unless `commas` is false. */
export function several<T>(
  kind: Kind<T>,
  summary: string,
  more: More<readonly T[] | undefined> & {readonly commas?: boolean} = {},
): Setting<readonly T[] | undefined> {
  const {commas = true, ...rest} = more
  return {kind, summary, many: {commas}, ...rest}
}

/** Like `several`, but with the values combined. */
export function combined<T, U>(
  kind: Kind<T>,
  combine: (values: readonly T[]) => U,
  summary: string,
  more: More<U> & {readonly commas?: boolean} = {},
): Setting<U> {
  const {commas = true, ...rest} = more
  return {kind, summary, many: {commas}, combine: combine as Setting<U>['combine'], ...rest} as Setting<U>
}

/** Why a value does not fit. The caller adds the source. */
export class Unfit extends Error {
  constructor(
    message: string,
    readonly advice?: string,
  ) {
    super(message)
  }
}

/** The source of a value, for the error that refuses it. */
export interface Source {
  /** Names the source and the setting: `--limit`, `LANTERN_EVAL_LIMIT`, `x.yaml:3:1: "limit":`. */
  readonly subject: string
  readonly code: Extract<ErrorCode, 'usage' | 'bad-config'>
  /** What to check. */
  readonly advice: string
  /** Text from a flag or a variable; false for a value of YAML. */
  readonly text: boolean
}

/**
 * The value of a setting from a flag, a variable or the configuration file, checked by the one schema.
 * Throws LanternError with the source, what is allowed and, for a misspelt name, the nearest one.
 */
export async function readValue<T>(setting: Setting<T>, given: unknown, source: Source): Promise<T> {
  const {values, text} =
    setting.many === undefined ? {values: [given], text: source.text} : listOf(setting, given, source)
  if (values.length === 0) throw refusal(setting, '', source)
  const {z} = await import('zod')
  const read: unknown[] = []
  for (const value of values) {
    const raw = text && typeof value === 'string' ? setting.kind.fromText(value) : value
    const schema = setting.kind.schema(z)
    const parsed = schema.safeParse(raw)
    if (!parsed.success) {
      // `limit: "20"` and `json: yes` look right to the person who wrote them, but YAML reads both as text.
      const meant = typeof raw === 'string' ? setting.kind.fromText(raw) : raw
      throw schema.safeParse(meant).success ? textInYaml(setting, meant, source) : refusal(setting, value, source)
    }
    const used = await openedValue(setting.kind, parsed.data, source)
    await assertKnown(setting.kind, used, source)
    read.push(used)
  }
  try {
    if (setting.combine !== undefined) return setting.combine(read)
  } catch (error) {
    if (!(error instanceof Unfit)) throw error
    const {message, advice = source.advice} = error
    throw new LanternError(source.code, `${source.subject} ${message}.`, advice)
  }
  return (setting.many === undefined ? read[0] : read) as T
}

/** The value that is used. What is wrong with a file that it names is told with the place of the value, if any. */
async function openedValue<T>({opened}: Kind<T>, value: T, source: Source): Promise<T> {
  if (opened === undefined) return value
  try {
    return await opened(value)
  } catch (error) {
    if (!(error instanceof LanternError) || source.code === 'usage') throw error
    const code = error.code === 'usage' ? source.code : error.code
    throw new LanternError(code, `${source.subject} ${error.message}`, error.suggestion)
  }
}

/** One value, a comma list or a list. Items of a list in a file are not split, so they may hold commas. */
function listOf(
  {many}: Setting<unknown>,
  given: unknown,
  source: Source,
): {readonly values: readonly unknown[]; readonly text: boolean} {
  const isList = Array.isArray(given)
  const text = source.text || (!isList && typeof given === 'string')
  const split = (value: unknown) =>
    text && many!.commas && typeof value === 'string'
      ? value
          .split(',')
          .map(part => part.trim())
          .filter(part => part !== '')
      : [value]
  return {values: isList ? given.flatMap(split) : split(given), text}
}

function refusal({kind}: Setting<unknown>, value: unknown, source: Source): LanternError {
  const known = kind.choices ?? kind.near
  const near = typeof value === 'string' && known ? closest(value, known) : undefined
  const shown = kind.secret ? 'has a value that' : quoted(value)
  return new LanternError(
    source.code,
    `${source.subject} ${shown} is not ${kind.allowed}.`,
    `${near === undefined ? '' : `Did you mean ${near}? `}${source.advice}`,
  )
}

function textInYaml({kind}: Setting<unknown>, meant: unknown, {subject, code}: Source): LanternError {
  const told = `${subject} text in quotes, or a word that YAML reads as text, is not ${kind.allowed}.`
  return new LanternError(code, told, `Write ${quoted(meant)} without quotes.`)
}

async function assertKnown({names}: Kind<unknown>, value: unknown, source: Source): Promise<void> {
  const part = typeof value === 'string' ? names?.part(value) : undefined
  if (names === undefined || part === undefined) return
  const known = await names.known()
  if (known.includes(part)) return
  const near = closest(part, known)
  const offer = near === undefined ? '' : `Did you mean ${near}? `
  throw new LanternError(
    source.code,
    `${source.subject} ${quoted(value)}: there is no ${names.noun} "${part}".`,
    `${offer}There are ${known.join(', ')}.`,
  )
}

const longestQuote = 80

/** A value as a message shows it: short, without anything like a credential or a terminal control sequence. */
function quoted(value: unknown): string {
  const text = typeof value === 'string' && /^[!#-~]+$/.test(value) ? value : (JSON.stringify(value) ?? String(value))
  const shown = redact(text).replace(/[\p{Cc}\p{Cf}]/gu, sign => `\\u{${sign.codePointAt(0)!.toString(16)}}`)
  return shown.length > longestQuote ? `${shown.slice(0, longestQuote)}...` : shown
}

const redact = redactor([])

/** The schema of a setting as a key of the configuration file: what `readValue` accepts. */
export function fileSchema(z: Zod, setting: Setting<unknown>): z.ZodType {
  const {kind, many, summary} = setting
  const item = kind.schema(z)
  // If a note replaces the default, the value is the parsed one, not the text.
  const standing = setting.defaultNote === undefined && setting.default !== undefined
  if (many === undefined) return item.meta({description: summary, ...(standing && {default: setting.default})})
  const list = z.array(item).min(1)
  // A comma list of names or numbers is one text. Other lists are text in any case.
  const scalar =
    kind.listed !== undefined && many.commas
      ? z.union([item, z.string().regex(new RegExp(`^\\s*(?:${kind.listed})(?:\\s*,\\s*(?:${kind.listed}))*\\s*$`))])
      : item
  return z.union([scalar, list]).describe(`${summary} One value or a list.`)
}

/** `--base-url` -> `LANTERN_EVAL_BASE_URL` (design/contract.md, "Environment and config"). */
export function variableOf(name: string): string {
  return `LANTERN_EVAL_${name.toUpperCase().replaceAll('-', '_')}`
}
