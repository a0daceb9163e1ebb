// Whose latents a sample may be given by `swap`: the policy, and the draw among those that it allows. Pure.
import type {Random} from '../core/random.js'

/** The policy's name, as the lock bears it; renamed whenever what it allows changes. */
export const donorPolicy = 'other-item-picture-gold'

/** What the policy looks at. */
export interface DonorFacts {
  readonly id: string
  /** The item it is a variant of; its own id where it is none. */
  readonly item: string
  /** Hashes of the files of its pictures. */
  readonly pictures: readonly string[]
  /** Texts of the gold answer (of a choice that of the gold option), as `goldTexts` writes them; empty when hidden. */
  readonly golds: readonly string[]
}

/**
 * Whether `donor` may give its latents to `recipient`: another item, no picture in common, and another gold text. Where
 * a gold is hidden nobody knows that it is another, so it gives and takes none.
 */
export function mayDonate(donor: DonorFacts, recipient: DonorFacts): boolean {
  if (donor.item === recipient.item || donor.golds.length === 0 || recipient.golds.length === 0) return false
  return disjoint(donor.pictures, recipient.pictures) && disjoint(donor.golds, recipient.golds)
}

/** Draws before the rest is looked through: enough unless almost nobody may donate. */
const draws = 64

/** One of those that may donate, each as likely as the others; null when nobody may. */
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

/** The gold answer as texts that are compared: of a choice the text of its option, without case and outer blanks. */
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
