// lantern-eval.config.yaml: settings by name, between the environment and the defaults. One file serves all commands.
import {readFile} from 'node:fs/promises'
import {dirname, resolve} from 'node:path'
import {closest} from '../core/closest.js'
import {LanternError, messageOf, systemCodeOf} from '../core/errors.js'
import {everywhereSettings} from './settings/everywhere.js'
import {readValue, type Setting, type Source} from './settings/setting.js'

const configFileName = 'lantern-eval.config.yaml'

const advice =
  'Settings are the flags of `lantern-eval run` without their dashes; schemas/config.schema.json lists them.'

/** A configuration file that was read and taken apart; its values are checked when they are asked for. */
export interface ConfigFile {
  /** What its paths are relative to. */
  readonly folder: string
  /** The plug-ins it names, which may add names that its other values use. */
  readonly plugins: readonly string[]
  /** Values by setting. Throws `bad-config` with file, line and column. */
  values(): Promise<ReadonlyMap<string, unknown>>
}

const noFile: ConfigFile = {folder: '.', plugins: [], values: async () => new Map()}

/**
 * Opens a configuration file. Without `path` the default name is tried and its absence is fine.
 * Throws `bad-config` with file, line and column for one that is no mapping, or has a wrong list of plug-ins.
 */
export async function openConfig(path: string | undefined): Promise<ConfigFile> {
  const file = path ?? configFileName
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (path === undefined && systemCodeOf(error) === 'ENOENT') return noFile
    throw new LanternError(
      'bad-config',
      `The configuration file ${file} cannot be read: ${messageOf(error)}.`,
      'Check --config.',
    )
  }
  // Only a file that is there costs the time to load the parser, and the whole table.
  const entries = entriesOf(file, text, await import('yaml'))
  const {plugin} = everywhereSettings
  const listed = entries.find(({key}) => key === plugin.fileKey)
  return {
    folder: resolve(dirname(file)),
    plugins: listed === undefined ? [] : ((await readValue(plugin, listed.value, sourceOf(file, listed))) ?? []),
    async values() {
      const table: Readonly<Record<string, Setting<unknown>>> = (await import('./settings/index.js')).settings
      const values = new Map<string, unknown>()
      for (const entry of entries) {
        const {key, value, at} = entry
        if (key === '$schema') continue
        const {name, opposite} = settingNamed(table, key, `${file}:${at}`)
        const read = await readValue(table[name]!, value, sourceOf(file, entry))
        if (values.has(name))
          throw new LanternError('bad-config', `${file}:${at}: "${key}" contradicts or repeats "${name}".`, 'Keep one.')
        // `no-cache: true` is `cache: false`.
        values.set(name, opposite ? !read : read)
      }
      return values
    },
  }
}

function sourceOf(file: string, {key, at}: Entry): Source {
  return {subject: `${file}:${at}: "${key}":`, code: 'bad-config', advice, text: false}
}

/** The setting that a key means, or whose opposite it means. Throws `bad-config` with the nearest name. */
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
  /** `line:column` of the key. */
  readonly at: string
}

/** The entries of the file's mapping. Throws `bad-config` if the file is not a mapping. */
function entriesOf(file: string, text: string, {LineCounter, parseDocument}: typeof import('yaml')): Entry[] {
  const lines = new LineCounter()
  const document = parseDocument(text, {lineCounter: lines})
  const placeOf = (offset: number) => {
    const {line, col} = lines.linePos(offset)
    return `${line}:${col}`
  }
  const broken = document.errors[0]
  if (broken) {
    const said = broken.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '')
    throw new LanternError(
      'bad-config',
      `${file}:${placeOf(broken.pos[0])}: not valid YAML: ${said}.`,
      'Correct that line.',
    )
  }
  let content: unknown
  try {
    content = document.toJS() ?? {}
  } catch (error) {
    throw new LanternError('bad-config', `${file}:1:1: not usable: ${messageOf(error)}.`, 'Write values in full.')
  }
  if (typeof content !== 'object' || Array.isArray(content))
    throw new LanternError('bad-config', `${file}:1:1: not a list of settings like "limit: 20".`, advice)
  const places = new Map<string, string>()
  const contents = document.contents
  if (contents && 'items' in contents) {
    for (const item of contents.items) {
      const key = (item as {key?: {value?: unknown; range?: [number, number, number]}}).key
      if (key?.range) places.set(String(key.value), placeOf(key.range[0]))
    }
  }
  return Object.entries(content as object).map(([key, value]) => ({key, value, at: places.get(key) ?? '1:1'}))
}
