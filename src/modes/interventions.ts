// Interventions on the latents: the single hook where the vector to feed back is chosen.
// Pure: whatever an intervention needs (oracle vectors, recorded latents) is passed to it. protocols.ts decides when a
// latent is fed.
import {aFunction, brokenPart, type Definition, definitionOf, oneOf, optional} from '../core/definition.js'
import {LanternError, messageOf} from '../core/errors.js'
import type {Mode} from '../core/generation.js'
import {random} from '../core/random.js'
import {Register} from '../core/register.js'

/** The position of a latent: its block within the generation and its index within the block, both from 0. */
export interface LatentPlace {
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

/**
 * What an intervention needs in addition to the model's own vectors. `evidence`: vectors of the sample's boxes.
 * `crops`: vectors of random places of equal size. The rest comes from a recorded run: `statistics` of its latents, the
 * latents of a `donor`, or those this sample had in it (`recorded`).
 */
export const latentNeeds = ['nothing', 'evidence', 'crops', 'statistics', 'donor', 'recorded'] as const
export type LatentNeed = (typeof latentNeeds)[number]

/** What is done to the latents of an arm. Each is one line in the register below, or a plug-in. */
export interface Intervention {
  readonly name: string
  readonly needs: LatentNeed
  /**
   * `empty`: END follows START at once and nothing is fed. `none`: START is never emitted. Absent: blocks are as the
   * protocol says, and `choose` gives their vectors.
   */
  readonly blocks?: 'empty' | 'none'
  /** Called once for each generation; the supply holds what `needs` asks for. */
  choose(supply: LatentSupply): ChooseLatent
}

/** Checks the definition of an intervention. Throws LanternError `bad-config` naming what is wrong. */
export function defineIntervention(intervention: Intervention): Definition<'intervention', Intervention> {
  return definitionOf('intervention', intervention, {
    needs: oneOf(latentNeeds),
    choose: aFunction,
    blocks: optional(oneOf(['empty', 'none'])),
  })
}

export interface LatentSupply {
  /**
   * Seeds the noise: run seed, benchmark, sample and intervention. The noise therefore does not depend on the order of
   * the work.
   */
  readonly seed: readonly (string | number)[]
  /** `evidence`, `crops`: one vector per latent, the same in every block. */
  readonly vectors?: readonly Float32Array[]
  readonly statistics?: LatentStatistics
  /** `donor`: the latents of another sample. */
  readonly donor?: Blocks
  /** `recorded`: the latents this sample had in the recorded run. */
  readonly recorded?: Blocks
}

const own = (): ChooseLatent => vector => vector

const register = new Register<Intervention>(
  'intervention',
  (
    [
      {name: 'own', needs: 'nothing', choose: own},
      {name: 'zeros', needs: 'nothing', choose: () => vector => new Float32Array(vector.length)},
      {name: 'noise', needs: 'nothing', choose: noise},
      {name: 'matched-noise', needs: 'statistics', choose: matchedNoise},
      {name: 'first-repeat', needs: 'nothing', choose: firstRepeat},
      {name: 'mean', needs: 'statistics', choose: meanAt},
      {name: 'swap', needs: 'donor', choose: ({donor}: LatentSupply) => fromBlocks(given(donor))},
      {name: 'shuffle', needs: 'recorded', choose: shuffled},
      {name: 'random-crop', needs: 'crops', choose: ({vectors}: LatentSupply) => inTurn(given(vectors))},
      {name: 'oracle', needs: 'evidence', choose: ({vectors}: LatentSupply) => inTurn(given(vectors))},
      {name: 'markers-only', needs: 'nothing', blocks: 'empty', choose: own},
      {name: 'no-latent', needs: 'nothing', blocks: 'none', choose: own},
    ] satisfies Intervention[]
  ).map(defineIntervention),
)

/** Names of all registered interventions. */
export function interventionNames(): readonly string[] {
  return register.names()
}

/** Throws `usage` for an unknown name. */
export function interventionNamed(name: string): Intervention {
  return register.get(name)
}

/**
 * Adds an intervention; what it chooses is checked from then on. Throws `bad-config` for one that is not whole, and for
 * a name that is taken.
 */
export function registerIntervention(intervention: Intervention): void {
  const {name, part} = defineIntervention(intervention)
  const {needs, blocks} = part
  register.add({
    name,
    part: {name, needs, ...(blocks !== undefined && {blocks}), choose: supply => checkedChooser(part, supply)},
  })
}

/**
 * The hook of a plug-in's intervention. A vector of another length would be fed as if it were whole, and the scores
 * would mean nothing: it is refused. The hook gets a copy of the model's own vector, because that one is saved.
 */
function checkedChooser(intervention: Intervention, supply: LatentSupply): ChooseLatent {
  const refuse = (what: string): never => {
    throw brokenPart('intervention', intervention.name, what)
  }
  const attempt = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      return refuse(`threw: ${messageOf(error)}`)
    }
  }
  const choose = attempt(() => intervention.choose(supply))
  if (typeof choose !== 'function') return refuse('chose no function of a vector and its place')
  return (own, place) => {
    const given: unknown = attempt(() => choose(own.slice(), place))
    const vector = given instanceof Float32Array ? given : Array.isArray(given) ? Float32Array.from(given) : null
    // The engine itself reports a model whose own vectors are not finite.
    const finite = vector?.every(Number.isFinite) || !own.every(Number.isFinite)
    if (vector?.length !== own.length || !finite)
      return refuse(`gave no vector of ${own.length} finite numbers at block ${place.block}, index ${place.index}`)
    return vector
  }
}

