// How far a sweep is.
import {Args} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.js'

export default class SweepStatusCommand extends BaseCommand<typeof SweepStatusCommand> {
  static override summary = 'Count the units of a sweep: done, running, failed, missing.'
  static override examples = ['<%= config.bin %> <%= command.id %> sweeps/one']
  static override args = {dir: Args.string({required: true, description: 'Folder of the sweep.'})}

  async run(): Promise<unknown> {
    const {readSweep} = await import('../../evaluation/sweep/plan.js')
    const {statusOf} = await import('../../evaluation/sweep/status.js')
    const status = await statusOf(await readSweep(this.args.dir))
    const {units, done, running, failed, missing, dead, unitsPerHour, etaSeconds, hosts} = status
    this.log(`${done} of ${units} done, ${running} running, ${failed.length} failed, ${missing} missing, ${dead} dead`)
    if (unitsPerHour !== null && etaSeconds !== null)
      this.log(`${unitsPerHour.toFixed(1)} units an hour, about ${Math.ceil(etaSeconds / 60)} minutes left`)
    for (const [host, counts] of Object.entries(hosts))
      this.log(`${host}: ${counts.done} done, ${counts.running} running`)
    for (const {index, reason} of failed) this.log(`unit ${index} failed: ${reason}`)
    return {...status, exitCode: 0}
  }
}
