// What an intervention needs of a sample: vectors of crops, recorded latents, the embedding of the pad token. Recorded
// latents come from the run of `--latents-from`, or from the running one, whose own arm is recorded first.
import {LanternError} from '../../core/errors.js'
import type {FedDonor, Request} from '../../core/generation.js'
import {random} from '../../core/random.js'
import {
  type Blocks,
  bankMissing,
  type ChooseLatent,
  type Intervention,
  interventionNamed,
  type LatentSupply,
  latentChooser,
  needsBank,
} from '../../modes/interventions.js'
import type {LatentMachine} from '../../modes/latent-machine.js'
import {decodeImage} from './image.js'
import {tokenSide} from './image-processor.js'
import {emptyBank, type LatentBank, openLatentBank} from './latent-bank.js'
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
  readonly #latentBank: string | undefined
  readonly #banks = new Map<string, Promise<LatentBank>>()

  constructor(tools: PromptTools, latentBank: string | undefined) {
    this.#tools = tools
    this.#latentBank = latentBank
  }

  /**
   * The recorded latents of the own arm that an arm is compared with; null when it needs none. Throws `usage` where
   * none were given, and `data-absent` for a run without them, unless it is the running one: a model that never opens a
   * block has none.
   */
  async bank({arm, bank = this.#latentBank, reading}: Request): Promise<LatentBank | null> {
    const {id, intervention} = arm
    if (arm.mode !== 'latent' || intervention === null || !(needsBank(intervention) || reading)) return null
    if (bank === undefined) throw bankMissing(intervention)
    const key = `${bank}\u0000${id.replace(/\|[^|]*$/, '')}`
    const running = bank !== this.#latentBank
    const open = () =>
      openLatentBank(bank, id).catch(error => {
        if (running && error instanceof LanternError && error.code === 'data-absent') return emptyBank
        throw error
      })
    const opened = this.#banks.get(key) ?? open()
    this.#banks.set(key, opened)
    return opened
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
    const {benchmark, id, item} = request.sample
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
        return bank === emptyBank ? lacking(request) : from({statistics: await bank!.statistics()})
      case 'recorded': {
        const recorded = await bank!.recorded(benchmark, id, request.repeat)
        return recorded === null ? lacking(request) : from({recorded})
      }
      case 'donor':
      case 'unrelated': {
        const found = await bank!.donor(need, {benchmark, id, item}, seed)
        return found === null
          ? lacking(request)
          : {...from({donor: found.blocks}), donor: found.donor, fed: found.blocks}
      }
    }
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

/** Whether the donor's latents did not fit: another number of blocks, or of latents in one. */
export function wasResized(fed: Blocks, blocks: readonly {readonly vectors: readonly Float32Array[]}[]): boolean {
  const filled = fed.filter(({length}) => length > 0)
  return blocks.length !== filled.length || blocks.some(({vectors}, i) => vectors.length !== filled[i]!.length)
}
