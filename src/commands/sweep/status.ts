// How far a sweep is.
import {Args} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.js'
import {terminal} from '../../cli/terminal.js'

export default class SweepStatusCommand extends BaseCommand<typeof SweepStatusCommand> {
  static override summary = 'Count the units of a sweep: done, running, failed, dead, missing.'
  static override description =
    'Also says how long it will take, which host does what, and why units failed. Changes nothing.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> sweeps/one',
    '<%= config.bin %> <%= command.id %> sweeps/one --json',
  ]
  static override args = {dir: Args.string({required: true, description: 'Folder of the sweep.'})}

  async run(): Promise<unknown> {
    const {readSweep} = await import('../../evaluation/sweep/plan.js')
    const {statusOf} = await import('../../evaluation/sweep/status.js')
    const {statusLines} = await import('../../cli/sweep/status-lines.js')
    const status = await statusOf(await readSweep(this.args.dir))
    for (const line of statusLines(status, terminal().width)) this.log(line)
    return status
  }
}
