// Loads plug-ins: modules whose default export lists definitions, and YAML files with a protocol. The caller passes the
// register of each kind. So a worker thread, which needs only two kinds, loads plug-ins by the same rules as the
// command line.
import {readFile} from 'node:fs/promises'
import {fileURLToPath, pathToFileURL} from 'node:url'
import {type Definition, type DefinitionKind, definitionKinds} from './definition.js'
import {LanternError, messageOf, systemCodeOf} from './errors.js'
import {limits} from './limits.js'
import {isLoaded, noteLoaded} from './loaded-plugins.js'
import {moduleSha256, pluginFile} from './plugin-files.js'

/** A plug-in as named by the user, and the folder to which the name is relative. */
export interface PluginName {
  readonly name: string
  readonly folder: string
}

/** The functions that register a part of each kind. Kinds without a function are skipped. */
export type Registrars = Readonly<Partial<Record<DefinitionKind, (part: never) => void>>>

/**
 * Loads plug-ins and registers the parts they list. Plug-ins that are already loaded are skipped.
 * Throws LanternError `bad-config` naming the plug-in, what happened, and what to do.
 */
export async function loadPlugins(names: readonly PluginName[], registrars: Registrars): Promise<void> {
  for (const {name, folder} of names) {
    const file = await pluginFile(name, folder).catch((error: unknown) => {
      throw notLoaded(name, `its package is broken (${messageOf(error)})`, 'Install it again.')
    })
    if (file === undefined)
      throw notLoaded(
        name,
        `there is no such package for modules in ${folder}`,
        `Install it there (npm install ${name}), or write a path as ./${name}.`,
      )
    const url = pathToFileURL(file).href
    if (isLoaded(url)) continue
    const sha256 = await moduleSha256(file).catch((error: unknown) => {
      const absent = systemCodeOf(error) === 'ENOENT'
      throw notLoaded(
        name,
        absent ? `there is no file ${file}` : messageOf(error),
        'Paths are relative to the file that names them, and those of --plugin to the current folder.',
      )
    })
    const definitions = /\.ya?ml$/.test(file)
      ? [await protocolIn(name, file)]
      : definitionsIn(name, await imported(name, url))
    for (const {kind, part} of definitions) register(name, registrars[kind], part)
    const shown = /^[./\\]|^file:|^[A-Za-z]:/.test(name) || file.endsWith(name) ? file.split(/[\\/]/).at(-1)! : name
    const parts = definitions.map(definition => ({kind: definition.kind, name: definition.name}))
    noteLoaded({name: shown, url, sha256, parts})
  }
}

function register(plugin: string, add: ((part: never) => void) | undefined, part: unknown): void {
  try {
    add?.(part as never)
  } catch (error) {
    throw error instanceof LanternError ? inPlugin(plugin, error) : notLoaded(plugin, messageOf(error), defines, error)
  }
}

/** Converts a LanternError into one that names the plug-in. */
function inPlugin(plugin: string, error: LanternError): LanternError {
  return new LanternError(error.code, `The plug-in ${plugin}: ${error.message}`, error.suggestion, {cause: error})
}

async function imported(name: string, url: string): Promise<unknown> {
  try {
    return ((await import(url)) as {readonly default?: unknown}).default
  } catch (error) {
    if (error instanceof LanternError) throw inPlugin(name, error)
    const missing = /Cannot find (?:package|module) '([^']+)'/.exec(messageOf(error))?.[1]
    throw notLoaded(
      name,
      messageOf(error).replace(/\.$/, ''),
      missing === undefined
        ? `Correct it; \`node ${fileURLToPath(url)}\` alone shows where it fails.`
        : `Install ${missing} where the plug-in lies, so that it can import it.`,
      error,
    )
  }
}

/** A protocol as a YAML file states it: its fields, which its register checks. */
async function protocolIn(name: string, file: string): Promise<Definition> {
  const text = await readFile(file, 'utf8')
  if (text.length > limits.yamlChars)
    throw notLoaded(name, `it has ${text.length} characters; at most ${limits.yamlChars} are read`, 'Keep the rules.')
  try {
    const part: unknown = (await import('yaml')).parse(text)
    return {kind: 'protocol', name: String((part as {readonly name?: unknown} | null)?.name), part}
  } catch (error) {
    throw notLoaded(name, `it is not valid YAML: ${messageOf(error).split('\n')[0]!}`, 'Correct that line.', error)
  }
}

const defines = 'List what defineBenchmark, defineRunner, defineExtractor and the other define functions return.'

function definitionsIn(name: string, exported: unknown): readonly Definition[] {
  if (!Array.isArray(exported))
    throw notLoaded(
      name,
      exported === undefined ? 'it has no default export' : 'its default export is no list',
      `Write \`export default [...]\`. ${defines}`,
    )
  return exported.map((element: Partial<Definition> | null, index) => {
    const {kind, part, name: partName} = element ?? {}
    const known = definitionKinds.some(one => one === kind)
    if (known && typeof partName === 'string' && part !== undefined) return element as Definition
    const told = kind === undefined || known ? 'no definition' : `of the kind ${JSON.stringify(kind)}, which is unknown`
    throw notLoaded(name, `element ${index + 1} of its list is ${told}`, defines)
  })
}

function notLoaded(name: string, why: string, suggestion: string, cause?: unknown): LanternError {
  return new LanternError('bad-config', `The plug-in ${name} cannot be loaded: ${why}.`, suggestion, {cause})
}
