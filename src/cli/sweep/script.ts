// What `sweep script` prints, from the plan and the flags.
import {relative} from 'node:path'
import {LanternError} from '../../core/errors.js'
import type {Sweep} from '../../evaluation/sweep/plan.js'
import type {scriptSettings} from '../settings/commands.js'
import type {Values} from '../settings/setting.js'
import {kubernetesJob, mostCompletions} from './kubernetes.js'
import {slurmScript} from './slurm.js'

type Flags = Values<typeof scriptSettings>

/** Pods that Kubernetes has to keep account of at once, where the user does not say how many. */
const usualPods = 100

/** The batch script for `sbatch`. Throws `usage` for a path that cannot stand in one. */
export function slurmArray(sweep: Sweep, flags: Flags): string {
  // In a path with a backslash Slurm replaces no `%a`: all tasks would write one log (sbatch(1), "filename pattern").
  if (sweep.dir.includes('\\'))
    throw new LanternError('usage', 'The path of the sweep has a backslash.', 'Plan it in a folder of another name.')
  return slurmScript({
    ...shared(sweep, flags),
    workers: flags.workers ?? null,
    time: flags.time ?? null,
    partition: flags.partition ?? null,
    options: flags.sbatch ?? [],
    setup: flags.setup ?? [],
  })
}

/**
 * The manifest of an Indexed Job as YAML. Throws `usage` where the image or the volume is not named, or the volume does
 * not hold the sweep, and `unsupported` for more units than such a job may have.
 */
export async function kubernetesScript(sweep: Sweep, flags: Flags): Promise<string> {
  const {image, volume} = flags
  if (image === undefined || volume === undefined)
    throw new LanternError(
      'usage',
      `--k8s needs ${image === undefined ? '--image' : '--volume'}.`,
      'Give the image that has lantern-eval, and the claim of the shared volume: --volume CLAIM:/shared.',
    )
  for (const folder of [sweep.dir, sweep.plan.folder])
    if (/^\.\.(?:\/|$)/.test(relative(volume.path, folder)))
      throw new LanternError(
        'usage',
        `${folder} is not under ${volume.path}, so no pod would find it.`,
        'Plan the sweep on the volume, mounted here at the same path as in the pods.',
      )
  const {units} = sweep
  if (units.length > mostCompletions)
    throw new LanternError(
      'unsupported',
      `The sweep has ${units.length} units, and an Indexed Job at most ${mostCompletions}.`,
      'Plan fewer shards, or several sweeps.',
    )
  const job = kubernetesJob({
    ...shared(sweep, flags),
    ...{image, volume, namespace: flags.namespace ?? null, workers: flags.workers ?? usualPods},
  })
  return (await import('yaml')).stringify(job, {lineWidth: 0})
}

function shared({dir, units, plan}: Sweep, flags: Flags) {
  if (/[\r\n]/.test(dir))
    throw new LanternError('usage', 'The path of the sweep has a line break.', 'Give the folder another name.')
  // A plan without a GPU leaves those of the cluster to others.
  const gpu = flags.gpu ?? plan.settings['device'] === 'cuda'
  return {dir, units: units.length, gpu, cpus: flags.cpus, memory: flags.memory ?? null}
}
