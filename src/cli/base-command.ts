// What every command shares: flags, configuration, --json, and the reporting of errors.
import {Command, type Interfaces} from '@oclif/core'
import type {FlagInput} from '@oclif/core/interfaces'
import chalk from 'chalk'
import {withPlugins} from './named-plugins.js'
import {openedBenchmark} from './own-benchmarks.js'
import {bare, everywhereFlags, settingsIn, withPlainValues} from './settings/flags.js'
import {jsonAsked, resolveSettings} from './settings/resolve.js'
import {errorDocument, errorLines, exitCodeOf, toldAs} from './tell-error.js'
import {honourNoColor, outliveReaders} from './terminal.js'
import {isParserError, usageError} from './usage-error.js'

export type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<(typeof BaseCommand)['baseFlags'] & T['flags']>
export type ArgsOf<T extends typeof Command> = Interfaces.InferredArgs<T['args']>

/**
 * The base of all commands. `run()` reads `this.flags` and `this.args`, calls one service, prints with `this.log`
 * (silent under --json) and returns the JSON document. A result that is not a success sets `process.exitCode` and is
 * still returned, so --json prints it.
 */
export abstract class BaseCommand<T extends typeof Command> extends Command {
  static override enableJsonFlag = true
  static override baseFlags = everywhereFlags

  protected flags!: FlagsOf<T>
  protected args!: ArgsOf<T>
  /** All positional arguments, for commands that take any number of them (`static strict = false`). */
  protected operands: readonly string[] = []

  override async init(): Promise<void> {
    await super.init()
    honourNoColor(process.env)
    outliveReaders()
    const flags: FlagInput = {...this.ctor.baseFlags, ...this.ctor.flags}
    const {args, strict, enableJsonFlag} = this.ctor
    const parsed = await this.parse(
      {flags: bare(flags), args, strict, enableJsonFlag},
      withPlainValues(this.argv, flags),
    )
    const given: Readonly<Record<string, unknown>> = parsed.flags
    const {env} = process
    const sources = {flags: given, env, command: this.spelling}
    const config = await withPlugins(sources)
    const named: unknown = parsed.args['bench']
    if (typeof named === 'string') parsed.args['bench'] = await openedBenchmark(named)
    const values = await resolveSettings(settingsIn(flags), {...sources, file: await config.values()})
    this.flags = values as FlagsOf<T>
    this.args = parsed.args as ArgsOf<T>
    this.operands = parsed.argv as string[]
    if (this.flags['no-color']) chalk.level = 0
  }

  /** The command as a user writes it. */
  private get spelling(): string {
    return (this.id ?? '').replaceAll(':', ' ')
  }

  /** A message on stderr: progress, warnings. Silent below the chosen level. */
  protected tell(level: 'debug' | 'info' | 'warn', message: string): void {
    const order = ['debug', 'info', 'warn', 'error']
    if (order.indexOf(level) >= order.indexOf(this.flags?.['log-level'] ?? 'info')) process.stderr.write(`${message}\n`)
  }

  /** The first Ctrl-C lets requests in flight finish. A second one exits at once and loses nothing that is on disk. */
  protected interruption(): AbortSignal {
    const controller = new AbortController()
    const onSignal = () => {
      if (controller.signal.aborted) endAtOnce()
      controller.abort()
      this.tell('warn', '\nStopping; press Ctrl-C again to exit at once.')
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
    return controller.signal
  }

  /**
   * Whether JSON is requested by --json, its variable or its key. Errors before the file is read can only use the first
   * two.
   */
  override jsonEnabled(): boolean {
    return this.flags?.json ?? jsonAsked(this.argv, process.env)
  }

  /** Every error is reported in the same form. An error that is neither ours nor from oclif's parser is a bug. */
  override async catch(thrown: Error & {oclif?: {exit?: number}}): Promise<void> {
    if (thrown.oclif?.exit === 0) return
    // oclif warns developers (NODE_ENV) of commands that do not call parse. If parsing failed, the command did call it.
    this.parsed = true
    const error = isParserError(thrown)
      ? usageError(thrown, this.spelling, Object.keys({...this.ctor.baseFlags, ...this.ctor.flags}))
      : toldAs(thrown)
    process.exitCode = exitCodeOf(error)
    if (this.jsonEnabled()) this.logJson(errorDocument(error))
    else process.stderr.write(errorLines(error, this.flags?.['log-level'] === 'debug'))
  }

  protected override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`)
  }
}

/**
 * Ends the process as an interrupt does, which shells report as 130. An orderly exit stops the threads of a local model
 * in the middle of a product, which sometimes aborts the process instead, with a message of the native library.
 */
function endAtOnce(): void {
  if (process.platform === 'win32') process.exit(130)
  process.emit('exit', 130)
  process.removeAllListeners('SIGINT')
  process.kill(process.pid, 'SIGINT')
}
