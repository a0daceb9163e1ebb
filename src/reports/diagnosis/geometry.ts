// The shape of the latents that a study stored: one pass over the files, sample by sample.

import {LanternError} from '../../core/errors.js'
import {
  type Checked,
  type ConditionOutcome,
  Cosines,
  Drift,
  type DriftStep,
  EffectiveRank,
  type LensStep,
  LogitLensTally,
  Norms,
  ownCondition,
  type RankFigures,
  Retrieval,
  type RetrievalFigures,
} from '../../metrics/diagnosis/index.js'
import {type LatentContext, lensWarning} from '../../run-folder/latent-context.js'
import {type StoredArm, type StoredBlocks, storedArms} from '../../run-folder/latents.js'
import {evidenceOf} from './evidence.js'
import type {InputNorms, Recorded} from './outcomes.js'
import type {Study} from './study.js'

export interface Geometry {
  readonly bench: string
  /** Samples with stored latents of their own. */
  readonly samples: number
  /** Mean norm of own latents, and that of what each condition fed over it. */
  readonly norm: number
  readonly norms: Readonly<Record<string, number>>
  /** Mean norms of what the model reads beside its latents, and that of its latents over them. */
  readonly inputs: {
    readonly text: number | null
    readonly picture: number | null
    readonly latentToText: number | null
    readonly latentToPicture: number | null
  }
  readonly cosines: ReturnType<Cosines['figures']>
  readonly rank: RankFigures | null
  /**
   * What drift and retrieval are against: the latents of the oracle, or the features of the picture where the boxes
   * are. Null without either.
   */
  readonly against: 'oracle' | 'boxes' | null
  readonly drift: readonly DriftStep[]
  readonly retrieval: RetrievalFigures | null
  /** Null where no lens was recorded. */
  readonly lens: {readonly of: 'latent' | 'state'; readonly warning: string; readonly steps: readonly LensStep[]} | null
}

/** What was seen while the latents of a benchmark were read. */
export interface SeenLatents {
  /** Null where no latents of own are stored. */
  readonly geometry: Geometry | null
  /** The oracle as a query against all oracles. */
  readonly oracle?: Checked
}

/**
 * Reads the stored latents of one benchmark, sample by sample, and adds their norms to its outcomes. In memory are the
 * latents of one sample, and what the accumulators keep: at most 1,024 latents and two vectors each of 512 samples.
 * Throws `bad-file` for own and oracle latents of different widths, and as `evidenceOf` does.
 */
export async function readGeometry(study: Study, {bench, cells}: Recorded): Promise<SeenLatents> {
  const stored = await storedConditions(study)
  const own = stored.get(ownCondition)
  if (own === undefined) return {geometry: null}
  const oracle = stored.get('oracle')
  const {dir, lock} = study.own.folder
  const shape = new Shape(lock.seeds.run)
  // Norms alone may be those of another model.
  let width: number | undefined
  for (const cell of cells.values()) {
    const read = async (arm: StoredArm | undefined): Promise<StoredBlocks> =>
      (await arm?.read(bench.id, cell.sampleId, cell.repeat)) ?? []
    const compared = async (arm: StoredArm): Promise<StoredBlocks> => {
      const blocks = await read(arm)
      for (const {length} of blocks.flat()) {
        width ??= length
        if (length !== width) throw ofAnotherWidth(arm.name, cell.sampleId, length, width)
      }
      return blocks
    }
    const mine = await compared(own)
    const context = await own.context(bench.id, cell.sampleId, cell.repeat)
    if (mine.some(({length}) => length > 0)) {
      const aim =
        oracle !== undefined ? (await compared(oracle)).flat() : context && (await evidenceOf(dir, context, mine))
      shape.add(mine.flat(), aim ?? [], context, cell.inputNorms)
    }
    for (const [condition, arm] of stored) {
      const outcome = cell.under[condition]
      if (outcome === undefined || outcome.norm != null) continue
      const vectors = (condition === ownCondition ? mine : await read(arm)).flat()
      if (vectors.length > 0) cell.under[condition] = {...outcome, norm: meanNorm(vectors)}
    }
  }
  const figures = shape.figures(oracle !== undefined)
  if (figures === null) return {geometry: null}
  const {retrieval} = figures
  return {
    geometry: {bench: bench.id, norms: ratiosOf([...cells.values()].map(({under}) => under)), ...figures},
    // The features of boxes are no oracle that was fed.
    ...(figures.against === 'oracle' && retrieval !== null && {oracle: retrieval.oracle}),
  }
}

