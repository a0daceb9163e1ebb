// A sweep as an array job of Slurm: the text that `sbatch` takes. Pure: nothing is written or submitted.
import {basename} from 'node:path'
import {shellWord} from '../../core/words.js'

export interface Resources {
  readonly cpus: number
  /** As Slurm writes it, `32G`; null leaves it to the cluster. */
  readonly memory: string | null
  /** One GPU for each worker. */
  readonly gpu: boolean
}

export interface SlurmJob extends Resources {
  /** Absolute path of the sweep. */
  readonly dir: string
  readonly units: number
  /** At most so many tasks run at once; null for no limit. */
  readonly workers: number | null
  readonly time: string | null
  readonly partition: string | null
  /** Further options of sbatch, like `--account=lab`. */
  readonly options: readonly string[]
  /** Lines of shell that run before the worker, like `module load nodejs`. */
  readonly setup: readonly string[]
}

/** Slurm refuses array indices from 1001 on, unless its MaxArraySize was raised (slurm.conf(5)). */
const mostTasks = 1000

/** The batch script. Where there are more units than an array may have tasks, a task runs several in turn. */
export function slurmScript(job: SlurmJob): string {
  const {dir, units, workers} = job
  const perTask = Math.ceil(units / mostTasks)
  const tasks = Math.ceil(units / perTask)
  // In names of files Slurm replaces what follows a percent sign.
  const logs = `${dir.replaceAll('%', '%%')}/logs/%A_%a.log`
  const options = [
    `--job-name=${basename(dir)}`,
    `--array=0-${tasks - 1}${workers === null ? '' : `%${workers}`}`,
    `--output=${logs}`,
    '--open-mode=append',
    '--requeue',
    // The worker gives its unit back before the time is up.
    '--signal=B:TERM@120',
    '--ntasks=1',
    `--cpus-per-task=${job.cpus}`,
    ...(job.memory === null ? [] : [`--mem=${job.memory}`]),
    ...(job.time === null ? [] : [`--time=${job.time}`]),
    ...(job.partition === null ? [] : [`--partition=${job.partition}`]),
    ...(job.gpu ? ['--gres=gpu:1'] : []),
    ...job.options,
  ]
  const many = perTask > 1 ? `, ${perTask} in a task, because an array has at most ${mostTasks} tasks` : ''
  return [
    '#!/bin/bash',
    `# ${units} units of a sweep${many}.`,
    '# Submit it with `sbatch FILE`. The same again resumes: a unit that is done is left alone.',
    ...options.map(option => `#SBATCH ${directive(option)}`),
    '',
    'set -u',
    ...(job.gpu ? ['# Slurm sets CUDA_VISIBLE_DEVICES to the one GPU of this task.'] : []),
    ...job.setup,
    ...(perTask === 1 ? oneUnit(dir) : severalUnits(dir, units, perTask)),
    '',
  ].join('\n')
}

function oneUnit(dir: string): string[] {
  return [`exec lantern-eval sweep work ${shellWord(dir)} --index "$SLURM_ARRAY_TASK_ID"`]
}

/** One after the other; the signal goes on to the worker, which bash would otherwise let run on. */
function severalUnits(dir: string, units: number, perTask: number): string[] {
  return [
    `first=$((SLURM_ARRAY_TASK_ID * ${perTask}))`,
    `last=$((first + ${perTask - 1} < ${units} ? first + ${perTask - 1} : ${units - 1}))`,
    'code=0 stopped= worker=',
    'trap \'stopped=1; [ -z "$worker" ] || kill -TERM "$worker" 2> /dev/null\' TERM',
    'for ((unit = first; unit <= last; unit++)); do',
    `  lantern-eval sweep work ${shellWord(dir)} --index "$unit" &`,
    '  worker=$!',
    // A signal that came before the line above found no worker to pass it on to.
    '  [ -z "$stopped" ] || kill -TERM "$worker" 2> /dev/null',
    '  wait "$worker" || code=$?',
    '  while kill -0 "$worker" 2> /dev/null; do wait "$worker" || code=$?; done',
    '  [ -z "$stopped" ] || exit 130',
    'done',
    'exit "$code"',
  ]
}

/**
 * An option in an `#SBATCH` line. Its value may stand in double quotes, in which a backslash escapes a quote and
 * itself; outside of quotes, or in single ones, Slurm has no escape for a blank (tried with 22.05).
 */
function directive(option: string): string {
  const [, name = '', value = option] = /^([^=]*=)(.*)$/s.exec(option) ?? []
  return /^[\w./:=@%+,-]*$/.test(value) ? option : `${name}"${value.replaceAll(/["\\]/g, '\\$&')}"`
}
