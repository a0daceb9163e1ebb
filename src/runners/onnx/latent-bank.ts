// The bank of the interventions that feed latents of a recorded run: whose latents a sample gets, and what all of them
// have in common. How they lie on disk is run-folder/latents.ts.
import {LanternError} from '../../core/errors.js'
import {random} from '../../core/random.js'
import type {Blocks, LatentStatistics} from '../../modes/interventions.js'
import {type StoredArm, storedArms} from '../../run-folder/latents.js'

/** The own latents of one arm of a recorded run. */
export interface LatentBank {
  /** Latents this sample had; null when there are none. */
  recorded(bench: string, id: string): Promise<Blocks | null>
  /** Latents of another sample of the same benchmark, drawn by `seed`; null when there is no other. */
  donor(bench: string, id: string, seed: readonly (string | number)[]): Promise<Blocks | null>
  /** Over all samples; computed at the first call. */
  statistics(): Promise<LatentStatistics>
}

/**
 * Opens the `own` arm that matches `arm` (same model, protocol and latents per block), or the only own arm of the run.
 * Throws LanternError `data-absent` when the run holds no such latents.
 */
export async function openLatentBank(runDir: string, arm: string): Promise<LatentBank> {
  const own = '|own'
  const arms = (await storedArms(runDir)).filter(({name}) => name.endsWith(own))
  const wanted = arm.replace(/\|[^|]*$/, own)
  const stored = arms.find(one => one.isOf(wanted)) ?? (arms.length === 1 ? arms[0] : undefined)
  if (stored === undefined) {
    throw new LanternError(
      'data-absent',
      `The run ${runDir} holds no latents of ${wanted}${arms.length > 0 ? `, only of ${arms.map(({name}) => name).join(', ')}` : ''}.`,
      'Record them first: run that arm with --intervention own --save-latents.',
    )
  }
  let statistics: Promise<LatentStatistics> | undefined
  return {
    recorded: (bench, id) => stored.read(bench, id),
    async donor(bench, id, seed) {
      const others = await stored.othersThan(bench, id)
      return others.length === 0 ? null : random(...seed, 'donor').pick(others)()
    },
    statistics: () => {
      statistics ??= computeStatistics(stored)
      return statistics
    },
  }
}

async function computeStatistics(stored: StoredArm): Promise<LatentStatistics> {
  const sums: {count: number; sum: Float64Array}[] = []
  let squares = new Float64Array(0)
  for await (const blocks of stored.all()) {
    for (const block of blocks) {
      for (const [index, vector] of block.entries()) {
        if (squares.length === 0) squares = new Float64Array(vector.length)
        sums[index] ??= {count: 0, sum: new Float64Array(vector.length)}
        const at = sums[index]
        at.count++
        for (let i = 0; i < vector.length; i++) {
          at.sum[i]! += vector[i]!
          squares[i]! += vector[i]! ** 2
        }
      }
    }
  }
  const count = sums.reduce((total, at) => total + at.count, 0)
  const mean = new Float32Array(squares.length).map((_, i) => sums.reduce((total, at) => total + at.sum[i]!, 0) / count)
  return {
    meanAt: sums.map(at => Float32Array.from(at.sum, value => value / at.count)),
    mean,
    deviation: mean.map((center, i) => Math.sqrt(Math.max(0, squares[i]! / count - center ** 2))),
  }
}
