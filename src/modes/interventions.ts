// Interventions on the latents: the single hook where the vector to feed back is chosen.
// Pure: whatever an intervention needs (oracle vectors, recorded latents) is passed to it. protocols.ts decides when a
// latent is fed.
import {LanternError} from '../core/errors.js'
import type {Intervention} from '../core/generation.js'
import {random} from '../core/random.js'

/** The position of a latent: its block within the generation and its index within the block, both from 0. */
interface LatentPlace {
  readonly block: number
  readonly index: number
}

/** Returns the vector to feed at a place where the model itself would feed `own`. Must not modify `own`. */
export type ChooseLatent = (own: Float32Array, place: LatentPlace) => Float32Array

/** Latents by block and index. */
export type Blocks = readonly (readonly Float32Array[])[]

/** Statistics of the model's own latents in a recorded run. */
export interface LatentStatistics {
  /** Mean over samples and blocks, by index within the block. */
  readonly meanAt: readonly Float32Array[]
  /** Mean and standard deviation per dimension, over all latents. */
  readonly mean: Float32Array
  readonly deviation: Float32Array
}

/** What an intervention needs in addition to the model's own vectors. */
export type LatentNeed = 'nothing' | 'vectors' | 'statistics' | 'donor' | 'recorded'

/**
 * What each intervention needs. `markers-only` and `no-latent` feed nothing: they act on the machine and on the logits
 * (see protocols.ts and the runner).
 */
export const latentNeeds: Readonly<Record<Intervention, LatentNeed>> = {
  own: 'nothing',
  zeros: 'nothing',
  noise: 'nothing',
  'first-repeat': 'nothing',
  'markers-only': 'nothing',
  'no-latent': 'nothing',
  oracle: 'vectors',
  'random-crop': 'vectors',
  'matched-noise': 'statistics',
  mean: 'statistics',
  swap: 'donor',
  shuffle: 'recorded',
}

/** Whether an intervention feeds latents from a recorded run (`--latents-from`). */
export function needsBank(intervention: Intervention): boolean {
  return ['statistics', 'donor', 'recorded'].includes(latentNeeds[intervention])
}

/** The error for an intervention that needs a recorded run when none was given. */
export function bankMissing(intervention: Intervention): LanternError {
  return new LanternError(
    'usage',
    `The intervention ${intervention} needs the latents of a recorded run, but none was given.`,
    'Record one with --intervention own --save-latents, then give its folder with --latents-from.',
  )
}

export interface LatentSupply {
  /** Seeds the noise: run seed, benchmark and sample. The noise therefore does not depend on the order of the work. */
  readonly seed: readonly (string | number)[]
  /** `oracle`, `random-crop`: one vector per latent, the same in every block. */
  readonly vectors?: readonly Float32Array[]
  readonly statistics?: LatentStatistics
  /** `swap`: the latents of another sample. */
  readonly donor?: Blocks
  /** `shuffle`: the latents this sample had in the recorded run. */
  readonly recorded?: Blocks
}

/**
 * Builds the hook of an intervention. Throws a TypeError when the supply lacks what `latentNeeds` lists; that is a
 * mistake of the caller.
 */
export function latentChooser(intervention: Intervention, supply: LatentSupply): ChooseLatent {
  const normals = ({block, index}: LatentPlace) => random(...supply.seed, intervention, block, index).normal
  switch (intervention) {
    case 'own':
    case 'markers-only':
    case 'no-latent':
      return own => own
    case 'zeros':
      return own => new Float32Array(own.length)
    case 'noise':
      return (own, place) => Float32Array.from(own, normals(place))
    case 'matched-noise': {
      const {mean, deviation} = given(supply.statistics)
      return (_own, place) => {
        const normal = normals(place)
        return mean.map((center, i) => center + deviation[i]! * normal())
      }
    }
    case 'first-repeat': {
      let first = new Float32Array(0)
      return (own, {index}) => {
        if (index === 0) first = own.slice()
        return first
      }
    }
    case 'mean': {
      const {meanAt} = given(supply.statistics)
      return (_own, {index}) => meanAt[Math.min(index, meanAt.length - 1)]!
    }
    case 'oracle':
    case 'random-crop': {
      const vectors = given(supply.vectors)
      return (_own, {index}) => vectors[index % vectors.length]!
    }
    case 'swap':
      return fromBlocks(given(supply.donor))
    case 'shuffle': {
      const recorded = given(supply.recorded)
      return fromBlocks(recorded.map((vectors, block) => random(...supply.seed, intervention, block).shuffle(vectors)))
    }
  }
}

/** Feeds the latents of another generation at the matching place. When it has fewer, they repeat from the beginning. */
function fromBlocks(blocks: Blocks): ChooseLatent {
  const filled = blocks.filter(vectors => vectors.length > 0)
  if (filled.length === 0) throw new TypeError('no latents to feed')
  return (_own, {block, index}) => {
    const vectors = filled[block % filled.length]!
    return vectors[index % vectors.length]!
  }
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('the latent supply is incomplete')
  return value
}
