// Interventions on the latents: the single hook where the vector to feed back is chosen.
// Pure: whatever an intervention needs (oracle vectors, recorded latents) is passed to it. protocols.ts decides when a
// latent is fed.
import {
  aCount,
  aFunction,
  brokenPart,
  type Check,
  type Definition,
  definitionOf,
  oneOf,
  optional,
} from '../core/definition.js'
import {LanternError, messageOf} from '../core/errors.js'
import type {LatentStatistics, Mode} from '../core/generation.js'
import {random} from '../core/random.js'
import {Register} from '../core/register.js'
import {type PictureControl, pictureControls} from './picture-controls.js'

/** The position of a latent: its block within the generation and its index within the block, both from 0. */
export interface LatentPlace {
  readonly block: number
  readonly index: number
}

/** Returns the vector to feed at a place where the model itself would feed `own`. Must not modify `own`. */
export type ChooseLatent = (own: Float32Array, place: LatentPlace) => Float32Array

/** Latents by block and index. */
export type Blocks = readonly (readonly Float32Array[])[]

/**
 * What an intervention needs in addition to the model's own vectors. `evidence`: vectors of the sample's boxes.
 * `crops`: vectors of random places of equal size; `foreign-crops`: of such places in another sample's picture. `pad`:
 * the embedding of the pad token. `seen`: the latents that the model makes of the picture that `picture` names.
 * The rest comes from a recorded run: `statistics` of its latents, those of a contrast `donor` or of an `unrelated` one
 * (donors.ts), or those this sample had in it (`recorded`).
 */
export const latentNeeds = [
  'nothing',
  'evidence',
  'crops',
  'foreign-crops',
  'pad',
  'seen',
  'statistics',
  'donor',
  'unrelated',
  'recorded',
] as const
export type LatentNeed = (typeof latentNeeds)[number]

/** What the cache of a generation can lose: the positions of its latents, of the pictures, or of the whole prompt. */
export const hideable = ['latents', 'pictures', 'prompt'] as const
export type Hidden = (typeof hideable)[number]

/** What is done to the latents of an arm. Each is one line in the register below, or a plug-in. */
export interface Intervention {
  readonly name: string
  readonly needs: LatentNeed
  /**
   * `empty`: END follows START at once and nothing is fed. `none`: START is never emitted. Absent: blocks are as the
   * protocol says, and `choose` gives their vectors.
   */
  readonly blocks?: 'empty' | 'none'
  /** Latents per block at most. */
  readonly most?: number
  /**
   * What no later position can attend to. `pictures`, `prompt`: nothing after the last latent of the first block.
   * `latents`: nothing after the token that ends their block. Rotary positions stay.
   */
  readonly hides?: Hidden
  /** A text chain of thought ends after as many decode steps as the sample's own answer took; latent arms have none. */
  readonly steps?: 'own'
  /** The picture is another one: for making the latents alone (with the need `seen`), or for the `answer` too. */
  readonly picture?: {readonly is: PictureControl; readonly for: 'latents' | 'answer'}
  /** Called once for each generation; the supply holds what `needs` asks for. */
  choose(supply: LatentSupply): ChooseLatent
}

const aControl: Check = {
  words: `{is: ${pictureControls.join(' | ')}, for: latents | answer}`,
  fits(value) {
    const {is, for: what} = Object(value) as {is?: unknown; for?: unknown}
    return pictureControls.some(control => control === is) && (what === 'latents' || what === 'answer')
  },
}

/** Checks the definition of an intervention. Throws LanternError `bad-config` naming what is wrong. */
export function defineIntervention(intervention: Intervention): Definition<'intervention', Intervention> {
  return definitionOf('intervention', intervention, {
    needs: oneOf(latentNeeds),
    choose: aFunction,
    blocks: optional(oneOf(['empty', 'none'])),
    most: optional(aCount),
    hides: optional(oneOf(hideable)),
    picture: optional(aControl),
    steps: optional(oneOf(['own'])),
  })
}

export interface LatentSupply {
  /**
   * Seeds the noise: run seed, benchmark, sample and intervention. The noise therefore does not depend on the order of
   * the work.
   */
  readonly seed: readonly (string | number)[]
  /** `evidence`, `crops`, `foreign-crops`: one vector per latent, the same in every block. `pad`: the one vector. */
  readonly vectors?: readonly Float32Array[]
  readonly statistics?: LatentStatistics
  /** `donor`, `unrelated`: the latents of another sample. `seen`: those made of another picture. */
  readonly donor?: Blocks
  /** `recorded`: the latents this sample had in the recorded run. */
  readonly recorded?: Blocks
}

