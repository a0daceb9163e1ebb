// Whether the samples of a run have the boxes that an intervention needs.
import type {Benchmark, DataSet, SampleKey} from '../benchmarks/benchmark.js'
import {LanternError} from '../core/errors.js'
import type {Arm} from '../core/generation.js'
import {type Intervention, interventionNamed} from '../modes/interventions.js'

interface Selected {
  readonly benchmark: Pick<Benchmark, 'id'>
  readonly data: Pick<DataSet, 'samples'>
  readonly keys: readonly SampleKey[]
}

/**
 * An oracle, and a picture without its evidence, need boxes: without any it is refused, and samples without one are
 * told, before anything is asked. Throws `usage`.
 */
export async function assertBoxes(
  benchmarks: readonly Selected[],
  arms: readonly Arm[],
  tell: (warning: string) => void,
): Promise<void> {
  const oracle = arms.find(({intervention}) => intervention !== null && needsBoxes(interventionNamed(intervention)))
  if (oracle === undefined) return
  for (const {benchmark, data, keys} of benchmarks) {
    let without = 0
    for await (const {boxes = []} of data.samples(new Set(keys.map(({id}) => id)))) if (boxes.length === 0) without++
    if (without === 0) continue
    if (without === keys.length)
      throw new LanternError(
        'usage',
        `No selected sample of ${benchmark.id} has a box of its evidence, which --intervention ${oracle.intervention} needs.`,
        `Leave ${oracle.intervention} out, or run a benchmark whose data have boxes, such as vstar, viscot or hops.`,
      )
    tell(
      `${without} of ${keys.length} samples of ${benchmark.id} have no box, so ${oracle.intervention} fails on them.`,
    )
  }
}

function needsBoxes({needs, picture}: Intervention): boolean {
  return needs === 'evidence' || picture?.is === 'box-blacked'
}
