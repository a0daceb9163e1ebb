// Run units of a sweep.
import {Args} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.js'
import {ownMeanings} from '../../cli/settings/commands.js'
import {flagsOf} from '../../cli/settings/flags.js'
import {counted} from '../../core/words.js'
import type {Worked} from '../../evaluation/sweep/work.js'

export default class SweepWork extends BaseCommand<typeof SweepWork> {
  static override summary = 'Run units of a sweep: one by its index, or free ones until none is left.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> sweeps/one',
    '<%= config.bin %> <%= command.id %> sweeps/one --queue redis://queue.internal:6379/0',
    'CUDA_VISIBLE_DEVICES=0 <%= config.bin %> <%= command.id %> sweeps/one --index 3',
  ]
  static override args = {dir: Args.string({required: true, description: 'Folder of the sweep.'})}
  static override flags = flagsOf({index: ownMeanings.unitIndex, queue: ownMeanings.unitQueue})

  async run(): Promise<unknown> {
    const {readSweep} = await import('../../evaluation/sweep/plan.js')
    const {workAll, workOne} = await import('../../evaluation/sweep/work.js')
    const {unitRunner} = await import('../../cli/sweep/unit-runner.js')
    const {resolve} = await import('node:path')
    const sweep = await readSweep(resolve(this.args.dir))
    const tell = (level: 'info' | 'warn', sentence: string) => this.tell(level, sentence)
    const run = unitRunner(
      sweep,
      process.env,
      () => {},
      sentence => tell('info', sentence),
    )
    const {schedulerIndex} = await import('../../cli/sweep/scheduler-index.js')
    const {gpuOf} = await import('../../cli/sweep/gpu.js')
    const gpu = gpuOf(sweep.plan.settings['device'], process.env['CUDA_VISIBLE_DEVICES'])
    if (gpu !== null) tell(gpu.level, gpu.sentence)
    const signal = this.interruption()
    const {queue: url} = this.flags
    // A queue is for workers that take what comes, also where a scheduler numbers them.
    const index = this.flags.index ?? (url === undefined ? schedulerIndex(process.env) : undefined)
    if (index !== undefined) return this.end(await workOne(sweep, index, run, signal, {tell}), signal)
    if (url === undefined) return this.end(await workAll(sweep, run, signal, {tell}), signal)
    const {openQueue} = await import('../../evaluation/sweep/queue.js')
    const queue = await openQueue(sweep.dir, url, signal, sentence => tell('warn', sentence))
    try {
      return this.end(await workAll(sweep, run, signal, {tell, queue}), signal)
    } finally {
      await queue.close()
    }
  }

  private end(worked: Worked, signal: AbortSignal): unknown {
    const {done, failed, lost} = worked
    this.log(`${counted(done, 'unit')} done, ${failed} failed, ${lost} lost to other workers`)
    process.exitCode = signal.aborted ? 130 : failed > 0 ? 4 : 0
    return {...worked, exitCode: process.exitCode}
  }
}
