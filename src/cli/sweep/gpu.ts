// Which GPU a worker takes: the first that CUDA shows it. Choosing between several is up to whoever starts workers.
import {LanternError} from '../../core/errors.js'

/**
 * What a worker says about its GPU; null for a sweep that runs on CPUs or endpoints. `visible` is CUDA_VISIBLE_DEVICES.
 * Throws `device` where that hides every GPU (CUDA C++ Programming Guide, "CUDA Environment Variables").
 */
export function gpuOf(
  device: unknown,
  visible: string | undefined,
): {readonly level: 'info' | 'warn'; readonly sentence: string} | null {
  if (device !== 'cuda') return null
  if (visible === undefined)
    return {level: 'info', sentence: 'This worker uses the first GPU here: CUDA_VISIBLE_DEVICES is not set.'}
  const [first = '', ...others] = visible.split(',').map(name => name.trim())
  if (first === '' || first === '-1')
    throw new LanternError(
      'device',
      `CUDA_VISIBLE_DEVICES is "${visible}", which hides every GPU from this worker.`,
      'Name one, as in CUDA_VISIBLE_DEVICES=0, or plan the sweep with device: cpu.',
    )
  if (others.length === 0) return {level: 'info', sentence: `This worker uses GPU ${first}.`}
  const more = `CUDA_VISIBLE_DEVICES names ${others.length + 1}; start a worker for each.`
  return {level: 'warn', sentence: `This worker uses GPU ${first} alone. ${more}`}
}
