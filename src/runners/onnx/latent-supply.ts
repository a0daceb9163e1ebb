// What an intervention needs of a sample: vectors of crops, recorded latents, the embedding of the pad token.
import {LanternError} from '../../core/errors.js'
import type {FedDonor, Recorded, Request} from '../../core/generation.js'
import {random} from '../../core/random.js'
import {
  type Blocks,
  type ChooseLatent,
  type Intervention,
  interventionNamed,
  type LatentSupply,
  latentChooser,
} from '../../modes/interventions.js'
import type {LatentMachine} from '../../modes/latent-machine.js'
import {type LatentBank, LatentBanks, recordedFor} from '../latent-bank.js'
import {decodeImage} from './image.js'
import {tokenSide} from './image-processor.js'
import {boxesElsewhere, oracleLatents, randomBoxes} from './oracle-latents.js'
import type {PreparedInputs, PromptTools} from './prepared-inputs.js'

/** What is done to the latents of a request; null where there are none. Throws `usage` for an unknown name. */
export function interventionOf({arm}: Pick<Request, 'arm'>): Intervention | null {
  return arm.mode === 'latent' && arm.intervention !== null ? interventionNamed(arm.intervention) : null
}

/** The latents of one arm and sample. */
export interface Supplied {
  /** A new hook for each use: some remember what they were given. */
  chooser(): ChooseLatent
  readonly donor?: FedDonor
  /** The latents that the hook feeds block by block, if they are another generation's. */
  readonly fed?: Blocks
}

export class LatentSupplies {
  readonly #tools: PromptTools
  readonly #banks: LatentBanks

  constructor(tools: PromptTools, latentBank: string | undefined) {
    this.#tools = tools
    this.#banks = new LatentBanks(latentBank)
  }

  /** The bank of a request; null when it needs none. Throws as `LatentBanks.of`. */
  bank(request: Request): Promise<LatentBank | null> {
    return this.#banks.of(request)
  }

  /**
   * What `request` feeds. `seen` makes the latents of another picture.
   * Throws LanternError for a sample that lacks a box or a picture, and for a protocol without a fixed count.
   */
  async supplied(
    request: Request,
    inputs: PreparedInputs,
    machine: LatentMachine,
    bank: LatentBank | null,
    seen: () => Promise<Blocks>,
  ): Promise<Supplied> {
    const {benchmark, id} = request.sample
    const name = request.arm.intervention ?? 'own'
    const seed = [request.decoding.seed, benchmark, id]
    const from = (supply: Omit<LatentSupply, 'seed'>): Supplied => ({
      chooser: () => latentChooser(name, {...supply, seed}),
    })
    const need = interventionOf(request)?.needs ?? 'nothing'
    switch (need) {
      case 'nothing':
        return from({})
      case 'evidence':
      case 'crops':
      case 'foreign-crops':
        return from({vectors: await this.#cropped(request, need, inputs, machine.budget)})
      case 'pad':
        return from({vectors: [this.#tools.model.embed([machine.ids.pad])]})
      case 'seen': {
        const blocks = await seen()
        return blocks.some(({length}) => length > 0) ? {...from({donor: blocks}), fed: blocks} : lacking(request)
      }
      case 'statistics':
      case 'recorded':
      case 'donor':
      case 'unrelated': {
        const {recorded} = request
        const found = recorded === undefined ? await recordedFor(request, need, bank!) : {recorded}
        const {blocks, statistics} = this.#fitting(found?.recorded ?? {})
        if (need === 'statistics') return statistics === undefined ? lacking(request) : from({statistics})
        if (blocks === undefined || blocks.every(({length}) => length === 0)) return lacking(request)
        if (need === 'recorded') return from({recorded: blocks})
        return {...from({donor: blocks}), ...(found?.donor && {donor: found.donor}), fed: blocks}
      }
    }
  }

  /** Vectors of another width would be fed as if they were whole. Throws `usage` for them. */
  #fitting(recorded: Recorded): Recorded {
    const {blocks = [], statistics} = recorded
    const {hidden} = this.#tools.model.checkpoint.text
    const all = [...blocks.flat(), ...(statistics ? [...statistics.meanAt, statistics.mean, statistics.deviation] : [])]
    const wrong = all.find(({length}) => length !== hidden)
    if (wrong === undefined) return recorded
    throw new LanternError('usage', `A recorded latent has ${wrong.length} numbers, but those of the model ${hidden}.`)
  }

  /** Vectors of the sample's boxes, or of random crops, one per latent. */
  async #cropped(
    request: Request,
    need: 'evidence' | 'crops' | 'foreign-crops',
    inputs: PreparedInputs,
    budget: number,
  ): Promise<Float32Array[]> {
    const {sample, arm, decoding, foreign} = request
    const {boxes = [], benchmark, id} = sample
    if (!Number.isFinite(budget)) {
      throw new LanternError(
        'unsupported',
        `${arm.protocol} has no fixed number of latents, which ${arm.intervention} needs.`,
      )
    }
    if (need === 'evidence' && boxes.length === 0) {
      throw new LanternError(
        'unsupported',
        `This sample has no box, so there is no ${arm.intervention} latent for it.`,
        'Run it on samples that have boxes.',
      )
    }
    if (need === 'foreign-crops' && foreign === undefined)
      throw new LanternError('unsupported', 'No other sample of the selection has another picture to crop.')
    const picture = foreign
      ? await decodeImage(await foreign.bytes(), foreign.orientation, foreign.source)
      : await inputs.firstPicture(sample)
    const {width, height} = picture
    const draws = random(decoding.seed, benchmark, id, need === 'crops' ? 'random-crop' : need)
    const chosen =
      need === 'evidence'
        ? boxes
        : need === 'crops'
          ? randomBoxes(boxes, width, height, draws)
          : boxesElsewhere(boxes, width, height, draws)
    const limits = {...this.#tools.limits, tokenSide: tokenSide(this.#tools.model.checkpoint.vision)}
    return oracleLatents(picture, chosen, budget, limits, (image, limits) => inputs.encode(image, limits))
  }
}

/**
 * Where there is nothing to feed, feeding it is an error, not before: a sample that opens no block needs no latents,
 * and is not engaged.
 */
function lacking({arm: {intervention}}: Request): Supplied {
  const need = interventionNamed(intervention!).needs
  const whose = need === 'donor' || need === 'unrelated' ? 'of another item, picture and gold answer' : 'of this sample'
  const where = need === 'seen' ? 'Looking at the other picture, the model made' : 'The recorded run has'
  return {
    chooser: () => () => {
      throw new LanternError('data-absent', `${where} no latents ${whose}, which ${intervention} needs.`)
    },
  }
}
