// Converts errors of oclif's parser into LanternErrors: a sentence and a suggestion.
import {closest} from '../core/closest.js'
import {LanternError} from '../core/errors.js'

/** The errors of oclif's parser, as far as they are read here (oclif/core: src/parser/errors.ts). */
export interface ParserError extends Error {
  readonly oclif: {readonly exit?: number}
  /** Unknown flags. */
  readonly flags?: readonly string[]
  /** Missing arguments, or the extra ones. */
  readonly args?: readonly (
    | string
    | {readonly name: string; readonly description?: string; readonly options?: readonly string[]}
  )[]
}

/** True for an error of oclif about the command line. Some of its parser errors have no class of their own. */
export function isParserError(error: unknown): error is ParserError {
  return error instanceof Error && 'oclif' in error
}

/** The usage error for arguments after `command` (as a user writes it), which has these flags. */
export function usageError(error: ParserError, command: string, flagNames: readonly string[]): LanternError {
  const help = `\`lantern-eval ${command} --help\``
  const unknown = error.flags?.[0]
  if (unknown !== undefined) {
    const near = closest(unknown.replace(/^--(no-)?/, ''), flagNames)
    const offer = near === undefined ? '' : `Did you mean --${near}? `
    return new LanternError('usage', `\`${command}\` has no flag ${unknown}.`, `${offer}${help} lists its flags.`)
  }
  const [argument] = error.args ?? []
  if (typeof argument === 'string') return tooMany(command, argument)
  if (argument !== undefined) {
    const {description, options} = argument
    const about = options ? `: one of ${options.join(', ')}.` : description === undefined ? '.' : `: ${description}`
    return new LanternError(
      'usage',
      `\`${command}\` needs ${argument.name.toUpperCase()}${about}`,
      `${help} shows examples.`,
    )
  }
  const outside = /^Expected (\S+) to be one of: (.+)$/m.exec(error.message)
  if (outside !== null) {
    const [, value = '', names = ''] = outside
    const near = closest(value, names.split(', '))
    const offer = near === undefined ? '' : `Did you mean ${near}? `
    return new LanternError('usage', `${value} is not one of ${names}.`, `${offer}See ${help}.`)
  }
  return new LanternError('usage', sentenceOf(error.message, command), `See ${help}.`)
}

/** The usage error for one extra argument after `command`. */
export function tooMany(command: string, argument: string): LanternError {
  return new LanternError(
    'usage',
    `\`${command}\` takes no further argument "${argument}".`,
    `See \`lantern-eval ${command} --help\`.`,
  )
}

/** oclif's message on one line, without its heading and its advice about --help. */
function sentenceOf(message: string, command: string): string {
  const lines = message
    .replace(/\nSee more help with --help$/, '')
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !/^The following errors? occurred:$/.test(line))
  const text = lines
    .join('; ')
    .replace(/^Parsing (--\S+)\s*; Expected/, '$1: expected')
    .replace(/^Missing required flag /, `\`${command}\` needs --`)
  return text.endsWith('.') ? text : `${text}.`
}
