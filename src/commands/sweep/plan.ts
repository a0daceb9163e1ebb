// Cut a sweep into units.
import {Args} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.js'
import {neededOut} from '../../cli/settings/commands.js'
import {flagsOf} from '../../cli/settings/flags.js'

export default class SweepPlan extends BaseCommand<typeof SweepPlan> {
  static override summary = 'Write the immutable list of units of a sweep: model x benchmark x shard.'
  static override description =
    'A sweep file is YAML: `models` and `benchmarks` are lists, and `shards: N` cuts each of their pairs into N units; \
`seeds` makes a run of each seed. Every other key is a setting of `run`, like `limit: 40`, with `modes` and \
`interventions` for lists. Models may be globs, like ./checkpoints/step-*. Paths are relative to the file.'
  static override examples = ['<%= config.bin %> <%= command.id %> sweep.yaml --out sweeps/one']
  static override args = {file: Args.string({required: true, description: 'The sweep file.'})}
  static override flags = flagsOf({out: neededOut('Folder of the sweep.')})

  async run(): Promise<unknown> {
    const {readSweepFile} = await import('../../cli/sweep/sweep-file.js')
    const {writePlan} = await import('../../evaluation/sweep/plan.js')
    const {counted, shellWord} = await import('../../core/words.js')
    const {units, doubts, ...shared} = await readSweepFile(this.args.file)
    const {hash} = await writePlan(this.flags.out, units, shared)
    for (const doubt of doubts) this.tell('warn', doubt)
    this.log(`${counted(units.length, 'unit')} in ${this.flags.out}`)
    const work = `lantern-eval sweep work ${shellWord(this.flags.out)}`
    this.log(`\`${work}\` runs them; start it as often as you have GPUs or hosts.`)
    return {dir: this.flags.out, units: units.length, hash, exitCode: 0}
  }
}
