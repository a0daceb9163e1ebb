// `autocomplete`: the script that switches completion on in a shell. The words come from the hidden command `complete`.
import {Args} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {type Shell, scripts, shells} from '../cli/completion/shells.js'

export default class Autocomplete extends BaseCommand<typeof Autocomplete> {
  static override summary = 'Completion of commands, flags and values in bash, zsh and fish.'
  static override description =
    'Prints the script for the shell; without a shell it prints the line that switches completion on in each. Values are completed too: benchmarks and subtasks, models, modes, interventions, extractors, recipes, formats, runs under results/ and their arms.'
  static override examples = Object.values(scripts).map(({install}) => install)
  static override args = {shell: Args.string({description: 'The shell.', options: [...shells]})}

  async run(): Promise<unknown> {
    const shell = this.args.shell as Shell | undefined
    if (shell !== undefined) {
      this.log(scripts[shell].script)
      return {shell, ...scripts[shell]}
    }
    this.log('Run one of these once, then open a new shell:\n')
    for (const name of shells) this.log(`  ${name.padEnd(6)}${scripts[name].install}`)
    return {shells: scripts}
  }
}
