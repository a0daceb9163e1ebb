// Settings of every command.
import {choice, onOrOff, text} from './kinds.js'
import {one, several, withDefault} from './setting.js'

/** Heading of the settings of every command in --help. */
export const everywhereGroup = 'GLOBAL'
const group = {group: everywhereGroup} as const

export const everywhereSettings = {
  config: one(text('FILE'), 'Configuration file.', {
    ...group,
    notInFile: true,
    defaultNote: 'lantern-eval.config.yaml in the current folder, if there is one',
  }),
  plugin: several(text('FILE|PACKAGE'), 'Module with benchmarks, runners, extractors, formats or others of your own.', {
    ...group,
    fileKey: 'plugins',
  }),
  'log-level': withDefault(
    choice('LEVEL', ['debug', 'info', 'warn', 'error']),
    'info',
    'How much to print on stderr; debug adds retries and stack traces.',
    group,
  ),
  yes: withDefault(onOrOff, false, 'Answer yes to every question; needed where there is no terminal to ask.', {
    ...group,
    char: 'y',
  }),
  json: withDefault(onOrOff, false, 'Print the result as one JSON document, and nothing else on stdout.', {
    ...group,
  }),
  'no-color': withDefault(onOrOff, false, 'Plain text; NO_COLOR=1 does the same.', group),
}
