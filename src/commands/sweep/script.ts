// Print what a cluster needs to run a sweep.
import {Args} from '@oclif/core'
import {BaseCommand} from '../../cli/base-command.js'
import {scriptSettings} from '../../cli/settings/commands.js'
import {flagsOf} from '../../cli/settings/flags.js'
import {LanternError} from '../../core/errors.js'

export default class SweepScript extends BaseCommand<typeof SweepScript> {
  static override summary = 'Print an array job for Slurm or an Indexed Job for Kubernetes that runs a sweep.'
  static override description =
    `Nothing is submitted. Every task runs the unit of its index and resumes what an earlier \
one began, so the printed script may be submitted again until \`sweep status\` says that all is done.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> sweeps/one --slurm --time 4:00:00 --workers 16 > one.sbatch && sbatch one.sbatch',
    `<%= config.bin %> <%= command.id %> /shared/sweeps/one --k8s --image registry/lantern-eval:0.1.0 \
--volume shared-claim:/shared > one.yaml && kubectl apply -f one.yaml`,
  ]
  static override args = {dir: Args.string({required: true, description: 'Folder of the sweep.'})}
  static override flags = flagsOf(scriptSettings)

  async run(): Promise<unknown> {
    const {readSweep} = await import('../../evaluation/sweep/plan.js')
    const {kubernetesScript, slurmArray} = await import('../../cli/sweep/script.js')
    const {flags} = this
    const {resolve} = await import('node:path')
    const sweep = await readSweep(resolve(this.args.dir))
    if (!flags.slurm && !flags.k8s) throw new LanternError('usage', 'No scheduler is named.', 'Give --slurm or --k8s.')
    const script = flags.slurm ? slurmArray(sweep, flags) : await kubernetesScript(sweep, flags)
    this.log(script.trimEnd())
    return {scheduler: flags.slurm ? 'slurm' : 'kubernetes', units: sweep.units.length, script, exitCode: 0}
  }
}
