// `--format FMT=PATH`: which tables to write, and where. What cannot be written is refused before a run begins, since
// a run may take hours.
import {accessSync, constants, realpathSync, type Stats, statSync} from 'node:fs'
import {basename, dirname, join, resolve} from 'node:path'
import {LanternError, systemCodeOf} from '../core/errors.js'
import {fileFormatNames, outputNamed} from '../reports/formats/index.js'
import type {Output} from '../reports/publish.js'

/**
 * Reads the values of --format. A format with its own variable (github: GITHUB_STEP_SUMMARY) needs no path if that is
 * set.
 * Throws `usage` for an unknown format, a path of the wrong kind and two outputs in one file, and `disk` for a place
 * where nothing may be written.
 */
export function parseFormats(
  values: readonly string[] | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Output[] {
  const names = fileFormatNames()
  const outputs = (values ?? []).map(value => {
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
  for (const output of outputs) assertPlace(output)
  assertApart(outputs)
  return outputs
}

const writesFolder = (format: string) => outputNamed(format).ending === ''

/** Throws where the path is of the wrong kind, or nothing may be written there, or what writes it is absent. */
function assertPlace({format, path}: Output): void {
  const output = outputNamed(format)
  if ('assertReady' in output) output.assertReady?.()
  const found = statOf(path)
  const folder = writesFolder(format)
  if (found !== null && found.isDirectory() !== folder)
    throw new LanternError(
      'usage',
      folder
        ? `--format ${format}=${path}: ${format} writes a folder, and ${path} is ${found.isFile() ? 'a file' : 'none'}.`
        : `--format ${format}=${path}: ${format} writes a file, and ${path} is a folder.`,
      folder
        ? `Give a folder, one that is there or a new one: --format ${format}=results.`
        : `Give a file in it: --format ${format}=${join(path, `results${outputNamed(format).ending}`)}.`,
    )
  // A pipe or a device says for itself what may be written.
  if (found !== null && !found.isDirectory() && !found.isFile()) return
  let at = found?.isDirectory() ? resolve(path) : dirname(resolve(path))
  while (statOf(at) === null && dirname(at) !== at) at = dirname(at)
  const reason = reasonAgainst(at)
  if (reason !== null)
    throw new LanternError('disk', `--format ${format}=${path} cannot be made: ${at} ${reason}.`, 'Give another path.')
}

function reasonAgainst(folder: string): string | null {
  if (statOf(folder)?.isDirectory() !== true) return 'is not a folder'
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return null
  } catch (error) {
    return systemCodeOf(error) === 'EROFS' ? 'is on a read-only disk' : 'may not be written by you'
  }
}

/** Throws where a later output would replace an earlier one. */
function assertApart(outputs: readonly Output[]): void {
  const taken = new Map<string, string>()
  for (const {format, path} of outputs) {
    const part = outputNamed(format)
    const found = statOf(path)
    // Folders hold both, pipes and devices get both, and what is appended replaces nothing.
    if (writesFolder(format) || ('render' in part && part.appends === true)) continue
    if (found !== null && !found.isFile()) continue
    const place = placeOf(path)
    const earlier = taken.get(place)
    if (earlier !== undefined)
      throw new LanternError(
        'usage',
        `--format ${format}=${path}: ${earlier} is written there too, and one would replace the other.`,
        'Give each format a path of its own.',
      )
    taken.set(place, format)
  }
}

/** The same for every way to write a path. */
function placeOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    const folder = dirname(resolve(path))
    return join(folder === resolve(path) ? '' : statOf(folder) === null ? folder : realpathSync(folder), basename(path))
  }
}

/** Null where there is nothing, or nothing that may be seen. */
function statOf(path: string): Stats | null {
  try {
    return statSync(path)
  } catch {
    return null
  }
}
