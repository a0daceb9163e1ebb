// `--format FMT=PATH`: which tables to write, and where.
import {LanternError} from '../core/errors.js'
import {fileFormatNames, outputNamed} from '../reports/formats/index.js'
import type {Output} from '../reports/publish.js'

/**
 * Reads the values of --format. A format with its own variable (github: GITHUB_STEP_SUMMARY) needs no path if that is
 * set.
 * Throws `usage`.
 */
export function parseFormats(
  values: readonly string[] | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Output[] {
  const names = fileFormatNames()
  return (values ?? []).map(value => {
    const [format = '', ...rest] = value.split('=')
    if (!names.includes(format))
      throw new LanternError(
        'usage',
        `--format ${value}: "${format}" is not a format.`,
        `Formats: ${names.join(', ')}; for example --format markdown=table.md.`,
      )
    const found = outputNamed(format)
    const variable = 'render' in found ? found.pathVariable : undefined
    const path = rest.join('=') || (variable === undefined ? '' : (env[variable] ?? ''))
    if (path === '')
      throw new LanternError('usage', `--format ${format} has no path.`, `Write --format ${format}=PATH.`)
    return {format, path}
  })
}