const own = (): ChooseLatent => vector => vector
const ofDonor = ({donor}: LatentSupply): ChooseLatent => fromBlocks(given(donor))
const ofVectors = ({vectors}: LatentSupply): ChooseLatent => inTurn(given(vectors))

const register = new Register<Intervention>(
  'intervention',
  (
    [
      {name: 'own', needs: 'nothing', choose: own},
      {name: 'zeros', needs: 'nothing', choose: () => zeros},
      {name: 'noise', needs: 'nothing', choose: noise},
      {name: 'norm-noise', needs: 'nothing', choose: normNoise},
      {name: 'matched-noise', needs: 'statistics', choose: matchedNoise},
      {name: 'first-repeat', needs: 'nothing', choose: firstRepeat},
      {name: 'mean', needs: 'statistics', choose: meanAt},
      {name: 'fillers', needs: 'pad', choose: ofVectors},
      {name: 'swap', needs: 'donor', choose: ofDonor},
      {name: 'swap-unrelated', needs: 'unrelated', choose: ofDonor},
      {name: 'self-swap', needs: 'recorded', choose: ({recorded}) => fromBlocks(given(recorded))},
      {name: 'shuffle', needs: 'recorded', choose: shuffled},
      {name: 'random-crop', needs: 'crops', choose: ofVectors},
      {name: 'other-crop', needs: 'foreign-crops', choose: ofVectors},
      {name: 'oracle', needs: 'evidence', choose: ofVectors},
      {name: 'blank-image', needs: 'seen', picture: {is: 'blank', for: 'latents'}, choose: ofDonor},
      {name: 'other-image', needs: 'seen', picture: {is: 'other', for: 'latents'}, choose: ofDonor},
      {name: 'markers-only', needs: 'nothing', blocks: 'empty', choose: own},
      {name: 'no-latent', needs: 'nothing', blocks: 'none', choose: own},
      {name: 'knock-out', needs: 'nothing', hides: 'latents', choose: own},
      {name: 'strict', needs: 'nothing', hides: 'pictures', choose: own},
      {name: 'strict-all', needs: 'nothing', hides: 'prompt', choose: own},
      {name: 'same-steps', needs: 'nothing', steps: 'own', choose: own},
    ] satisfies Intervention[]
  ).map(defineIntervention),
)

/** Interventions with a parameter. */
interface Family {
  /** How they are written. */
  readonly form: string
  readonly example: string
  /** What the parameter is, in words. */
  readonly takes: string
  /** Null: no such parameter. */
  make(name: string, parameter: string): Intervention | null
}

/** By what stands before the colon. */
const families: Readonly<Record<string, Family>> = {
  /** Blocks end after k latents. */
  truncate: {
    form: 'truncate:K',
    example: 'truncate:2',
    takes: 'a whole number of at least 0',
    make: (name, text) => countOf(text, most => ({name, needs: 'nothing', most, choose: own})),
  },
  /** The own recorded latents, with zeros in place of the i-th of each block, from 0. */
  'zero-at': {
    form: 'zero-at:I',
    example: 'zero-at:0',
    takes: 'a whole number of at least 0',
    make: (name, text) => countOf(text, index => ({name, needs: 'recorded', choose: zeroAt(index)})),
  },
  /** Another intervention, with the pictures hidden after the latents. */
  strict: {
    form: 'strict:NAME',
    example: 'strict:zeros',
    takes: 'an intervention that feeds latents and hides nothing',
    make(name, other) {
      if (other.startsWith('strict') || !isIntervention(other)) return null
      const {blocks, hides, picture, steps, ...inner} = interventionNamed(other)
      // Without latents there is no "after the latents", and one arm hides one thing.
      if (blocks !== undefined || hides !== undefined || steps !== undefined || picture?.for === 'answer') return null
      return {
        ...inner,
        ...(picture && {picture}),
        name,
        hides: 'pictures',
        // The draws are those of the other arm, because the two are compared.
        choose: supply => inner.choose({...supply, seed: [...supply.seed.slice(0, -1), other]}),
      }
    },
  },
  /** Another picture in the prompt, in every mode; latents are the model's own. */
  image: {
    form: pictureControls.map(control => `image:${control}`).join(', '),
    example: 'image:blank',
    takes: `one of ${pictureControls.join(', ')}`,
    make(name, text) {
      const is = pictureControls.find(control => control === text)
      return is === undefined ? null : {name, needs: 'nothing', picture: {is, for: 'answer'}, choose: own}
    },
  },
}

