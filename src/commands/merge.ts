// Join the shards of a run into one folder.
import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {withVariables} from '../cli/flags.js'

export default class Merge extends BaseCommand<typeof Merge> {
  static override summary = 'Join shards into one run; checks that they are disjoint, complete and of equal locks.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> results/blink-shard-1-of-2 results/blink-shard-2-of-2 --out results/blink',
  ]
  static override strict = false
  static override args = {run: Args.string({required: true, description: 'Run folders of the shards, any number.'})}
  static override flags = withVariables({
    out: Flags.string({required: true, summary: 'Folder of the joined run.', helpValue: 'DIR'}),
    'allow-incomplete': Flags.boolean({summary: 'Merge even when samples are missing; the tables then say so.'}),
  })

  async run(): Promise<unknown> {
    const {mergeRuns} = await import('../evaluation/merge.js')
    const merged = await mergeRuns(this.operands, this.flags.out, this.flags['allow-incomplete'])
    this.log(
      `${merged.records} records of ${merged.shards} shards in ${merged.runDir}${merged.missing > 0 ? `; ${merged.missing} are missing` : ''}`,
    )
    return {...merged, exitCode: 0, verdict: merged.missing > 0 ? 'partial' : 'done'}
  }
}
