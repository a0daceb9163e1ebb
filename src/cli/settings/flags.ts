// Turns settings into oclif flags: what oclif needs to parse a command line, and the help line. Variables, defaults and
// bounds are not given to oclif: resolve.ts reads all sources in the same way.
import {Flags} from '@oclif/core'
import type {FlagInput} from '@oclif/core/interfaces'
import {everywhereGroup, everywhereSettings} from './everywhere.js'
import {type Setting, type Settings, type Values, variableOf} from './setting.js'

type AnyFlag = FlagInput[string]

/** Settings by the flags made from them: oclif copies flags but keeps the objects they hold. */
const settingOf = Symbol('setting')

/** The flags of a command; `grouped` puts them under the headings of the table. */
export function flagsOf<S extends Settings>(settings: S, {grouped = false} = {}): FlagInput<Values<S>> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, setting]) => [name, flagOf(name, setting, grouped)]),
  ) as FlagInput<Values<S>>
}

function flagOf(name: string, setting: Setting<unknown>, grouped: boolean): AnyFlag {
  const {kind, many, group, char, required, negatable} = setting
  const shared = {
    summary: lineOf(setting),
    env: variableOf(name),
    ...(group !== undefined && (grouped || group === everywhereGroup) && {helpGroup: group}),
    ...(char !== undefined && {char: char as 'y'}),
    ...(required && {required}),
    [settingOf]: setting,
  }
  if (isSwitch(setting)) return Flags.boolean({...shared, ...(negatable && {allowNo: true})}) as AnyFlag
  const option = {...shared, helpValue: kind.holder, ...(kind.choices && {options: [...kind.choices]})}
  if (many === undefined) return Flags.string(option) as AnyFlag
  return Flags.string({...option, multiple: true, multipleNonGreedy: !many.commas}) as AnyFlag
}

const isSwitch = ({kind}: Setting<unknown>) => kind.holder === ''

/** Summary; then, in brackets, the allowed values and the default. */
function lineOf(setting: Setting<unknown>): string {
  const {summary, kind, defaultNote} = setting
  const standing = defaultNote ?? (isSwitch(setting) && setting.default === false ? undefined : setting.default)
  const notes = [kind.bounds, ...(standing === undefined ? [] : [`default: ${String(standing)}`])].filter(Boolean)
  return notes.length === 0 ? summary : `${summary} [${notes.join('; ')}]`
}

/** The settings behind the flags of a command. */
export function settingsIn(flags: FlagInput): Settings {
  return Object.fromEntries(
    Object.entries(flags).flatMap(([name, flag]) => {
      const setting = (flag as {[settingOf]?: Setting<unknown>})[settingOf]
      return setting === undefined ? [] : [[name, setting]]
    }),
  )
}

/** The same flags without any rules, to parse a command line that `withPlainValues` returned. */
export function bare(flags: FlagInput): FlagInput {
  const bareOf = (flag: AnyFlag) => ({
    ...flag,
    ...{env: undefined, default: undefined, options: undefined, required: false},
    ...(flag.type === 'option' && {parse: async (value: string) => value.replace(plainMark, '')}),
  })
  return Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, bareOf(flag) as AnyFlag]))
}

/** Cannot be in an argument of a process. */
const plainMark = '\0'

/**
 * The arguments with a mark before values that begin with a dash and belong to their flag (`--system=-hello`). Without
 * it, oclif takes such a value for the flag `-h` (oclif/core: src/parser/parse.ts, in 4.14).
 */
export function withPlainValues(argv: readonly string[], flags: FlagInput): string[] {
  const end = argv.indexOf('--')
  return argv.map((argument, index) => {
    if (end >= 0 && index > end) return argument
    const [, name, value] = /^--([\w-]+)=(-.*)$/s.exec(argument) ?? []
    return name !== undefined && flags[name]?.type === 'option' ? `--${name}=${plainMark}${value}` : argument
  })
}

/** The flags of every command. oclif's own descriptions only repeat the summaries of the first two. */
export const everywhereFlags = {
  help: Flags.help({char: 'h', summary: 'Show help.', description: '', helpGroup: everywhereGroup}),
  version: Flags.version({char: 'v', summary: 'Show the version.', description: '', helpGroup: everywhereGroup}),
  ...flagsOf(everywhereSettings),
} as FlagInput<Values<typeof everywhereSettings>>
