// Stored latents as a strip of steps: lengths, cosines, where in the picture each points, and what the output head
// reads in it. Everything comes from the run folder; no model is needed.
import {cosine, meanOf, norm, type Vector} from '../../metrics/diagnosis/geometry/vectors.js'
import {lensWarning, openFeatures} from '../../run-folder/latent-context.js'
import {type StoredArm, type StoredBlocks, storedArms} from '../../run-folder/latents.js'
import type {Lock} from '../../run-folder/lock.js'
import {cellsIn} from '../diagnosis/evidence.js'
import type {LatentStep, LatentStrip} from './shapes.js'

/** The arms of a run with stored latents. */
export type StoredRun = readonly StoredArm[]

export const storedRun = (dir: string): Promise<StoredRun> => storedArms(dir)

export interface StripOf {
  readonly dir: string
  readonly lock: Pick<Lock, 'arms'>
  readonly stored: StoredRun
  readonly arm: string
  readonly bench: string
  readonly id: string
  readonly repeat?: number
  /** Whether heat maps are wanted: they read the features of the picture. */
  readonly heat: boolean
}

/**
 * The strip of one generation; null where no latents are kept. Cosines to cells are centred: the mean cell is taken off
 * both sides, since all cells and latents share a large common part that would hide the differences.
 */
export async function latentStrip({
  dir,
  lock,
  stored,
  arm,
  bench,
  id,
  repeat,
  heat,
}: StripOf): Promise<LatentStrip | null> {
  const mine = stored.find(one => one.isOf(arm))
  const blocks = await mine?.read(bench, id, repeat)
  if (mine === undefined || blocks == null) return null
  const own = await otherBlocks('own', {lock, stored, arm, bench, id, repeat})
  const oracle = await otherBlocks('oracle', {lock, stored, arm, bench, id, repeat})
  const context = await mine.context(bench, id, repeat)
  const [picture] = context?.pictures ?? []
  const features = heat && picture !== undefined ? await openFeatures(dir, picture) : null
  const width = blocks.flat()[0]?.length
  const cells = features === null || features.width !== width ? null : centred(await features.all(), features.width)
  const inBoxes =
    picture === undefined
      ? []
      : (context?.boxes ?? []).flatMap(box =>
          cellsIn(box, picture).flatMap(({row, from, to}) =>
            Array.from({length: to - from}, (_, k) => row * picture.columns + from + k),
          ),
        )
  const step = (vector: Float32Array, block: number, index: number): LatentStep => {
    const [replaced, fed] = [own?.[block]?.[index], oracle?.[block]?.[index]]
    const map = cells && norm(vector) > 0 ? cells.rows.map(cell => cosine(cell, less(vector, cells.mean))) : null
    return {
      norm: norm(vector),
      ownNorm: replaced ? norm(replaced) : null,
      toOwn: direction(vector, replaced),
      toOracle: direction(vector, fed),
      toBox: map && inBoxes.length > 0 ? inBoxes.reduce((sum, cell) => sum + map[cell]!, 0) / inBoxes.length : null,
      heat: map?.map(value => Math.round(100 * value)) ?? null,
      tokens: (context?.lens?.blocks[block]?.[index] ?? []).map(({token, p}) => ({token, p})),
    }
  }
  return {
    blocks: blocks.map((vectors, block) => vectors.map((vector, index) => step(vector, block, index))),
    rows: picture?.rows ?? 0,
    columns: picture?.columns ?? 0,
    lens: context?.lens ? {of: context.lens.of, warning: lensWarning} : null,
  }
}

/** The latents of the arm that differs in its intervention alone; null where it is this arm, or not kept. */
async function otherBlocks(
  intervention: string,
  {lock, stored, arm, bench, id, repeat}: Omit<StripOf, 'dir' | 'heat'>,
): Promise<StoredBlocks | null> {
  const mine = lock.arms.find(other => other.id === arm)!
  const other = lock.arms.find(
    one =>
      one.intervention === intervention &&
      one.model === mine.model &&
      one.mode === mine.mode &&
      one.protocol === mine.protocol &&
      one.latentSize === mine.latentSize,
  )
  if (other === undefined || other.id === arm) return null
  return (await stored.find(one => one.isOf(other.id))?.read(bench, id, repeat)) ?? null
}

/** Their cosine; null where there is none: a vector of zeros points nowhere. */
function direction(a: Float32Array, b: Float32Array | undefined): number | null {
  if (b === undefined || b.length !== a.length || norm(a) === 0 || norm(b) === 0) return null
  return cosine(a, b)
}

function centred(all: Float32Array, width: number): {rows: Vector[]; mean: Float64Array} {
  const cells = Array.from({length: all.length / width}, (_, k) => all.subarray(k * width, (k + 1) * width))
  const mean = meanOf(cells)
  return {rows: cells.map(cell => less(cell, mean)), mean}
}

function less(vector: Vector, mean: Vector): Float64Array {
  return Float64Array.from(vector, (value, i) => value - mean[i]!)
}
