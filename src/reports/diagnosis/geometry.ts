// The shape of the latents that a study stored: one pass over the files, sample by sample.
import {
  type Checked,
  type ConditionOutcome,
  Cosines,
  Drift,
  type DriftStep,
  EffectiveRank,
  Norms,
  ownCondition,
  type RankFigures,
  Retrieval,
  type RetrievalFigures,
} from '../../metrics/diagnosis/index.js'
import {type StoredArm, storedArms} from '../../run-folder/latents.js'
import type {Recorded} from './outcomes.js'
import type {Study} from './study.js'

export interface Geometry {
  readonly bench: string
  /** Samples with stored latents of their own. */
  readonly samples: number
  /** Mean norm of own latents, and that of what each condition fed over it. */
  readonly norm: number
  readonly norms: Readonly<Record<string, number>>
  readonly cosines: ReturnType<Cosines['figures']>
  readonly rank: RankFigures | null
  /** Against the oracle's latents; empty without any. */
  readonly drift: readonly DriftStep[]
  readonly retrieval: RetrievalFigures | null
}

/** What was seen while the latents of a benchmark were read. */
export interface SeenLatents {
  /** Null where no latents of own are stored. */
  readonly geometry: Geometry | null
  /** The oracle as a query against all oracles. */
  readonly oracle?: Checked
}

/** Reads the stored latents of one benchmark, and adds their norms to its outcomes. */
export async function readGeometry(study: Study, {bench, cells}: Recorded): Promise<SeenLatents> {
  const stored = await storedConditions(study)
  const own = stored.get(ownCondition)
  if (own === undefined) return {geometry: null}
  const [norms, cosines, rank, drift, retrieval] = [
    new Norms(),
    new Cosines(),
    new EffectiveRank(study.own.folder.lock.seeds.run),
    new Drift(),
    new Retrieval(),
  ]
  let samples = 0
  for (const cell of cells.values()) {
    const latents = async (arm: StoredArm | undefined) =>
      ((await arm?.read(bench.id, cell.sampleId, cell.repeat)) ?? []).flat()
    const mine = await latents(own)
    if (mine.length > 0) {
      samples++
      norms.add('latent', mine)
      cosines.add(mine)
      rank.add(mine)
      const oracle = await latents(stored.get('oracle'))
      if (oracle.length > 0) {
        drift.add(mine, oracle)
        retrieval.add(mine, oracle)
      }
    }
    for (const [condition, arm] of stored) {
      const outcome = cell.under[condition]
      if (outcome === undefined || outcome.norm != null) continue
      const vectors = condition === ownCondition ? mine : await latents(arm)
      if (vectors.length > 0) cell.under[condition] = {...outcome, norm: meanNorm(vectors)}
    }
  }
  const {latent: norm} = norms.figures().mean
  if (norm === null) return {geometry: null}
  const found = retrieval.figures()
  return {
    geometry: {
      ...{bench: bench.id, samples, norm, norms: ratiosOf([...cells.values()].map(({under}) => under))},
      ...{cosines: cosines.figures(), rank: rank.figures(), drift: drift.figures(), retrieval: found},
    },
    ...(found !== null && {oracle: found.oracle}),
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
