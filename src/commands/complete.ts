// `complete SHELL -- LINE`: the words that can stand at the end of the line. The scripts of `autocomplete` call it at
// every tab, so it says nothing but words: what goes wrong offers nothing.
import {Command} from '@oclif/core'
import {candidates} from '../cli/completion/candidates.js'
import {lineOf} from '../cli/completion/line.js'
import {answerFor, type Shell, shells} from '../cli/completion/shells.js'
import {withPlugins} from '../cli/named-plugins.js'

export default class Complete extends Command {
  static override summary = 'Words for the completion of a shell.'
  static override hidden = true
  static override strict = false

  async run(): Promise<void> {
    // oclif warns developers of commands that do not call parse.
    this.parsed = true
    // Everything behind `--` is the line; oclif leaves it as it is.
    const [shell = '', separator, ...rest] = this.argv
    if (!shells.includes(shell as Shell) || separator !== '--') return
    const line = lineOf(rest.join(' '))
    // Names that plug-ins add are offered too; a broken plug-in or configuration file is told when a command runs.
    await withPlugins({flags: {}, env: process.env, command: 'complete'}).catch(() => undefined)
    for (const answer of answerFor(shell as Shell, await candidates(line, this.config), line)) this.log(answer)
  }

  override async catch(): Promise<void> {}
}
