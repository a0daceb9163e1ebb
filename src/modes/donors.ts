// Decides which sample's latents `swap` may feed to another sample: the policy, and the draw among the samples it
// allows. Pure.
import type {Random} from '../core/random.js'

/** The policy's name, as the lock records it. Rename it whenever the policy changes. */
export const donorPolicy = 'other-item-picture-gold'

/** The properties of a sample that the policy compares. */
export interface DonorFacts {
  readonly id: string
  /** Id of the item this sample is a variant of; the sample's own id if it is not a variant. */
  readonly item: string
  /** Hashes of its picture files. */
  readonly pictures: readonly string[]
  /**
   * Texts of the gold answer (for a choice, the text of the gold option), as `goldTexts` returns them; empty when the
   * gold is hidden.
   */
  readonly golds: readonly string[]
}

/**
 * Whether `donor` may give its latents to `recipient`: they are different items, share no picture, and have different
 * gold texts. A sample with a hidden gold neither gives nor takes, because the golds cannot be compared.
 */
export function mayDonate(donor: DonorFacts, recipient: DonorFacts): boolean {
  if (donor.item === recipient.item || donor.golds.length === 0 || recipient.golds.length === 0) return false
  return disjoint(donor.pictures, recipient.pictures) && disjoint(donor.golds, recipient.golds)
}

/** Number of random draws before all samples are scanned. A scan is needed only if almost no sample may donate. */
const draws = 64

/** Draws one of the allowed donors, all equally likely; null if there is none. */
export function drawDonor<T extends DonorFacts>(
  recipient: DonorFacts,
  candidates: readonly T[],
  random: Random,
): T | null {
  if (candidates.length === 0) return null
  for (let draw = 0; draw < draws; draw++) {
    const candidate = random.pick(candidates)
    if (mayDonate(candidate, recipient)) return candidate
  }
  const fitting = candidates.filter(candidate => mayDonate(candidate, recipient))
  return fitting.length === 0 ? null : random.pick(fitting)
}

/** The gold answer as texts to compare: for a choice, the text of its option. Lower case, trimmed. */
export function goldTexts({
  gold,
  options,
  letters,
}: {
  readonly gold: string | readonly string[] | null
  readonly options?: readonly string[] | null
  readonly letters?: readonly string[] | null
}): string[] {
  if (gold === null) return []
  const place = typeof gold === 'string' ? (letters?.indexOf(gold) ?? -1) : -1
  const texts = options?.[place] ?? gold
  return [texts].flat().map(text => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim())
}

function disjoint(these: readonly string[], those: readonly string[]): boolean {
  return !these.some(one => those.includes(one))
}
