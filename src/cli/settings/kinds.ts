// Kinds of values: how they are read from text, their schema, and what is allowed, in words. All bounds are here. zod
// itself is a parameter, so declaring a setting loads nothing.
import type {z} from 'zod'
import {jsonOrNothing} from '../../core/json.js'

/** zod's namespace, handed to the schemas when a value is read. */
export type Zod = typeof z

/**
 * The names that a part of a value has to be chosen from. Called when a value is read, because plug-ins may add names.
 */
interface OpenNames {
  /** What such a name is called, e.g. `benchmark`. */
  readonly noun: string
  /** The part of a value that must be such a name; undefined if this value needs none. */
  part(value: string): string | undefined
  known(): readonly string[] | Promise<readonly string[]>
}

export interface Kind<T> {
  /** The placeholder in help: `N`, `DIR`, `FMT=PATH`. */
  readonly holder: string
  /** Ends the sentence "--x VALUE is not ...". */
  readonly allowed: string
  /** Bounds as help shows them; empty if there are none. */
  readonly bounds: string
  /** All possible values of a closed list. */
  readonly choices?: readonly string[]
  /** Values worth offering where others are possible too. */
  readonly near?: readonly string[]
  readonly names?: OpenNames
  /** Turns a value that was read into the one that is used, where that takes a file: a definition into its id. */
  opened?(value: T): Promise<T>
  /** Pattern of a value as an item of a comma list, if a single value is not text or not any text. */
  readonly listed?: string
  /** True if a value may hold a credential: no message repeats it. */
  readonly secret?: boolean
  /** Converts text from a flag or a variable to the JSON or YAML value it means; other text is kept. */
  fromText(text: string): unknown
  /** Accepts values from JSON or YAML; its output is what the program uses. */
  schema(z: Zod): z.ZodType<T>
}

const asIs = (text: string): unknown => text

/** Text as a schema sees it: YAML reads `split: 2024` as a number, which is text here too. */
function textSchema(z: Zod, pattern?: RegExp): z.ZodType<string> {
  const text = z.string().trim().min(1)
  const checked = pattern === undefined ? text : text.regex(pattern)
  return z.union([checked, z.number().transform(String).pipe(checked)]) as unknown as z.ZodType<string>
}

/** Any text except an empty one. */
export function text(holder: string, rest: Partial<Kind<string>> = {}): Kind<string> {
  return {holder, allowed: 'text', bounds: '', fromText: asIs, schema: z => textSchema(z), ...rest}
}

/** Text as it is, including blanks; may be empty. */
export const anyText: Kind<string> = {
  holder: 'TEXT',
  allowed: 'text',
  bounds: '',
  fromText: asIs,
  schema: z => z.string(),
}

/** Text of one form. */
export function form(holder: string, pattern: RegExp, allowed: string): Kind<string> {
  return text(holder, {allowed, schema: z => textSchema(z, pattern)})
}

/**
 * Text that `read` converts; undefined means that it cannot. The published schema holds the `pattern`, if any, so that
 * an editor finds most mistakes.
 */
export function written<T>(
  holder: string,
  allowed: string,
  read: (text: string) => T | undefined,
  {pattern, ...rest}: Partial<Kind<T>> & {readonly pattern?: RegExp} = {},
): Kind<T> {
  return {
    holder,
    allowed,
    bounds: '',
    fromText: asIs,
    schema: z =>
      textSchema(z, pattern).transform((value, context) => {
        const result = read(value)
        if (result !== undefined) return result
        context.addIssue(`not ${allowed}`)
        return z.NEVER
      }) as unknown as z.ZodType<T>,
    ...rest,
  }
}

