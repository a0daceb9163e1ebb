// The latents of a recorded run, for the interventions that feed them: which latents a sample gets, and statistics over
// all of them. They come from the run of `--latents-from`, or from the running one, whose own arm is recorded first.
// run-folder/latents.ts defines their format on disk.
import {LanternError} from '../core/errors.js'
import type {FedDonor, LatentStatistics, Recorded, Request} from '../core/generation.js'
import {random} from '../core/random.js'
import {contrastDonor, type DonorFacts, donorFacts, liftOf, unrelatedDonor} from '../modes/donors.js'
import {type Blocks, bankMissing, type LatentNeed, needsBank} from '../modes/interventions.js'
import {type StoredArm, storedArms} from '../run-folder/latents.js'
import {openRunFolder, readLogBatches} from '../run-folder/reader.js'
import {RecordCheck} from '../run-folder/record-check.js'
import {sideRuns} from '../run-folder/side-runs.js'

/** The properties by which a sample is looked up. */
export interface BankedSample {
  readonly id: string
  readonly benchmark: string
  /** The item it is a variant of, if items are asked under several option orders. */
  readonly item?: string
}

export type DonorKind = 'donor' | 'unrelated'

export interface BankedDonor {
  readonly donor: FedDonor
  readonly blocks: Blocks
}

/** The latents of an arm with the intervention `own` in a recorded run. */
export interface LatentBank {
  /** Latents this sample had, at this repeat or at the first; null when there are none. */
  recorded(bench: string, id: string, repeat?: number): Promise<Blocks | null>
  /**
   * A sample that may donate to this one (modes/donors.ts), drawn by `seed`, and its latents; null when there is none.
   * Both samples are described by the records of the run, so a sample that the run did not ask has no donor.
   */
  donor(kind: DonorKind, sample: BankedSample, seed: readonly (string | number)[]): Promise<BankedDonor | null>
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
  let samples: Promise<ReadonlyMap<string, RecordedSamples>> | undefined
  // The arms of a sample ask for the same latents one after another.
  let last: {readonly key: string; readonly blocks: Promise<Blocks | null>} | undefined
  return {
    recorded(bench, id, repeat) {
      const key = JSON.stringify([bench, id, repeat])
      if (last?.key !== key) {
        const read = async () => (await stored.read(bench, id, repeat)) ?? stored.read(bench, id)
        last = {key, blocks: read()}
      }
      return last.blocks
    },
    async donor(kind, {benchmark, id, item}, seed) {
      samples ??= recordedSamples(runDir, stored)
      const here = (await samples).get(benchmark)
      // A sample that was not asked in this order of its options is known by its item, without its letters.
      const recipient = here?.known.get(id) ?? here?.known.get(item ?? id)
      if (recipient === undefined) return null
      const draw = kind === 'donor' ? contrastDonor : unrelatedDonor
      const donor = draw(recipient, here!.withLatents, random(...seed, kind))
      const blocks = donor && (await donor.stored.read(benchmark, donor.id))
      if (!blocks) return null
      const sameSubtask = kind === 'unrelated' && donor.subtask === recipient.subtask
      const lift = recipient.id === id ? liftOf(donor, recipient) : ({lift: 'other', answer: null} as const)
      return {
        donor: {id: donor.id, ...lift, ...(sameSubtask && {sameSubtask})},
        blocks,
      }
    },
    statistics: () => {
      statistics ??= computeStatistics(stored)
      return statistics
    },
  }
}

/** The bank of a model that never opened a block. */
const emptyBank: LatentBank = {
  recorded: async () => null,
  donor: async () => null,
  statistics: () => Promise.reject(new TypeError('there are no latents')),
}

/** The banks that the requests of a session need, each opened once. */
export class LatentBanks {
  readonly #given: string | undefined
  readonly #banks = new Map<string, Promise<LatentBank>>()

  /** `given`: the run folder of `--latents-from`. */
  constructor(given: string | undefined) {
    this.#given = given
  }

