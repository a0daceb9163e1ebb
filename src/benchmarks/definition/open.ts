// Reads a definition file: YAML, schema, template. Errors name the line of the file.
import {readFile} from 'node:fs/promises'
import {basename, dirname, resolve} from 'node:path'
import {closest} from '../../core/closest.js'
import {LanternError, messageOf} from '../../core/errors.js'
import {checkTemplate} from '../../core/prompt-template.js'
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
    text = await readFile(path, 'utf8')
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
export function checkedDefinition(content: unknown, placeOf: (path: readonly PropertyKey[]) => string): DefinitionFile {
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new LanternError('bad-config', `${placeOf([])}: not a list of keys like "id: mybench".`, advice)
  const parsed = definitionSchema.safeParse(content)
  if (!parsed.success) throw refusal(parsed.error.issues[0]!, placeOf)
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

function refusal(issue: Issue, placeOf: (path: readonly PropertyKey[]) => string): LanternError {
  const {path} = issue
  if (issue.code !== 'unrecognized_keys')
    return new LanternError('bad-config', `${placeOf(path)}: "${path.join('.')}": ${wordsOf(issue)}.`, advice)
  const [key] = issue.keys as [string]
  const near = closest(key, keysAt(path))
  const offer = near === undefined ? '' : `Did you mean "${near}"? `
  return new LanternError(
    'bad-config',
    `${placeOf([...path, key])}: there is no key "${[...path, key].join('.')}".`,
    `${offer}${advice}`,
  )
}

function wordsOf(issue: Issue): string {
  if (issue.code === 'invalid_union') return 'is none of the forms that this key takes'
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return 'is missing'
  return issue.message.replace(/^Invalid (?:input|option): /, '')
}

/** The keys that the schema has at a path. */
function keysAt(path: readonly PropertyKey[]): readonly string[] {
  // biome-ignore lint/suspicious/noExplicitAny: zod's own tree, walked by name
  let schema: any = definitionSchema
  const bare = (node: typeof schema): typeof schema => (node?.unwrap ? bare(node.unwrap()) : node)
  for (const key of path) schema = bare(schema)?.shape?.[key as string]
  return Object.keys(bare(schema)?.shape ?? {})
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
