// The shape of the latents that a study stored: one pass over the files, sample by sample.
import {
  type Checked,
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
  const fed = new Map<string, Norms>()
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
      const vectors = outcome === undefined ? [] : condition === ownCondition ? mine : await latents(arm)
      if (vectors.length === 0) continue
      const one = new Norms()
      one.add('latent', vectors)
      cell.under[condition] = {...outcome!, norm: one.figures().mean.latent}
      const all = fed.get(condition) ?? new Norms()
      fed.set(condition, all)
      all.add('latent', vectors)
    }
  }
  const norm = norms.figures().mean.latent
  if (norm === null) return {geometry: null}
  const found = retrieval.figures()
  const ratios = [...fed].filter(([condition]) => condition !== ownCondition)
  return {
    geometry: {
      ...{bench: bench.id, samples, norm},
      norms: Object.fromEntries(ratios.map(([name, one]) => [name, one.figures().mean.latent! / norm])),
      ...{cosines: cosines.figures(), rank: rank.figures(), drift: drift.figures(), retrieval: found},
    },
    ...(found !== null && {oracle: found.oracle}),
  }
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
