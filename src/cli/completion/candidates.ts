// What the word at the cursor can become: a command, a flag, or a value. The table of settings says which values.
import type {Command, Interfaces} from '@oclif/core'
import type {FlagInput} from '@oclif/core/interfaces'
import {everywhereFlags, settingsIn} from '../settings/flags.js'
import type {Setting} from '../settings/setting.js'
import type {Line} from './line.js'
import {type Candidate, operandsOf, type Surroundings, valuesOf} from './values.js'

type Config = Pick<Interfaces.Config, 'commands' | 'topics'>

/** The words that can stand at the cursor, in the order in which they are offered. */
export async function candidates({words, word}: Line, config: Config): Promise<Candidate[]> {
  // `help run` is asked about the same commands as `run`.
  const typed = words[0] === 'help' ? words.slice(1) : words
  const command = commandIn(typed, config)
  if (command === undefined) return commandWords(typed, word, config)
  if (words[0] === 'help') return []
  const loaded = await command.load()
  const flags: FlagInput = {...loaded.flags, ...everywhereFlags}
  return ofCommand(typed.slice(command.id.split(':').length), word, flags, loaded)
}

/** The command that the words begin with; the longest where one name begins another. */
function commandIn(words: readonly string[], {commands}: Config): Command.Loadable | undefined {
  return commands
    .filter(({id}) => id.split(':').every((part, index) => part === words[index]))
    .sort((a, b) => b.id.length - a.id.length)[0]
}

/** The next word of every command that goes on from these words. */
function commandWords(words: readonly string[], word: string, {commands, topics}: Config): Candidate[] {
  const depth = words.length
  const about = new Map<string, string>()
  for (const {id, summary, hidden} of commands) {
    const parts = id.split(':')
    if (hidden || parts.length <= depth || !words.every((one, index) => one === parts[index])) continue
    const topic = topics.find(({name}) => name === parts.slice(0, depth + 1).join(':'))
    about.set(parts[depth]!, parts.length > depth + 1 ? (topic?.description ?? '') : (summary ?? ''))
  }
  const names = [...about].sort(([a], [b]) => (a < b ? -1 : 1)).map(([one, text]) => ({word: one, about: text}))
  const flags = [
    {word: '--help', about: 'Show help.'},
    {word: '--version', about: 'Show the version.'},
  ]
  return (word.startsWith('-') ? flags : names).filter(candidate => candidate.word.startsWith(word))
}

async function ofCommand(
  words: readonly string[],
  word: string,
  flags: FlagInput,
  {args = {}, strict}: Pick<Command.Class, 'args' | 'strict'>,
): Promise<Candidate[]> {
  const settings: Readonly<Record<string, Setting<unknown>>> = settingsIn(flags)
  const {given, operands, awaited} = readWords(words, settings)
  const around: Surroundings = {
    operands,
    benches: (given.get('bench') ?? []).flatMap(value => value.split(',')).map(value => value.split(':', 1)[0]!),
  }
  const values = (name: string, begun: string) => {
    const {kind, many} = settings[name]!
    return valuesOf(name, kind, many?.commas === true, begun, around)
  }
  if (awaited !== undefined) return values(awaited, word)
  const joined = /^--([^=]+)=/.exec(word)
  if (joined !== null) {
    const [kept, name = ''] = joined
    if (!Object.hasOwn(settings, name)) return []
    return (await values(name, word.slice(kept.length))).map(one => ({...one, word: kept + one.word}))
  }
  const flagWords = () => flagsLeft(flags, settings, given).filter(candidate => candidate.word.startsWith(word))
  if (word.startsWith('-')) return flagWords()
  const names = Object.keys(args)
  const name = names[operands.length] ?? (strict === false ? names.at(-1) : undefined)
  if (name === undefined) return flagWords()
  return operandsOf(name, (args[name] as {options?: string[]}).options, word, around)
}

interface Read {
  /** Values by setting; switches have none. */
  readonly given: ReadonlyMap<string, readonly string[]>
  readonly operands: readonly string[]
  /** The setting whose value comes next. */
  readonly awaited: string | undefined
}

function readWords(words: readonly string[], settings: Readonly<Record<string, Setting<unknown>>>): Read {
  const given = new Map<string, string[]>()
  const operands: string[] = []
  let awaited: string | undefined
  for (const word of words) {
    const [, name, value] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? []
    if (awaited !== undefined) {
      given.get(awaited)!.push(word)
      awaited = undefined
    } else if (name !== undefined) {
      const values = given.get(name) ?? []
      given.set(name, values)
      if (value !== undefined) values.push(value)
      else if (settings[name] !== undefined && settings[name].kind.holder !== '') awaited = name
    } else if (!word.startsWith('-')) operands.push(word)
  }
  return {given, operands, awaited}
}

/** The flags that can still be given: each once, unless it may be repeated. */
function flagsLeft(
  flags: FlagInput,
  settings: Readonly<Record<string, Setting<unknown>>>,
  given: Read['given'],
): Candidate[] {
  return Object.entries(flags).flatMap(([name, {summary = ''}]) => {
    if (given.has(name) && settings[name]?.many === undefined) return []
    const opposite = settings[name]?.negatable ? [{word: `--no-${name}`, about: `The opposite of --${name}.`}] : []
    return [{word: `--${name}`, about: summary}, ...opposite]
  })
}
