// The layout of --help: a usage line that fits, and flags in the order they are declared, those of every command last.
import {type Command, CommandHelp, Help, type Interfaces} from '@oclif/core'
import {LanternError, messageOf} from '../core/errors.js'
import {loadedPlugins} from '../core/loaded-plugins.js'
import {withPlugins} from './named-plugins.js'
import {everywhereGroup} from './settings/everywhere.js'
import {everywhereFlags} from './settings/flags.js'
import {errorLines} from './tell-error.js'

type Flag = Command.Flag.Any

class OurCommandHelp extends CommandHelp {
  /** Only arguments and required flags: dozens of optional flags would make the usage line unreadable. */
  protected override defaultUsage(): string {
    const {id, args, flags, strict} = this.command
    const many = strict === false ? '...' : ''
    return [
      id,
      ...Object.values(args ?? {}).map(arg =>
        arg.required ? `${arg.name.toUpperCase()}${many}` : `[${arg.name.toUpperCase()}${many}]`,
      ),
      ...Object.values(flags)
        .filter(flag => flag.required)
        .map(flag => `--${flag.name} ${(flag.type === 'option' && flag.helpValue) || ''}`.trim()),
      '[FLAGS]',
    ].join(' ')
  }

  /**
   * oclif indents a list with tall cells by six columns but wraps it for four (oclif/core: src/help/formatter.ts,
   * renderList, in 4.14).
   */
  override wrap(body: string, spacing = this.indentSpacing): string {
    return super.wrap(body, spacing === 4 ? 6 : spacing)
  }

  protected override groupFlags(flags: Flag[]) {
    const {mainFlags, flagGroups} = super.groupFlags(flags)
    const {[everywhereGroup]: everywhere = [], ...own} = flagGroups
    // oclif trims a section as a whole: if its first flag had no short form, only that flag would lose its indent.
    const short = everywhere.filter(({char}) => char !== undefined)
    const ordered = [...short, ...everywhere.filter(flag => !short.includes(flag))]
    return {mainFlags, flagGroups: {...own, ...(everywhere.length > 0 && {[everywhereGroup]: ordered})}}
  }

  /** Summaries say what is allowed and what the default is. The rule about variables is stated once. */
  protected override flags(flags: Flag[]): [string, string | undefined][] | undefined {
    return super.flags(
      flags.map(flag => ({
        ...flag,
        env: undefined,
        ...(flag.type === 'option' && {default: undefined, options: undefined}),
      })) as Flag[],
    )
  }

  /** The description of the command, and the other places where its flags can be given. */
  protected override description(): string | undefined {
    const ours = 'config' in this.command.flags
    return [super.description(), ours && this.wrap(settingsRule)].filter(Boolean).join('\n\n')
  }
}

const settingsRule =
  'Every flag is also a variable (--max-pixels: LANTERN_EVAL_MAX_PIXELS) and a key of lantern-eval.config.yaml (max-pixels). ' +
  'A flag goes before the variable, the variable before the file.'

export default class OurHelp extends Help {
  protected override CommandHelpClass = OurCommandHelp

  /**
   * Repeats the options of package.json: oclif's generator of the command pages does not pass them and would sort the
   * flags by name.
   */
  constructor(config: Interfaces.Config, options: Partial<Interfaces.HelpOptions> = {}) {
    super(config, {...config.pjson.oclif.helpOptions, ...options})
  }

  /** A command that is loaded after the plug-ins also lists their names. The manifest does not have them. */
  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    if (loadedPlugins().length === 0) return super.showCommandHelp(command)
    const {flags, args} = await command.load()
    return super.showCommandHelp({...command, flags: {...flags, ...everywhereFlags}, args} as Command.Loadable)
  }

  /** Help works even if a plug-in is broken. */
  private async loadPlugins(argv: readonly string[]): Promise<void> {
    const valuesOf = (name: string) =>
      argv.flatMap((word, index) =>
        word === `--${name}`
          ? argv.slice(index + 1, index + 2)
          : word.startsWith(`--${name}=`)
            ? [word.slice(name.length + 3)]
            : [],
      )
    const [plugin, [config]] = [valuesOf('plugin'), valuesOf('config')]
    const flags = {config, ...(plugin.length > 0 && {plugin})}
    try {
      await withPlugins({flags, env: process.env, command: 'help'})
    } catch (error) {
      if (!(error instanceof LanternError)) throw error
      process.stderr.write(errorLines(error, false))
    }
  }

  /** `help NAME` of an unknown command gives the same error as NAME itself; oclif's own message differs. */
  override async showHelp(argv: string[]): Promise<void> {
    await this.loadPlugins(argv)
    try {
      await super.showHelp(argv)
    } catch (error) {
      const id = /^Command (\S+) not found\.$/.exec(messageOf(error))?.[1]
      if (id === undefined) throw error
      await this.config.runHook('command_not_found', {id, argv})
    }
  }
}
