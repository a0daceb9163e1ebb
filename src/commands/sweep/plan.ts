// Cut a sweep into units.
import {Args} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.js'
import {neededOut} from '../../cli/settings/commands.js'
import {flagsOf} from '../../cli/settings/flags.js'

export default class SweepPlan extends BaseCommand<typeof SweepPlan> {
  static override summary = 'Write the immutable list of units of a sweep: model x benchmark x shard.'
  static override examples = ['<%= config.bin %> <%= command.id %> sweep.yaml --out sweeps/one']
  static override args = {file: Args.string({required: true, description: 'The sweep file.'})}
  static override flags = flagsOf({out: neededOut('Folder of the sweep.')})

  async run(): Promise<unknown> {
    const {readSweepFile} = await import('../../cli/sweep/units.js')
    const {writePlan} = await import('../../evaluation/sweep/plan.js')
    const {units, ...shared} = await readSweepFile(this.args.file)
    const {hash} = await writePlan(this.flags.out, units, shared)
    this.log(`${units.length} units in ${this.flags.out}`)
    this.log(`\`lantern-eval sweep work ${this.flags.out}\` runs them; start it as often as you have GPUs or hosts.`)
    return {dir: this.flags.out, units: units.length, hash, exitCode: 0}
  }
}
