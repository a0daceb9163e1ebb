// lantern-eval.config.yaml: settings by name, between the environment and the defaults. One file serves all commands.
import {readFile} from 'node:fs/promises'
import {closest} from '../core/closest.js'
import {LanternError, messageOf, systemCodeOf} from '../core/errors.js'
import {readValue, type Setting} from './settings/setting.js'
import type {YamlFile} from './yaml-file.js'

const configFileName = 'lantern-eval.config.yaml'

const advice =
  'Settings are the flags of `lantern-eval run` without their dashes; schemas/config.schema.json lists them.'

/**
 * The values of a configuration file by setting. Without `path` the default name is tried, and the file may be absent.
 * Throws `bad-config` with file, line and column.
 */
export async function readConfig(path: string | undefined): Promise<ReadonlyMap<string, unknown>> {
  const file = path ?? configFileName
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (path === undefined && systemCodeOf(error) === 'ENOENT') return new Map()
    throw new LanternError(
      'bad-config',
      `The configuration file ${file} cannot be read: ${messageOf(error)}.`,
      'Check --config.',
    )
  }
  // Only a file that is there costs the time to load the parser and the whole table.
  const [{settings}, {parseYaml}] = await Promise.all([import('./settings/index.js'), import('./yaml-file.js')])
  const table: Readonly<Record<string, Setting<unknown>>> = settings
  const values = new Map<string, unknown>()
  for (const {key, value, place} of entriesOf(file, await parseYaml(file, text))) {
    if (key === '$schema') continue
    const name = settingNamed(table, key, place)
    const source = {subject: `${place}: "${key}":`, code: 'bad-config', advice, text: false} as const
    const setting = table[name]!
    // `no-cache: true` is `cache: false`.
    const read = await readValue(setting, value, source)
    if (values.has(name))
      throw new LanternError('bad-config', `${place}: "${key}" contradicts or repeats "${name}".`, 'Keep one.')
    values.set(name, key === name ? read : !read)
  }
  return values
}

/** The setting of a key. Throws `bad-config` with the nearest name. */
function settingNamed(table: Readonly<Record<string, Setting<unknown>>>, key: string, place: string): string {
  const names = Object.keys(table).filter(name => !table[name]!.notInFile)
  const opposite = names.find(name => table[name]!.negatable && key === `no-${name}`)
  if (names.includes(key)) return key
  if (opposite !== undefined) return opposite
  const near = closest(key.replace(/^--/, ''), names)
  const offer = near === undefined ? '' : `Did you mean "${near}"? `
  throw new LanternError('bad-config', `${place}: "${key}" is not a setting.`, `${offer}${advice}`)
}

interface Entry {
  readonly key: string
  readonly value: unknown
  /** `file:line:column` of the key. */
  readonly place: string
}

/** The entries of the mapping that a file must be. Throws `bad-config`. */
function entriesOf(file: string, {content, placeOf}: YamlFile): Entry[] {
  const mapping = content ?? {}
  if (typeof mapping !== 'object' || Array.isArray(mapping))
    throw new LanternError('bad-config', `${file}:1:1: not a list of settings like "limit: 20".`, advice)
  return Object.entries(mapping).map(([key, value]) => ({key, value, place: placeOf([key])}))
}
