// Run units of a sweep.
import {Args} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.js'
import {ownMeanings} from '../../cli/settings/commands.js'
import {flagsOf} from '../../cli/settings/flags.js'

export default class SweepWork extends BaseCommand<typeof SweepWork> {
  static override summary = 'Run units of a sweep: one by its index, or free ones until none is left.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> sweeps/one',
    'CUDA_VISIBLE_DEVICES=0 <%= config.bin %> <%= command.id %> sweeps/one --index 3',
  ]
  static override args = {dir: Args.string({required: true, description: 'Folder of the sweep.'})}
  static override flags = flagsOf({index: ownMeanings.unitIndex})

  async run(): Promise<unknown> {
    const {readSweep} = await import('../../evaluation/sweep/plan.js')
    const {workAll, workOne} = await import('../../evaluation/sweep/work.js')
    const {unitRunner} = await import('../../cli/sweep/units.js')
    const {resolve} = await import('node:path')
    const sweep = await readSweep(resolve(this.args.dir))
    const tell = (level: 'info' | 'warn', sentence: string) => this.tell(level, sentence)
    const run = unitRunner(
      sweep,
      process.env,
      () => {},
      sentence => tell('info', sentence),
    )
    const signal = this.interruption()
    const {SLURM_ARRAY_TASK_ID: slurm, JOB_COMPLETION_INDEX: job} = process.env
    const given = slurm || job
    const index = this.flags.index ?? (given ? Number(given) : undefined)
    const worked = await (index === undefined
      ? workAll(sweep, run, signal, {tell})
      : workOne(sweep, index, run, signal, {tell}))
    const {done, failed, lost} = worked
    this.log(`${done} units done, ${failed} failed, ${lost} lost to other workers`)
    process.exitCode = signal.aborted ? 130 : failed > 0 ? 4 : 0
    return {...worked, exitCode: process.exitCode}
  }
}
