// lantern-eval.config.yaml: settings by name, between the environment and the defaults. One file serves all commands.
import {readFile} from 'node:fs/promises'
import {closest} from '../core/closest.js'
import {LanternError, messageOf, systemCodeOf} from '../core/errors.js'
import {readValue, type Setting} from './settings/setting.js'

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
  // The parser and the whole table of settings are loaded only if there is a file.
  const [{settings}, yaml] = await Promise.all([import('./settings/index.js'), import('yaml')])
  const table: Readonly<Record<string, Setting<unknown>>> = settings
  const values = new Map<string, unknown>()
  for (const {key, value, at} of entriesOf(file, text, yaml)) {
    if (key === '$schema') continue
    const name = settingNamed(table, key, `${file}:${at}`)
    const source = {subject: `${file}:${at}: "${key}":`, code: 'bad-config', advice, text: false} as const
    const setting = table[name]!
    // `no-cache: true` is `cache: false`.
    const read = await readValue(setting, value, source)
    if (values.has(name))
      throw new LanternError('bad-config', `${file}:${at}: "${key}" contradicts or repeats "${name}".`, 'Keep one.')
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
