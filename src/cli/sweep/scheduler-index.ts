// Which unit a scheduler means for this task. Slurm and Kubernetes number the tasks of an array in a variable.
import {LanternError} from '../../core/errors.js'

const variables = ['SLURM_ARRAY_TASK_ID', 'JOB_COMPLETION_INDEX'] as const

/**
 * The index of the unit; undefined where no scheduler names one. Throws `usage` for what is no index, and for two
 * schedulers that name different ones: a task inside another's, where either may be meant.
 */
export function schedulerIndex(env: Readonly<Record<string, string | undefined>>): number | undefined {
  const named = variables.flatMap(name => {
    const text = env[name]?.trim()
    return text ? [{name, text}] : []
  })
  for (const {name, text} of named)
    if (!/^\d{1,9}$/.test(text))
      throw new LanternError(
        'usage',
        `${name} is "${text}", which is not the index of a unit.`,
        `Give --index, or unset ${name} to take free units.`,
      )
  const [one, other] = named
  if (one !== undefined && other !== undefined && Number(one.text) !== Number(other.text))
    throw new LanternError(
      'usage',
      `${one.name} is ${one.text} and ${other.name} is ${other.text}.`,
      'Give --index, or unset the one that does not count units of this sweep.',
    )
  return one === undefined ? undefined : Number(one.text)
}