export interface Bounds {
  readonly min?: number
  readonly max?: number
  /** The value must be greater than this. */
  readonly above?: number
  /** The value must be less than this. */
  readonly below?: number
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

function numberFromText(text: string): unknown {
  return decimal.test(text.trim()) ? Number(text) : text
}

function numberSchema(z: Zod, {min, max, above, below}: Bounds, whole: boolean): z.ZodType<number> {
  let schema = whole ? z.number().int() : z.number()
  if (min !== undefined) schema = schema.min(min)
  if (max !== undefined) schema = schema.max(max)
  if (above !== undefined) schema = schema.gt(above)
  if (below !== undefined) schema = schema.lt(below)
  return schema
}

function inWords({min, max, above, below}: Bounds): string {
  const low = above === undefined ? min : `above ${above}`
  const high = below === undefined ? max : `below ${below}`
  if (low === undefined) return high === undefined ? '' : `to ${high}`
  if (high !== undefined) return above === undefined ? `${low} to ${high}` : `${low}, up to ${high}`
  return above === undefined ? `${low} or more` : `${low}`
}

/** A number within bounds. */
export function number(holder: string, bounds: Bounds): Kind<number> {
  const words = inWords(bounds)
  return {
    holder,
    allowed: `a number${words && ` (${words})`}`,
    bounds: words,
    fromText: numberFromText,
    schema: z => numberSchema(z, bounds, false),
  }
}

/** A whole number within bounds. */
export function wholeNumber(holder: string, bounds: Bounds = {}): Kind<number> {
  const words = inWords(bounds)
  return {
    holder,
    allowed: `a whole number${words && ` (${words})`}`,
    bounds: words,
    listed: '[+-]?\\d+',
    fromText: numberFromText,
    schema: z => numberSchema(z, bounds, true),
  }
}

/** One of a closed list of names. */
export function choice<const N extends string>(holder: string, names: readonly N[]): Kind<N> {
  return {
    holder,
    allowed: `one of ${names.join(', ')}`,
    bounds: names.join(', '),
    choices: names,
    listed: names.join('|'),
    fromText: text => text.trim(),
    schema: z => z.enum(names) as unknown as z.ZodType<N>,
  }
}

/** A name in a register. Help and completion show the names known when the program starts; a plug-in may add more. */
export function named(holder: string, noun: string, known: () => readonly string[]): Kind<string> {
  return text(holder, {
    allowed: `the name of ${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`,
    bounds: known().join(', '),
    choices: known(),
    listed: '[^\\s,]+',
    fromText: given => given.trim(),
    // The schema allows any name; an editor offers the known ones.
    schema: z => z.union([z.enum(known()), z.string().trim().min(1)]),
    names: {noun, part: value => value, known},
  })
}

/** A name or a number: `auto` or 8. */
export function choiceOrNumber<const N extends string>(
  names: readonly N[],
  holder: string,
  bounds: Bounds,
): Kind<N | number> {
  const [one, other] = [choice(holder, names), wholeNumber(holder, bounds)]
  return {
    holder: `${holder}|${names.join('|')}`,
    allowed: `${names.join(', ')}, or ${other.allowed}`,
    bounds: [...names, other.bounds].join(', '),
    fromText: text => numberFromText(text.trim()),
    schema: z => z.union([one.schema(z), other.schema(z)]) as z.ZodType<N | number>,
  }
}

const yes = /^(?:true|yes|y|on|1)$/i
const no = /^(?:false|no|n|off|0)$/i

/** Whether text, as from a variable, means yes; undefined if it means neither yes nor no. */
export function yesOrNo(text: string): boolean | undefined {
  return yes.test(text.trim()) ? true : no.test(text.trim()) ? false : undefined
}

/** On or off. */
export const onOrOff: Kind<boolean> = {
  holder: '',
  allowed: 'true or false',
  bounds: '',
  fromText: text => yesOrNo(text) ?? text,
  schema: z => z.boolean(),
}

/** An http or https URL, which may hold credentials. A name before it (`NAME=URL`) is allowed where `named`. */
export function url(named = false): Kind<string> {
  const rest = (value: string) => (named ? keyAndRest(value)[1] : value)
  return written(
    named ? '[NAME=]URL' : 'URL',
    'an http or https URL in full, e.g. http://localhost:8000/v1',
    value => (isHttpUrl(rest(value)) ? value : undefined),
    {secret: true, pattern: /:\/\//},
  )
}

/** A redis or rediss URL, which may hold credentials. */
export const redisUrl: Kind<string> = written(
  'redis://HOST:PORT',
  'a redis or rediss URL, e.g. redis://127.0.0.1:6379/0',
  value => (isRedisUrl(value) ? value : undefined),
  {secret: true, pattern: /^rediss?:\/\//},
)

function isRedisUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const {protocol, hostname, pathname, search, hash} = new URL(text)
  return /^rediss?:$/.test(protocol) && hostname !== '' && /^(?:\/\d*)?$/.test(pathname) && search + hash === ''
}

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const {protocol, username, password} = new URL(text)
  try {
    decodeURIComponent(username + password)
  } catch {
    return false
  }
  return /^https?:$/.test(protocol)
}

/**
 * Splits `[KEY=]VALUE`; a value without a key has the key `*`. A URL with a query (`http://host/v1?x=1`) has an equals
 * sign too, but no key before it.
 */
export function keyAndRest(value: string): readonly [key: string, rest: string] {
  const match = /^([A-Za-z0-9_.:/-]+?)=(.+)$/.exec(value)
  return match && !match[1]!.includes('://') ? [match[1]!, match[2]!] : ['*', value]
}

/** A JSON object, as text or, in a file, as a mapping. */
export function jsonObject(holder: string, refused: readonly string[]): Kind<Readonly<Record<string, unknown>>> {
  return {
    holder,
    allowed: `a JSON object without ${refused.join(', ')}`,
    bounds: '',
    // It may hold a key for the server.
    secret: true,
    fromText(text) {
      return jsonOrNothing(text) ?? text
    },
    schema: z =>
      z.record(z.string(), z.unknown()).refine(value => !refused.some(name => Object.hasOwn(value, name)), {
        error: 'sets what the run itself says',
      }),
  }
}
