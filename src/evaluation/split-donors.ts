// Donors that a selection lacks: samples of the whole split whose own latents are recorded beside those of the run, so
// that as many selected samples as possible have a contrast donor and a stranger.
import type {SampleKey} from '../benchmarks/benchmark.js'
import {LanternError} from '../core/errors.js'
import {random} from '../core/random.js'
import {contrastDonor, type DonorFacts, donorFacts, isNear, liftOf, mayDonate, unrelatedDonor} from '../modes/donors.js'
import {interventionNamed} from '../modes/interventions.js'
import type {Prepared, PreparedBenchmark} from './prepare.js'

/** Ids of a benchmark that are not selected and give their latents. */
export interface SplitDonors {
  readonly id: string
  readonly ids: readonly string[]
}

/**
 * At most one sample for each selected one and kind of donor, drawn by the run's seed; benchmarks that lack none are
 * left out. Reads the words of the whole split, no picture.
 */
export async function splitDonors({spec, models, benchmarks}: Prepared): Promise<SplitDonors[]> {
  const needs = new Set(
    models.flatMap(({arms}) => arms.map(({intervention}) => interventionNamed(intervention ?? 'own').needs)),
  )
  const found: SplitDonors[] = []
  for (const bench of benchmarks) {
    const lacking = await lackingIn(bench, spec.seed, {contrast: needs.has('donor'), stranger: needs.has('unrelated')})
    if (lacking.length > 0) found.push({id: bench.benchmark.id, ids: lacking})
  }
  return found
}

async function lackingIn(
  {benchmark, data, selected}: PreparedBenchmark,
  seed: number,
  kinds: {readonly contrast: boolean; readonly stranger: boolean},
): Promise<string[]> {
  const available = await data.keys()
  if (available.length === selected.length || !(kinds.contrast || kinds.stranger)) return []
  const groups = new Map(available.map((key: SampleKey) => [key.id, key.group]))
  const isSelected = new Set(selected)
  const chosen: DonorFacts[] = []
  const others: DonorFacts[] = []
  try {
    for await (const sample of data.samples(new Set(available.map(({id}) => id))))
      (isSelected.has(sample.id) ? chosen : others).push(
        // Pictures are named by their places in the data.
        donorFacts(sample, {pictures: sample.images.map(({source}) => source), group: groups.get(sample.id)}),
      )
  } catch (error) {
    // Rows that nobody selected may be broken: donors are then those of the selection.
    if (error instanceof LanternError) return []
    throw error
  }
  const pool = [...chosen]
  const added: DonorFacts[] = []
  const add = (donor: DonorFacts | null) => {
    if (donor === null) return
    pool.push(donor)
    added.push(donor)
  }
  for (const recipient of chosen) {
    const contrasts = (donor: DonorFacts) => isNear(donor, recipient) && liftOf(donor, recipient).lift === 'text'
    const draw = (kind: string) => random(seed, benchmark.id, recipient.id, 'split', kind)
    if (kinds.contrast && !pool.some(donor => mayDonate(donor, recipient) && contrasts(donor)))
      add(
        contrastDonor(
          recipient,
          pool.some(donor => mayDonate(donor, recipient) && isNear(donor, recipient))
            ? others.filter(contrasts)
            : others,
          draw('contrast'),
        ),
      )
    if (kinds.stranger && unrelatedDonor(recipient, pool, draw('pool')) === null)
      add(unrelatedDonor(recipient, others, draw('stranger')))
  }
  return added.map(({item}) => item)
}
