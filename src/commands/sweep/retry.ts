// Free failed units.
import {Args} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.js'
import {counted} from '../../core/words.js'

export default class SweepRetry extends BaseCommand<typeof SweepRetry> {
  static override summary = 'Free failed units and those of dead workers.'
  static override description =
    'A worker whose process ended on this host is dead at once. A silent one on another host is watched for a lease ' +
    'first (60 s), because clocks of hosts differ. Units that are done or running are left alone.'
  static override examples = ['<%= config.bin %> <%= command.id %> sweeps/one']
  static override args = {dir: Args.string({required: true, description: 'Folder of the sweep.'})}

  async run(): Promise<unknown> {
    const {readSweep} = await import('../../evaluation/sweep/plan.js')
    const {retry} = await import('../../evaluation/sweep/status.js')
    const sweep = await readSweep(this.args.dir)
    const freed = await retry(sweep, this.interruption(), sentence => this.tell('info', sentence))
    this.log(`${counted(freed, 'unit')} ${freed === 1 ? 'is' : 'are'} free again`)
    return {freed, exitCode: 0}
  }
}