  /**
   * The recorded latents of the own arm that an arm is compared with; null when it needs none, or brings them along.
   * Throws `usage` where none were given, and `data-absent` for a run without them, unless it is the running one: a
   * model that never opens a block has none.
   */
  async of({arm, bank = this.#given, reading, recorded}: Request): Promise<LatentBank | null> {
    const {id, intervention} = arm
    if (arm.mode !== 'latent' || intervention === null || recorded !== undefined) return null
    if (!(needsBank(intervention) || reading)) return null
    if (bank === undefined) throw bankMissing(intervention)
    const key = `${bank}\u0000${id.replace(/\|[^|]*$/, '')}`
    const running = bank !== this.#given
    const open = () =>
      openLatentBank(bank, id).catch(error => {
        if (running && error instanceof LanternError && error.code === 'data-absent') return emptyBank
        throw error
      })
    const opened = this.#banks.get(key) ?? open()
    this.#banks.set(key, opened)
    return opened
  }
}

/** What a bank has for a request, and whose it is. */
export interface FoundInBank {
  readonly recorded: Recorded
  readonly donor?: FedDonor
}

/** What the bank has for the need of an intervention; null where it has nothing. */
export async function recordedFor(
  {sample, decoding, repeat}: Pick<Request, 'sample' | 'decoding' | 'repeat'>,
  need: LatentNeed,
  bank: LatentBank,
): Promise<FoundInBank | null> {
  const {benchmark, id, item} = sample
  if (need === 'statistics') return bank === emptyBank ? null : {recorded: {statistics: await bank.statistics()}}
  if (need === 'recorded') {
    const blocks = await bank.recorded(benchmark, id, repeat)
    return blocks && {recorded: {blocks}}
  }
  if (need !== 'donor' && need !== 'unrelated') return null
  const found = await bank.donor(need, {benchmark, id, item}, [decoding.seed, benchmark, id])
  return found && {recorded: {blocks: found.blocks}, donor: found.donor}
}

/** Whether the donor's latents did not fit: another number of blocks, or of latents in one. `sizes` are those fed. */
export function wasResized(donor: Blocks, sizes: readonly number[]): boolean {
  const filled = donor.filter(({length}) => length > 0)
  return sizes.length !== filled.length || sizes.some((size, i) => size !== filled[i]!.length)
}

/** A sample that can give latents, and where they are stored. */
type Donor = DonorFacts & {readonly stored: StoredArm}

/** The samples of one benchmark, as described by the records. */
interface RecordedSamples {
  /** By id, and by item. */
  readonly known: Map<string, DonorFacts>
  /** The samples with latents, in an order that does not depend on the log. */
  readonly withLatents: Donor[]
}

/** By benchmark. Samples of runs beside this one give latents and get none. Throws as `openRunFolder` does. */
async function recordedSamples(runDir: string, stored: StoredArm): Promise<Map<string, RecordedSamples>> {
  const samples = new Map<string, RecordedSamples>()
  await addSamples(samples, runDir, stored, true)
  for (const dir of await sideRuns(runDir, 'donors')) {
    const there = (await storedArms(dir)).find(({name}) => name === stored.name)
    if (there !== undefined) await addSamples(samples, dir, there, false)
  }
  for (const {withLatents} of samples.values()) withLatents.sort((a, b) => (a.id < b.id ? -1 : 1))
  return samples
}

async function addSamples(
  samples: Map<string, RecordedSamples>,
  runDir: string,
  stored: StoredArm,
  receive: boolean,
): Promise<void> {
  const folder = await openRunFolder(runDir)
  const check = new RecordCheck(folder)
  for await (const batch of readLogBatches(runDir, check.fits)) {
    for (const {arm, bench, subtask, id, item = id, seen, outcome, ...answered} of batch) {
      if (outcome === 'error' || seen === null || !stored.isOf(arm)) continue
      const of = samples.get(bench) ?? {known: new Map<string, DonorFacts>(), withLatents: []}
      samples.set(bench, of)
      if (of.known.has(id)) continue
      const facts = donorFacts(
        {id, item, subtask, ...answered},
        {
          pictures: seen.images.map(({sha256}) => sha256),
          group: folder.samples.get(bench)?.get(id)?.group,
        },
      )
      if (receive) {
        of.known.set(id, facts)
        if (!of.known.has(item)) of.known.set(item, facts)
      }
      if (await stored.has(bench, id)) of.withLatents.push({...facts, stored})
    }
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
