// How an error is told, in one place: to people on stderr, to programs as the JSON document on stdout. Decides nothing.
import chalk from 'chalk'
import {LanternError, messageOf} from '../core/errors.js'

const bugAdvice = 'This is a bug in lantern-eval. Run again with --log-level debug and report what it prints.'

const verdicts: Readonly<Record<number, string>> = {4: 'infrastructure', 130: 'interrupted'}

/** The exit code of anything thrown: what is not ours is a bug (20). */
export function exitCodeOf(thrown: unknown): number {
  return thrown instanceof LanternError ? thrown.exitCode : 20
}

/** The document that --json prints in place of a result. */
export function errorDocument(thrown: unknown): object {
  const known = thrown instanceof LanternError
  const exitCode = exitCodeOf(thrown)
  return {
    error: {code: known ? thrown.code : 'bug', message: messageOf(thrown), suggestion: (known ? thrown.suggestion : bugAdvice) ?? null},
    exitCode,
    verdict: verdicts[exitCode] ?? 'error',
  }
}

/** The lines on stderr: what happened, what to do, and for a bug (or with `stack`) where. */
export function errorLines(thrown: unknown, stack: boolean): string {
  const known = thrown instanceof LanternError
  const suggestion = known ? thrown.suggestion : bugAdvice
  const where = (!known || stack) && thrown instanceof Error ? thrown.stack : undefined
  return [
    `${chalk.red('error')} ${messageOf(thrown)}`,
    ...(suggestion === undefined ? [] : [`${chalk.dim('  try')} ${suggestion}`]),
    ...(where === undefined ? [] : [chalk.dim(where)]),
    '',
  ].join('\n')
}
