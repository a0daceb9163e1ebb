// Free failed units.
import {Args} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.js'

export default class SweepRetry extends BaseCommand<typeof SweepRetry> {
  static override summary = 'Free failed units and those of dead workers.'
  static override examples = ['<%= config.bin %> <%= command.id %> sweeps/one']
  static override args = {dir: Args.string({required: true, description: 'Folder of the sweep.'})}

  async run(): Promise<unknown> {
    const {readSweep} = await import('../../evaluation/sweep/plan.js')
    const {retry} = await import('../../evaluation/sweep/status.js')
    const freed = await retry(await readSweep(this.args.dir))
    this.log(`${freed} units are free again`)
    return {freed, exitCode: 0}
  }
}
