// Reads a definition file: YAML, schema, template. Errors name the line of the file.
import {basename, dirname, resolve} from 'node:path'
import {closest} from '../../core/closest.js'
import {LanternError, messageOf} from '../../core/errors.js'
import {limits} from '../../core/limits.js'
import {checkTemplate} from '../../core/prompt-template.js'
import {readSmallText} from '../../core/small-file.js'
import {parseYaml} from '../../core/yaml-file.js'
import {type DefinitionFile, definitionSchema} from './schema.js'

/** A checked definition, and where it stands. */
export interface OpenDefinition {
  readonly file: DefinitionFile
  /** Where relative paths start. */
  readonly folder: string
  /** Absolute path of the file; null for a definition that was made from data (`ID=FILE`). */
  readonly path: string | null
  /** `mybench.yaml:7:3` for a key, for messages. */
  placeOf(path: readonly PropertyKey[]): string
}

const advice = 'guide/your-own-benchmark.md has a whole definition; schemas/benchmark.schema.json lists the keys.'

/** Throws LanternError `bad-config` with file, line and column. */
export async function openDefinition(path: string): Promise<OpenDefinition> {
  let text: string
  try {
    text = await readSmallText(path, limits.textBytes)
  } catch (error) {
    throw new LanternError(
      'bad-config',
      `The definition ${path} cannot be read: ${messageOf(error)}.`,
      'Check --bench.',
    )
  }
  const {content, placeOf} = await parseYaml(basename(path), text)
  const file = checkedDefinition(content, placeOf)
  return {file, folder: resolve(dirname(path)), path: resolve(path), placeOf}
}

/** Checks the content of a definition. Throws LanternError `bad-config` at its place. */
function checkedDefinition(content: unknown, placeOf: (path: readonly PropertyKey[]) => string): DefinitionFile {
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new LanternError('bad-config', `${placeOf([])}: not a list of keys like "id: mybench".`, advice)
  const parsed = definitionSchema.safeParse(content)
  if (!parsed.success) throw refusal(parsed.error.issues[0]!, content, placeOf)
  const {prompt} = parsed.data
  if (prompt !== undefined) {
    try {
      checkTemplate(prompt)
    } catch (error) {
      if (!(error instanceof LanternError)) throw error
      throw new LanternError('bad-config', `${placeOf(['prompt'])}: "prompt": ${error.message}`, error.suggestion)
    }
  }
  return parsed.data
}

type Issue = NonNullable<ReturnType<typeof definitionSchema.safeParse>['error']>['issues'][number]

function refusal(issue: Issue, content: unknown, placeOf: (path: readonly PropertyKey[]) => string): LanternError {
  const {path} = issue
  const error = (keys: readonly PropertyKey[], what: string, hint = '') =>
    new LanternError('bad-config', `${placeOf(keys)}: ${what}.`, `${hint}${advice}`)
  const near = (word: unknown, known: readonly string[]) => {
    const one = typeof word === 'string' ? closest(word, known) : undefined
    return one === undefined ? '' : `Did you mean "${one}"? `
  }
  if (issue.code === 'unrecognized_keys') {
    const at = [...path, ...issue.keys.slice(0, 1)]
    return error(at, `there is no key "${at.join('.')}"`, near(at.at(-1), Object.keys(schemaAt(path)?.shape ?? {})))
  }
  const value = path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key],
    content,
  )
  const subject = `"${path.join('.')}"`
  if (value === undefined) return error(path, `${subject} is missing`)
  if (issue.code === 'invalid_value') {
    const names = issue.values.map(String)
    return error(path, `${subject} is not one of ${names.join(', ')}`, near(value, names))
  }
  if (issue.code !== 'invalid_union') return error(path, `${subject}: ${issue.message.replace(/^Invalid input: /, '')}`)
  const meant = schemaAt(path)?.description
  return error(path, `${subject} has none of the forms that it may have`, meant === undefined ? '' : `${meant} `)
}

interface SchemaPart {
  readonly description?: string
  readonly shape?: Readonly<Record<PropertyKey, SchemaPart>>
  unwrap?(): SchemaPart
}

/** The part of the schema at a path. */
function schemaAt(path: readonly PropertyKey[]): SchemaPart | undefined {
  const bare = (part: SchemaPart | undefined): SchemaPart | undefined => (part?.unwrap ? bare(part.unwrap()) : part)
  let part: SchemaPart | undefined = definitionSchema as unknown as SchemaPart
  for (const key of path) part = bare(part)?.shape?.[key]
  return part && {shape: bare(part)?.shape, description: part.description}
}

/** A definition of nothing but an id and a data file. Throws LanternError `usage` for an id that is none. */
export function definitionOfData(id: string, path: string): OpenDefinition {
  if (!/^[a-z0-9-]+$/.test(id))
    throw new LanternError(
      'usage',
      `"${id}" is no id of a benchmark.`,
      'An id is made of lower-case letters, digits and hyphens.',
    )
  const file: DefinitionFile = {id, data: resolve(path)}
  return {file, folder: resolve(dirname(path)), path: null, placeOf: () => `--bench ${id}=${path}`}
}
