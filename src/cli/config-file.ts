// lantern-eval.config.yaml: settings by name, between the environment and the defaults. One file serves all commands.
import {dirname, resolve} from 'node:path'
import {closest} from '../core/closest.js'
import {LanternError, messageOf, systemCodeOf} from '../core/errors.js'
import {limits} from '../core/limits.js'
import {readSmallText} from '../core/small-file.js'
import type {YamlFile} from '../core/yaml-file.js'
import {everywhereSettings} from './settings/everywhere.js'
import {readValue, type Setting, type Source} from './settings/setting.js'

const configFileName = 'lantern-eval.config.yaml'

const advice =
  'Settings are the flags of `lantern-eval run` without their dashes; schemas/config.schema.json lists them.'

/** A parsed configuration file. Its values are checked when they are read. */
export interface ConfigFile {
  /** The folder to which its paths are relative. */
  readonly folder: string
  /** The plug-ins it names. They may add names that its other values use. */
  readonly plugins: readonly string[]
  /** Values by setting. Throws `bad-config` with file, line and column. */
  values(): Promise<ReadonlyMap<string, unknown>>
}

const noFile: ConfigFile = {folder: '.', plugins: [], values: async () => new Map()}

/**
 * Opens a configuration file. Without `path` the default name is tried and its absence is fine.
 * Throws `bad-config` with file, line and column if it is not a mapping or its list of plug-ins is invalid.
 */
export async function openConfig(path: string | undefined): Promise<ConfigFile> {
  const file = path ?? configFileName
  let text: string
  try {
    text = await readSmallText(file, limits.textBytes)
  } catch (error) {
    if (path === undefined && systemCodeOf(error) === 'ENOENT') return noFile
    throw new LanternError(
      'bad-config',
      `The configuration file ${file} cannot be read: ${messageOf(error)}.`,
      'Check --config.',
    )
  }
  // The parser and the whole table are loaded only if the file exists.
  const {parseYaml} = await import('../core/yaml-file.js')
  const entries = entriesOf(file, await parseYaml(file, text))
  const {plugin} = everywhereSettings
  const listed = entries.find(({key}) => key === plugin.fileKey)
  return {
    folder: resolve(dirname(file)),
    plugins: listed === undefined ? [] : ((await readValue(plugin, listed.value, sourceOf(listed))) ?? []),
    async values() {
      const table: Readonly<Record<string, Setting<unknown>>> = (await import('./settings/index.js')).settings
      const values = new Map<string, unknown>()
      // Benchmarks first: other values may name one that a definition file adds.
      const byName = [...entries].sort((a, b) => Number(b.key === 'bench') - Number(a.key === 'bench'))
      for (const entry of byName) {
        const {key, value, place} = entry
        if (key === '$schema') continue
        const {name, opposite} = settingNamed(table, key, place)
        const read = await readValue(table[name]!, value, sourceOf(entry))
        if (values.has(name))
          throw new LanternError('bad-config', `${place}: "${key}" contradicts or repeats "${name}".`, 'Keep one.')
        // `no-cache: true` is `cache: false`.
        values.set(name, opposite ? !read : read)
      }
      return values
    },
  }
}

function sourceOf({key, place}: Entry): Source {
  return {subject: `${place}: "${key}":`, code: 'bad-config', advice, text: false}
}

/** The setting of a key, or the setting that the key negates. Throws `bad-config` with the nearest name. */
function settingNamed(
  table: Readonly<Record<string, Setting<unknown>>>,
  key: string,
  place: string,
): {readonly name: string; readonly opposite: boolean} {
  const names = Object.keys(table).filter(name => !table[name]!.notInFile)
  const keyOf = (name: string) => table[name]!.fileKey ?? name
  const name = names.find(one => keyOf(one) === key)
  if (name !== undefined) return {name, opposite: false}
  const opposed = names.find(one => table[one]!.negatable && key === `no-${one}`)
  if (opposed !== undefined) return {name: opposed, opposite: true}
  const near = closest(key.replace(/^--/, ''), names.map(keyOf))
  const offer = near === undefined ? '' : `Did you mean "${near}"? `
  throw new LanternError('bad-config', `${place}: "${key}" is not a setting.`, `${offer}${advice}`)
}

interface Entry {
  readonly key: string
  readonly value: unknown
  /** `file:line:column` of the key. */
  readonly place: string
}

/** The entries of the file, which must be a mapping. Throws `bad-config`. */
function entriesOf(file: string, {content, placeOf}: YamlFile): Entry[] {
  const mapping = content ?? {}
  if (typeof mapping !== 'object' || Array.isArray(mapping))
    throw new LanternError('bad-config', `${file}:1:1: not a list of settings like "limit: 20".`, advice)
  return Object.entries(mapping).map(([key, value]) => ({key, value, place: placeOf([key])}))
}
