// How an error is reported, in one place: as text on stderr, and as the JSON document on stdout.
import {existsSync} from 'node:fs'
import chalk from 'chalk'
import {exitCodes, LanternError, messageOf, systemCodeOf} from '../core/errors.js'
import {loadedPlugins} from '../core/loaded-plugins.js'
import {printable} from '../core/printable.js'

const bugAdvice = 'This is a bug in lantern-eval. Run again with --log-level debug and report what it prints.'

/** The innermost line of a stack trace. */
const firstPlace = /^ +at .*$/m

const verdicts: Readonly<Record<number, string>> = {
  [exitCodes.endpoint]: 'infrastructure',
  [exitCodes.interrupted]: 'interrupted',
}

/**
 * Node's codes for errors of the operating system that this program does not cause: no space, no permission, a file
 * instead of a folder.
 */
const refusals: ReadonlySet<unknown> = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOSPC',
  'EDQUOT',
  'ENOTDIR',
  'EISDIR',
  'EEXIST',
  'ENAMETOOLONG',
  'ELOOP',
  'EIO',
])

/**
 * The error to report for anything thrown. Errors thrown by a plug-in's code, and file-system errors without a message
 * of this program, are not bugs of this program.
 */
export function toldAs(thrown: unknown): unknown {
  if (thrown instanceof LanternError) return thrown
  const place = thrown instanceof Error ? firstPlace.exec(thrown.stack ?? '')?.[0] : undefined
  const plugin = place && loadedPlugins().find(({url}) => place.includes(url))
  if (plugin)
    return new LanternError(
      'bad-config',
      `The plug-in ${plugin.name} failed: ${messageOf(thrown)}.`,
      `Correct it: ${place.trim()}.`,
      {cause: thrown},
    )
  const code = systemCodeOf(thrown)
  if (code === 'EMFILE' || code === 'ENFILE' || isThereButNotFound(thrown))
    return new LanternError(
      'disk',
      'The operating system allows too few open files.',
      'Allow more: `ulimit -n 1024`. Then run the same command again: finished samples are kept.',
      {cause: thrown},
    )
  if (!refusals.has(code)) return thrown
  return new LanternError(
    'disk',
    `The operating system refused: ${messageOf(thrown)}.`,
    'Check that path, its permissions and the free space.',
    {
      cause: thrown,
    },
  )
}

/**
 * Node calls a package absent whose files it cannot open for lack of handles. Where it cannot read the package.json, it
 * names a file that the package need not have, so its folder is looked for.
 */
function isThereButNotFound(thrown: unknown): boolean {
  const path = /^Cannot find \w+ '([^']+)'/.exec(messageOf(thrown))?.[1]
  if (systemCodeOf(thrown) !== 'ERR_MODULE_NOT_FOUND' || path === undefined) return false
  const folder = /^.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+/.exec(path)?.[0]
  return existsSync(path) || (folder !== undefined && existsSync(folder))
}

/** The exit code for anything thrown. Anything that is not a LanternError is a bug. */
export function exitCodeOf(thrown: unknown): number {
  return thrown instanceof LanternError ? thrown.exitCode : exitCodes.bug
}

/** The document that --json prints instead of a result. */
export function errorDocument(thrown: unknown): object {
  const known = thrown instanceof LanternError
  const exitCode = exitCodeOf(thrown)
  return {
    error: {
      code: known ? thrown.code : 'bug',
      message: printable(messageOf(thrown)),
      suggestion: (known ? thrown.suggestion : bugAdvice) ?? null,
    },
    exitCode,
    verdict: verdicts[exitCode] ?? 'error',
  }
}

/** The lines on stderr: what happened, what to do, and (for a bug or with `stack`) where. */
export function errorLines(thrown: unknown, stack: boolean): string {
  const known = thrown instanceof LanternError
  const suggestion = known ? thrown.suggestion : bugAdvice
  const where = (!known || stack) && thrown instanceof Error ? thrown.stack : undefined
  return [
    `${chalk.red('error')} ${printable(messageOf(thrown))}`,
    ...(suggestion === undefined ? [] : [`${chalk.dim('  try')} ${suggestion}`]),
    ...(where === undefined ? [] : [chalk.dim(where)]),
    '',
  ].join('\n')
}
