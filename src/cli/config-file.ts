// lantern-eval.config.yaml: flag values by flag name, between the environment and the defaults.
import {readFile} from 'node:fs/promises'
import type {Document, LineCounter} from 'yaml'
import {LanternError, messageOf, systemCodeOf} from '../core/errors.js'
import type {Config} from './config-schema.js'

export const configFileName = 'lantern-eval.config.yaml'

/**
 * Reads a configuration file. Without `path` the default name is tried and its absence is fine.
 * Throws `bad-config` with file, line and column.
 */
export async function readConfig(path: string | undefined): Promise<Config> {
  const file = path ?? configFileName
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (path === undefined && systemCodeOf(error) === 'ENOENT') return {}
    throw new LanternError(
      'bad-config',
      `The configuration file ${file} cannot be read: ${messageOf(error)}.`,
      'Check --config.',
    )
  }
  // Only a file there is costs the time to load its parser and its schema.
  const [{LineCounter, parseDocument}, {configSchema}] = await Promise.all([
    import('yaml'),
    import('./config-schema.js'),
  ])
  const lines = new LineCounter()
  const document = parseDocument(text, {lineCounter: lines})
  const broken = document.errors[0]
  if (broken) {
    const at = lines.linePos(broken.pos[0])
    throw new LanternError(
      'bad-config',
      `${file}:${at.line}:${at.col}: not valid YAML: ${broken.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '')}.`,
      'Correct that line.',
    )
  }
  const parsed = configSchema.safeParse(document.toJS() ?? {})
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const key = issue.code === 'unrecognized_keys' ? issue.keys[0]! : String(issue.path[0] ?? '')
  const position = positionOf(document, key, lines)
  const what =
    issue.code === 'unrecognized_keys' ? `"${key}" is not a setting` : `"${issue.path.join('.')}": ${issue.message}`
  throw new LanternError(
    'bad-config',
    `${file}:${position}: ${what}.`,
    'Settings are the flags of `lantern-eval run` without their dashes; schemas/config.schema.json lists them.',
  )
}

function positionOf(document: Document, key: string, lines: LineCounter): string {
  const contents = document.contents
  if (contents && 'items' in contents) {
    for (const item of contents.items) {
      const name = (item as {key?: {value?: unknown; range?: [number, number, number]}}).key
      if (name?.value === key && name.range) {
        const at = lines.linePos(name.range[0])
        return `${at.line}:${at.col}`
      }
    }
  }
  return '1:1'
}
