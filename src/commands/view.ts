// Runs to look at in a browser.
import {spawn} from 'node:child_process'
import {Args} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {openLocked} from '../cli/own-benchmarks.js'
import {commandSettings} from '../cli/settings/commands.js'
import {flagsOf} from '../cli/settings/flags.js'
import {pick} from '../cli/settings/index.js'

export default class View extends BaseCommand<typeof View> {
  static override summary = 'Look at runs in a browser: tables, comparisons, samples, latents.'
  static override description =
    'Serves pages to this machine alone, under an address that holds a secret; nothing is fetched from elsewhere. A run that goes on is followed. Ctrl-C ends it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> results/blink-x results/blink-y --no-open',
    '<%= config.bin %> <%= command.id %> results/study --port 8080 --json',
  ]
  static override strict = false
  static override args = {
    run: Args.string({description: 'Run folders, or folders that hold some; the default is results.'}),
  }
  static override flags = flagsOf(pick(commandSettings, 'port', 'no-open'))

  async run(): Promise<unknown> {
    const {readableRuns} = await import('../reports/find-runs.js')
    const {Library} = await import('../reports/pages/library.js')
    const {servePages} = await import('../cli/page-server.js')
    const {dirs, warnings} = await readableRuns(this.operands)
    for (const dir of dirs) await openLocked(dir).catch(error => this.tell('warn', error.message))
    const library = await Library.open(dirs, warnings)
    const server = await servePages(library, this.flags.port)
    const stop = () => void server.close()
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
    this.log(`${server.url}\n${dirs.length === 1 ? dirs[0] : `${dirs.length} runs`}; Ctrl-C ends it.`)
    if (!this.flags['no-open'] && !this.jsonEnabled() && process.stdout.isTTY) openInBrowser(server.url)
    // The server keeps the process alive until it is closed.
    return {url: server.url, runs: dirs, warnings, exitCode: 0, verdict: 'done'}
  }
}

/** Opens an address where there is a browser; where there is none, the printed address does. */
function openInBrowser(url: string): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', url]
        : ['xdg-open', url]
  const child = spawn(command!, args, {stdio: 'ignore', detached: true})
  child.on('error', () => undefined)
  child.unref()
}
