// How --help looks: a usage line that fits, flags in the order they are declared with the ones of every command last.
import {type Command, CommandHelp, Help, type Interfaces} from '@oclif/core'
import {messageOf} from '../core/errors.js'
import {everywhereGroup} from './flags.js'

type Flag = Command.Flag.Any

class OurCommandHelp extends CommandHelp {
  /** Arguments and required flags; dozens of optional ones in the usage line help nobody. */
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
    // oclif trims a section as a whole: were its first flag without a short form, it alone would lose its indent.
    const short = everywhere.filter(({char}) => char !== undefined)
    const ordered = [...short, ...everywhere.filter(flag => !short.includes(flag))]
    return {mainFlags, flagGroups: {...own, ...(everywhere.length > 0 && {[everywhereGroup]: ordered})}}
  }

  /** Summary first; then the values that can be given, with spaces to wrap at; then the variable. */
  protected override flags(flags: Flag[]): [string, string | undefined][] | undefined {
    const rows = super.flags(
      flags.map(flag => ({
        ...flag,
        env: undefined,
        ...(flag.type === 'option' && flag.options && {options: undefined, helpValue: flag.helpValue ?? '<option>'}),
      })) as Flag[],
    )
    return rows?.map(([left, right], index): [string, string | undefined] => {
      const flag = flags[index]!
      const values = flag.type === 'option' && flag.options ? `One of ${flag.options.join(', ')}.` : undefined
      return [left, [right, values, flag.env && `[env: ${flag.env}]`].filter(Boolean).join(' ')]
    })
  }
}

export default class OurHelp extends Help {
  protected override CommandHelpClass = OurCommandHelp

  /**
   * The options of package.json again: oclif's generator of the command pages passes none, and would sort the flags by
   * name.
   */
  constructor(config: Interfaces.Config, options: Partial<Interfaces.HelpOptions> = {}) {
    super(config, {...config.pjson.oclif.helpOptions, ...options})
  }

  /**
   * `help NAME` of a command that does not exist is told as NAME itself would be; oclif says it in one sentence of its
   * own.
   */
  override async showHelp(argv: string[]): Promise<void> {
    try {
      await super.showHelp(argv)
    } catch (error) {
      const id = /^Command (\S+) not found\.$/.exec(messageOf(error))?.[1]
      if (id === undefined) throw error
      await this.config.runHook('command_not_found', {id, argv})
    }
  }
}