function ofAnotherWidth(arm: string, id: string, found: number, width: number): LanternError {
  return new LanternError(
    'bad-file',
    `The latents of ${arm} for ${id} have ${found} numbers each, those that they are compared with ${width}.`,
    'Record the latents of this arm again, or judge runs of one model.',
  )
}

/** Collects the figures of one benchmark. */
class Shape {
  readonly #norms = new Norms()
  readonly #cosines = new Cosines()
  readonly #rank: EffectiveRank
  readonly #drift = new Drift()
  readonly #retrieval: Retrieval
  readonly #tally = new LogitLensTally()
  #lens: Omit<NonNullable<Geometry['lens']>, 'steps'> | null = null
  #samples = 0

  constructor(seed: number) {
    this.#rank = new EffectiveRank(seed)
    this.#retrieval = new Retrieval(seed)
  }

  /** The latents of a sample, what they are held against, and what else was recorded of it. */
  add(
    latents: readonly Float32Array[],
    aim: readonly Float32Array[],
    context: LatentContext | null,
    inputs: InputNorms | undefined,
  ): void {
    this.#samples++
    this.#norms.add('latent', latents)
    if (inputs?.text !== undefined) this.#norms.addMean('text', inputs.text)
    if (inputs?.picture !== undefined) this.#norms.addMean('picture', inputs.picture)
    this.#cosines.add(latents)
    this.#rank.add(latents)
    if (aim.length > 0) {
      this.#drift.add(latents, aim)
      this.#retrieval.add(latents, aim)
    }
    if (!context?.lens) return
    this.#lens ??= {of: context.lens.of, warning: lensWarning}
    this.#tally.add(context.lens.blocks.flat())
  }

  /** Null without samples. */
  figures(asked: boolean): Omit<Geometry, 'bench' | 'norms'> | null {
    const {mean, latentToText, latentToPicture} = this.#norms.figures()
    if (mean.latent === null) return null
    const drift = this.#drift.figures()
    return {
      ...{samples: this.#samples, norm: mean.latent},
      inputs: {text: mean.text, picture: mean.picture, latentToText, latentToPicture},
      ...{cosines: this.#cosines.figures(), rank: this.#rank.figures(), drift, retrieval: this.#retrieval.figures()},
      against: drift.length === 0 ? null : asked ? 'oracle' : 'boxes',
      lens: this.#lens && {...this.#lens, steps: this.#tally.figures()},
    }
  }
}

function meanNorm(vectors: readonly Float32Array[]): number | null {
  const norms = new Norms()
  norms.add('latent', vectors)
  return norms.figures().mean.latent
}

/** Mean norm of what each condition fed over that of own, on the samples where both are known. */
function ratiosOf(samples: readonly Readonly<Record<string, ConditionOutcome>>[]): Record<string, number> {
  const sums = new Map<string, {own: number; fed: number}>()
  for (const under of samples) {
    const own = under[ownCondition]?.norm
    if (own == null) continue
    for (const [condition, {norm}] of Object.entries(under)) {
      if (norm == null || condition === ownCondition) continue
      const sum = sums.get(condition) ?? {own: 0, fed: 0}
      sums.set(condition, {own: sum.own + own, fed: sum.fed + norm})
    }
  }
  return Object.fromEntries([...sums].map(([condition, {own, fed}]) => [condition, fed / own]))
}

/** The stored latents of each condition, where there are any. */
async function storedConditions({conditions}: Study): Promise<Map<string, StoredArm>> {
  const stored = new Map<string, StoredArm>()
  const folders = new Map<string, StoredArm[]>()
  for (const {condition, folder, arm} of conditions) {
    const there = folders.get(folder.dir) ?? (await storedArms(folder.dir))
    folders.set(folder.dir, there)
    const one = there.find(arms => arms.isOf(arm.id))
    if (one !== undefined) stored.set(condition, one)
  }
  return stored
}