/**
 * Whether an arm is expected to open latent blocks. If it opens none, it is not engaged (design/contract.md,
 * "Outcomes"). An unknown intervention (from a run with a plug-in that is not loaded) is assumed to leave the blocks in
 * place.
 */
export function opensBlocks({
  mode,
  latentSize,
  intervention,
}: {
  readonly mode: Mode
  readonly latentSize: number | null
  readonly intervention: string | null
}): boolean {
  const name = intervention ?? 'own'
  const withoutBlocks = register.has(name) && register.get(name).blocks !== undefined
  return mode === 'latent' && latentSize !== 0 && !withoutBlocks
}

/** Whether an intervention feeds latents of a recorded run (`--latents-from`). Throws `usage` for an unknown name. */
export function needsBank(name: string): boolean {
  return ['statistics', 'donor', 'recorded'].includes(interventionNamed(name).needs)
}

/** The error for an intervention that needs a recorded run when none was given. */
export function bankMissing(name: string): LanternError {
  return new LanternError(
    'usage',
    `The intervention ${name} needs the latents of a recorded run, but none was given.`,
    'Record one with --intervention own --save-latents, then give its folder with --latents-from.',
  )
}

/**
 * Builds the hook of an intervention; `supply.seed` is the sample's seed. Throws `usage` for an unknown name, and a
 * TypeError if the supply lacks what a built-in intervention needs, which is a bug in the caller.
 */
export function latentChooser(name: string, supply: LatentSupply): ChooseLatent {
  return interventionNamed(name).choose({...supply, seed: [...supply.seed, name]})
}

/**
 * Asks an intervention once, if it needs nothing but a seed: one that always fails would end every sample of its arm as
 * an error. Throws `bad-config` for one that fails, `usage` for an unknown name.
 */
export function tryIntervention(name: string): void {
  if (interventionNamed(name).needs === 'nothing') latentChooser(name, {seed: ['try']})
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

/** The vectors of a block; when it is longer, they repeat from the beginning. */
function inTurn(vectors: readonly Float32Array[]): ChooseLatent {
  return (_own, {index}) => vectors[index % vectors.length]!
}

/** The mean at each index within a block; beyond the longest recorded block, the last mean. */
function meanAt({statistics}: LatentSupply): ChooseLatent {
  const means = given(statistics).meanAt
  return (_own, {index}) => means[Math.min(index, means.length - 1)]!
}

/** Standard normal noise. */
function noise({seed}: LatentSupply): ChooseLatent {
  return (own, place) => Float32Array.from(own, normals(seed, place))
}

/** Normal noise with the mean and standard deviation of recorded latents, per dimension. */
function matchedNoise({seed, statistics}: LatentSupply): ChooseLatent {
  const {mean, deviation} = given(statistics)
  return (_own, place) => {
    const normal = normals(seed, place)
    return mean.map((center, i) => center + deviation[i]! * normal())
  }
}

/** The first vector of each block, at every index of the block. */
function firstRepeat(): ChooseLatent {
  let first = new Float32Array(0)
  return (own, {index}) => {
    if (index === 0) first = own.slice()
    return first
  }
}

/** The sample's own recorded latents, with each block permuted. */
function shuffled({seed, recorded}: LatentSupply): ChooseLatent {
  return fromBlocks(given(recorded).map((vectors, block) => random(...seed, block).shuffle(vectors)))
}

function normals(seed: LatentSupply['seed'], {block, index}: LatentPlace): () => number {
  return random(...seed, block, index).normal
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('the latent supply is incomplete')
  return value
}
