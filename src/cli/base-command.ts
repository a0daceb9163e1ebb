// What every command shares: flags, configuration, --json, and how an error is told. No command's own logic.
import {Command, type Interfaces} from '@oclif/core'
import type {FlagInput} from '@oclif/core/interfaces'
import chalk from 'chalk'
import {LanternError} from '../core/errors.js'
import {readConfig} from './config-file.js'
import {everywhere, jsonAsked, variableOf} from './flags.js'
import {errorDocument, errorLines, exitCodeOf, toldAs} from './tell-error.js'
import {honourNoColor, outliveReaders} from './terminal.js'
import {isParserError, usageError} from './usage-error.js'

export type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<(typeof BaseCommand)['baseFlags'] & T['flags']>
export type ArgsOf<T extends typeof Command> = Interfaces.InferredArgs<T['args']>

/**
 * The base of all commands: `run()` reads `this.flags` and `this.args`, calls one service, prints with `this.log`
 * (silent under --json) and returns the JSON document. A result that is not success sets `process.exitCode` and is
 * still returned, so that --json carries it.
 */
export abstract class BaseCommand<T extends typeof Command> extends Command {
  static override enableJsonFlag = true
  static override baseFlags = everywhere

  protected flags!: FlagsOf<T>
  protected args!: ArgsOf<T>
  /** All positional arguments, for commands that take any number of them (`static strict = false`). */
  protected operands: readonly string[] = []

  override async init(): Promise<void> {
    await super.init()
    honourNoColor(process.env)
    outliveReaders()
    const declared = this.ctor.flags as FlagInput
    const flags = await this.withConfig({...this.ctor.baseFlags, ...declared})
    const parsed = await this.parse({
      flags,
      args: this.ctor.args,
      strict: this.ctor.strict,
      enableJsonFlag: this.ctor.enableJsonFlag,
    })
    this.flags = parsed.flags as FlagsOf<T>
    this.args = parsed.args as ArgsOf<T>
    this.operands = parsed.argv as string[]
    if (this.flags['no-color']) chalk.level = 0
  }

  /** Lets configuration values take the place of defaults: flag > environment > file > default. */
  private async withConfig(flags: FlagInput): Promise<FlagInput> {
    const config: Record<string, unknown> = {
      ...(await readConfig(configPathIn(this.argv) ?? process.env[variableOf('config')])),
    }
    const merged: FlagInput = {...flags}
    for (const [name, flag] of Object.entries(flags)) {
      const many = flag.type === 'option' && flag.multiple
      // oclif hands the variable of a repeatable flag over as one string; cli.md wants a comma list.
      const listed = many ? process.env[variableOf(name)]?.split(',').map(value => value.trim()) : undefined
      // A flag that a command cannot do without is no setting: the run folder in the file is not where `rescore` or
      // `merge` should write.
      const value = listed ?? (flag.required ? undefined : config[name])
      if (value === undefined) continue
      const values = many && !Array.isArray(value) ? [value] : value
      if (flag.type === 'option' && flag.options) {
        for (const one of [values].flat()) {
          if (!flag.options.includes(String(one))) {
            const source = listed ? variableOf(name) : 'The configuration file'
            throw new LanternError(
              'usage',
              `${source} gives --${name} the value "${one}".`,
              `Possible values: ${flag.options.join(', ')}.`,
            )
          }
        }
      }
      merged[name] = {...flag, default: values, ...(listed ? {env: undefined} : {})} as typeof flag
    }
    return merged
  }

  /** A line for people on stderr: progress, warnings. Silent below the chosen level. */
  protected tell(level: 'debug' | 'info' | 'warn', message: string): void {
    const order = ['debug', 'info', 'warn', 'error']
    if (order.indexOf(level) >= order.indexOf(this.flags?.['log-level'] ?? 'info')) process.stderr.write(`${message}\n`)
  }

  /** The first Ctrl-C lets what is in flight end; a second one leaves at once, which loses nothing that is on disk. */
  protected interruption(): AbortSignal {
    const controller = new AbortController()
    const onSignal = () => {
      if (controller.signal.aborted) process.exit(130)
      controller.abort()
      this.tell('warn', '\nStopping; press Ctrl-C again to leave at once.')
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
    return controller.signal
  }

  /** JSON by --json or LANTERN_EVAL_JSON. */
  override jsonEnabled(): boolean {
    return jsonAsked(this.argv, process.env)
  }

  /** Every error is told in the same form; what is neither ours nor of oclif's parser is a bug. */
  override async catch(thrown: Error & {oclif?: {exit?: number}}): Promise<void> {
    if (thrown.oclif?.exit === 0) return
    const name = (this.id ?? '').replaceAll(':', ' ')
    // oclif reminds developers (NODE_ENV) of commands that do not parse; one whose parsing failed has tried.
    this.parsed = true
    const error = isParserError(thrown)
      ? usageError(thrown, name, Object.keys({...this.ctor.baseFlags, ...this.ctor.flags}))
      : toldAs(thrown)
    process.exitCode = exitCodeOf(error)
    if (this.jsonEnabled()) this.logJson(errorDocument(error))
    else process.stderr.write(errorLines(error, this.flags?.['log-level'] === 'debug'))
  }

  protected override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`)
  }
}

function configPathIn(argv: readonly string[]): string | undefined {
  const at = argv.findIndex(argument => argument === '--config' || argument.startsWith('--config='))
  if (at === -1) return undefined
  return argv[at] === '--config' ? argv[at + 1] : argv[at]!.slice('--config='.length)
}