function countOf(text: string, make: (count: number) => Intervention): Intervention | null {
  return /^\d{1,6}$/.test(text) ? make(Number(text)) : null
}

function inFamily(name: string): Intervention | null {
  const [head, ...rest] = name.split(':')
  const family = Object.hasOwn(families, head!) ? families[head!] : undefined
  return family === undefined || rest.length === 0 ? null : family.make(name, rest.join(':'))
}

/** Names of all registered interventions, without those that have a parameter (`interventionForms`). */
export function interventionNames(): readonly string[] {
  return register.names()
}

/** How interventions with a parameter are written: `truncate:K`, ... */
export function interventionForms(): readonly string[] {
  return Object.values(families).map(({form}) => form)
}

/** Whether there is an intervention of this name. */
export function isIntervention(name: string): boolean {
  return register.has(name) || inFamily(name) !== null
}

/** Throws `usage` for an unknown name. */
export function interventionNamed(name: string): Intervention {
  if (register.has(name)) return register.get(name)
  const made = inFamily(name)
  if (made !== null) return made
  const head = name.split(':')[0]!
  if (!Object.hasOwn(families, head)) return register.get(name)
  const {takes, example} = families[head]!
  throw new LanternError(
    'usage',
    `There is no intervention "${name}": after "${head}:" stands ${takes}.`,
    `For example ${example}.`,
  )
}

/**
 * Adds an intervention; what it chooses is checked from then on. Throws `bad-config` for one that is not whole, and for
 * a name that is taken.
 */
export function registerIntervention(intervention: Intervention): void {
  const {name, part} = defineIntervention(intervention)
  const {choose: _, ...rules} = part
  register.add({
    name,
    part: {...rules, name, choose: supply => checkedChooser(part, supply)},
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
  const withoutBlocks = isIntervention(name) && interventionNamed(name).blocks !== undefined
  return mode === 'latent' && latentSize !== 0 && !withoutBlocks
}

/** Whether an intervention feeds recorded latents. Throws `usage` for an unknown name. */
export function needsBank(name: string): boolean {
  return ['statistics', 'donor', 'unrelated', 'recorded'].includes(interventionNamed(name).needs)
}

/** Whether an arm sees another picture than the sample's, in every mode. Throws `usage` for an unknown name. */
export function changesPicture(name: string): boolean {
  return interventionNamed(name).picture?.for === 'answer'
}

/** Whether an arm is a text chain of thought with the decode steps of own. Throws `usage` for an unknown name. */
export function takesOwnSteps(name: string): boolean {
  return interventionNamed(name).steps === 'own'
}

/** The error for an intervention that needs recorded latents when there are none. */
export function bankMissing(name: string): LanternError {
  return new LanternError(
    'usage',
    `The intervention ${name} needs the latents of a recorded run, but none was given.`,
    `Run own too (--intervention own,${name}): its latents are recorded first. Or give a run with saved latents (--latents-from).`,
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

const zeros: ChooseLatent = vector => new Float32Array(vector.length)

/** The sample's own recorded latents, with zeros at one index of each block. */
function zeroAt(at: number): (supply: LatentSupply) => ChooseLatent {
  return ({recorded}) => {
    const kept = fromBlocks(given(recorded))
    return (own, place) => (place.index === at ? zeros(own, place) : kept(own, place))
  }
}

/** Standard normal noise. */
function noise({seed}: LatentSupply): ChooseLatent {
  return (own, place) => Float32Array.from(own, normals(seed, place))
}

/** A random direction, as long as the vector that it replaces. */
function normNoise({seed}: LatentSupply): ChooseLatent {
  return (own, place) => {
    const direction = Float32Array.from(own, normals(seed, place))
    const scale = Math.hypot(...own) / Math.hypot(...direction)
    return direction.map(value => value * scale)
  }
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
