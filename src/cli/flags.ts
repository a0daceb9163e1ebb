// Flags that several commands share, and the one place where a flag gets its environment variable.
import {Flags} from '@oclif/core'
import type {FlagInput} from '@oclif/core/interfaces'
import {benchmarkIds} from '../benchmarks/index.js'
import {LanternError} from '../core/errors.js'

/** `--base-url` -> `LANTERN_EVAL_BASE_URL` (design/contract.md, "Environment and config"). */
export function variableOf(flag: string): string {
  return `LANTERN_EVAL_${flag.toUpperCase().replaceAll('-', '_')}`
}

/** Gives every flag its environment variable; every command wraps its flags in this. */
export function withVariables<T extends FlagInput>(flags: T): T {
  for (const [name, flag] of Object.entries(flags)) flag.env ??= variableOf(name)
  return flags
}

/** Heading of the flags of every command in --help. */
export const everywhereGroup = 'GLOBAL'

/** Flags of every command. */
export const everywhere = withVariables({
  config: Flags.file({
    summary: 'Configuration file; the default is lantern-eval.config.yaml in the current folder, if there is one.',
    helpGroup: everywhereGroup,
    helpValue: 'FILE',
  }),
  'log-level': Flags.option({options: ['debug', 'info', 'warn', 'error'] as const})({
    summary: 'How much is told on stderr; debug adds retries and stack traces.',
    helpGroup: everywhereGroup,
    default: 'info' as const,
  }),
  yes: Flags.boolean({
    char: 'y',
    summary: 'Answer yes to every question; needed where there is no terminal to ask.',
    helpGroup: everywhereGroup,
  }),
  json: Flags.boolean({
    summary: 'Print the result as one JSON document, and nothing else on stdout.',
    helpGroup: everywhereGroup,
  }),
  'no-color': Flags.boolean({summary: 'Plain text; NO_COLOR=1 does the same.', helpGroup: everywhereGroup}),
})

/** Whether JSON is asked for, by --json (before a `--`) or its variable. */
export function jsonAsked(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): boolean {
  const end = argv.indexOf('--')
  return (
    argv.slice(0, end === -1 ? undefined : end).includes('--json') ||
    /^(1|true|yes|y)$/i.test(env[variableOf('json')] ?? '')
  )
}

/** `--data [BENCH=]DIR`, repeatable, in a group of a command's help. */
export const dataFlagIn = (helpGroup?: string) =>
  Flags.string({
    summary: 'Where the data lie; with several benchmarks name each. `builtin` takes the built-in samples.',
    helpValue: '[BENCH=]DIR',
    helpGroup,
    multiple: true,
    delimiter: ',',
  })

export const dataFlag = dataFlagIn()

/**
 * Splits the `[KEY=]VALUE` of a flag into a record; a value without a key stands under `*`. Throws `usage` for two
 * values of one key.
 */
export function keyed(flag: string, values: readonly string[] | undefined): Record<string, string> {
  const record: Record<string, string> = {}
  for (const value of values ?? []) {
    const match = /^([A-Za-z0-9_.:/-]+?)=(.+)$/.exec(value)
    // A URL with a query (`http://host/v1?x=1`) has an equals sign too, but no key before it.
    const [key, rest] = match && !match[1]!.includes('://') ? [match[1]!, match[2]!] : ['*', value]
    if (Object.hasOwn(record, key)) {
      const whose = key === '*' ? 'two values for everything' : `"${key}" twice`
      throw new LanternError('usage', `--${flag} gives ${whose}.`, `Name what each is for: --${flag} NAME=VALUE.`)
    }
    record[key] = rest
  }
  return record
}

/**
 * The folders of `--data` by benchmark. Throws `usage` for a benchmark that does not exist: its data would be taken
 * from elsewhere in silence.
 */
export function dataFolders(values: readonly string[] | undefined): Record<string, string> {
  const folders = keyed('data', values)
  const stranger = Object.keys(folders).find(id => id !== '*' && !benchmarkIds().includes(id))
  if (stranger === undefined) return folders
  throw new LanternError(
    'usage',
    `--data ${stranger}=${folders[stranger]}: there is no benchmark "${stranger}".`,
    `The benchmarks are ${benchmarkIds().join(', ')}; a folder with an equals sign in its name needs one before it: --data ID=DIR.`,
  )
}
