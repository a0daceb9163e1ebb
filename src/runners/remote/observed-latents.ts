// `--observe-latents`: an endpoint that shows its latents (`serve`) is asked as a local checkpoint would be. What
// interventions need of a recorded run is read here and sent along; the model and its latents are the endpoint's.
import {z} from 'zod'
import {LanternError} from '../../core/errors.js'
import {
  type FedDonor,
  type Generation,
  type Prompt,
  picturesOf,
  type Recorded,
  type Request,
} from '../../core/generation.js'
import type {ImageRef} from '../../core/sample.js'
import {encodedVector} from '../../core/vector-text.js'
import {interventionNamed, needsBank} from '../../modes/interventions.js'
import {LatentBanks, recordedFor, wasResized} from '../latent-bank.js'
import type {CommonOptions, ModelIdentity} from '../runner.js'
import {listedModels} from './describe.js'
import type {Endpoint} from './endpoint.js'
import {at} from './fields.js'
import type {SaidLatents} from './said-latents.js'

const listedSchema = z.object({
  sha256: z.string().optional(),
  precision: z.string().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
  latent: z
    .object({
      protocol: z.string(),
      size: z.number().int().min(0),
      ids: z.object({start: z.number(), pad: z.number(), end: z.number()}),
    })
    .nullable(),
})

/** What the endpoint says of the checkpoint that it serves. */
export type ServedCheckpoint = Pick<ModelIdentity, 'sha256' | 'precision' | 'details' | 'latent'>

/**
 * Asks the endpoint which checkpoint it serves. Throws LanternError `endpoint` if it does not answer, or not for this
 * model, and `unsupported` if it does not say what latents the model has.
 */
export async function servedCheckpoint(endpoint: Endpoint, env: CommonOptions['env']): Promise<ServedCheckpoint> {
  const {url, name} = endpoint
  const {models} = await listedModels(endpoint, env)
  const listed = models.find(model => at(model, 'id') === name)
  if (listed === undefined && models.length > 0)
    throw new LanternError('endpoint', `${url} serves no model ${name}.`, 'Check the name; /v1/models lists them.')
  const {data} = listedSchema.safeParse(listed)
  if (data !== undefined) return endpoint.redact(data) as ServedCheckpoint
  throw new LanternError(
    'unsupported',
    `${url} does not show the latents of ${name}.`,
    'Serve the checkpoint with `lantern-eval serve`, or leave out --observe-latents.',
  )
}

/** What goes along with one request, and what its generation needs later. */
export interface LatentsQuery {
  /** The field `latents` of the body. */
  readonly field: Readonly<Record<string, unknown>>
  readonly donor?: {readonly fed: FedDonor; readonly blocks: NonNullable<Recorded['blocks']>}
}

export class ObservedLatents {
  readonly #keep: boolean
  readonly #banks: LatentBanks

  constructor({keepLatents}: Pick<CommonOptions, 'keepLatents'>, latentBank: string | undefined) {
    this.#keep = keepLatents
    this.#banks = new LatentBanks(latentBank)
  }

  /** Throws what `LatentBanks.of` throws, and what reading a picture throws. */
  async query(request: Request): Promise<LatentsQuery> {
    const {arm, sample, prompt, looksAt, foreign} = request
    const {benchmark, id, boxes} = sample
    const pictures = looksAt ? picturesOf(looksAt) : foreign ? [foreign] : []
    const common = {
      sample: {benchmark, id, ...(boxes && {boxes})},
      return: this.#keep ? 'vectors' : 'norms',
      ...(orientationOf(prompt, pictures) === 'apply' && {orientation: 'apply'}),
    }
    // No block is opened in other modes; what the reply counts is wanted all the same.
    if (arm.mode !== 'latent') return {field: {intervention: null, ...common}}
    const {needs, name, picture} = interventionNamed(arm.intervention ?? 'own')
    const field = {
      protocol: arm.protocol,
      latentSize: arm.latentSize,
      // A picture that is shown in the place of the sample's is in the prompt already.
      intervention: picture?.for === 'answer' ? 'own' : name,
      ...common,
      ...(pictures.length > 0 && {pictures: await Promise.all(pictures.map(asUri))}),
    }
    if (!needsBank(name)) return {field}
    const bank = await this.#banks.of(request)
    const found = await recordedFor(request, needs, bank!)
    const {blocks = [], statistics} = found?.recorded ?? {}
    const sent = statistics
      ? {
          statistics: {
            meanAt: statistics.meanAt.map(encodedVector),
            mean: encodedVector(statistics.mean),
            deviation: encodedVector(statistics.deviation),
          },
        }
      : {inject: blocks.map(block => block.map(encodedVector))}
    return {field: {...field, ...sent}, ...(found?.donor && {donor: {fed: found.donor, blocks}})}
  }

  /** What the reply says of the latents, as a local session would. */
  facts({arm}: Request, said: SaidLatents, {donor}: LatentsQuery): Partial<Generation> {
    const {blocks, tokenIds, latentAt, usage, promptNorms} = said
    const replaced = arm.mode === 'latent' && arm.intervention !== 'own'
    const resized =
      donor !== undefined &&
      wasResized(
        donor.blocks,
        blocks.map(({steps}) => steps),
      )
    return {
      ...{usage, tokenIds, latentAt},
      ...(this.#keep && {
        latents: blocks.map(({vectors = [], own = vectors}) => (replaced ? {vectors, own} : {vectors})),
        ...(promptNorms && {promptNorms}),
      }),
      ...(donor && {donor: resized ? {...donor.fed, resized} : donor.fed}),
    }
  }

  /** Whether the reply shows what was asked for. */
  isWhole(said: SaidLatents | undefined): said is SaidLatents {
    return said?.blocks.every(({steps, vectors}) => !this.#keep || vectors?.length === steps) ?? false
  }
}

function orientationOf(prompt: Prompt, more: readonly ImageRef[]): ImageRef['orientation'] {
  return [...picturesOf(prompt), ...more].some(({orientation}) => orientation === 'apply') ? 'apply' : 'ignore'
}

/** The server looks at the bytes; the type says only that they are a picture. */
async function asUri(image: ImageRef): Promise<string> {
  return `data:image/png;base64,${Buffer.from(await image.bytes()).toString('base64')}`
}
