// Decides which sample's latents `swap` and `swap-unrelated` feed to another sample: the policy, and the draw among the
// samples it allows. Pure.
import type {FedDonor} from '../core/generation.js'
import type {Random} from '../core/random.js'

/** The policy's name, as the lock records it. Rename it whenever the policy changes. */
export const donorPolicy = 'contrast-or-other-group'

/** The properties of a sample that the policy compares. */
export interface DonorFacts {
  readonly id: string
  /** Id of the item this sample is a variant of; the sample's own id if it is not a variant. */
  readonly item: string
  readonly subtask: string
  /** Samples that count together, such as two pictures that differ in one edit. */
  readonly group?: string
  /** Hashes of its picture files. */
  readonly pictures: readonly string[]
  /**
   * Texts of the gold answer (for a choice, the text of the gold option), as `goldTexts` returns them; empty when the
   * gold is hidden.
   */
  readonly golds: readonly string[]
  /**
   * For a choice: its option texts, written like `golds` (empty where only letters are known), its letters, its gold.
   */
  readonly options?: readonly string[]
  readonly letters?: readonly string[]
  readonly gold?: string
}

/**
 * What the donor's answer is to the recipient. `text`: its gold text is one of the recipient's other options. `letter`:
 * its gold letter is another of the recipient's letters. `other`: neither, so following it is no definite answer.
 */
export type Lift = FedDonor['lift']

/**
 * Whether `donor` may give its latents to `recipient`: they are different items, share no picture, and have different
 * gold texts. A sample with a hidden gold neither gives nor takes, because the golds cannot be compared.
 */
export function mayDonate(donor: DonorFacts, recipient: DonorFacts): boolean {
  if (donor.item === recipient.item || donor.golds.length === 0 || recipient.golds.length === 0) return false
  return disjoint(donor.pictures, recipient.pictures) && disjoint(donor.golds, recipient.golds)
}

/** What the donor's answer is to the recipient, whose answers are letters; see Lift. */
export function liftOf(donor: DonorFacts, recipient: DonorFacts): Pick<FedDonor, 'lift' | 'answer' | 'option'> {
  const letters = recipient.letters ?? []
  const text = recipient.options?.findIndex(option => donor.golds.includes(option)) ?? -1
  if (text >= 0 && letters[text] !== undefined && letters[text] !== recipient.gold)
    return {lift: 'text', answer: letters[text], option: text}
  const letter = donor.gold === undefined || donor.gold === recipient.gold ? -1 : letters.indexOf(donor.gold)
  return letter >= 0 ? {lift: 'letter', answer: letters[letter]!, option: letter} : {lift: 'other', answer: null}
}

/**
 * The donor of `swap`: of the same subtask and number of options. Best is one whose gold text is another option of the
 * recipient, then one whose gold letter differs, then any that may donate; null if there is none.
 */
export function contrastDonor<T extends DonorFacts>(
  recipient: DonorFacts,
  candidates: readonly T[],
  random: Random,
): T | null {
  const near = candidates.filter(donor => isNear(donor, recipient))
  return firstDrawn(recipient, near, ['text', 'letter', 'other'], random)
}

/** Of the same subtask and number of options, as contrast donors are. */
export function isNear(donor: DonorFacts, recipient: DonorFacts): boolean {
  return donor.subtask === recipient.subtask && donor.letters?.length === recipient.letters?.length
}

/**
 * The donor of `swap-unrelated`: of another subtask, else of this one, and never of the recipient's own group, whose
 * picture shows almost the same. Best is one whose answer is not among the recipient's options, with another letter, so
 * that following it would be chance; where all samples have the same options there is none such. Null if there is none
 * at all.
 */
export function unrelatedDonor<T extends DonorFacts>(
  recipient: DonorFacts,
  candidates: readonly T[],
  random: Random,
): T | null {
  const isFar = (donor: T) => donor.subtask !== recipient.subtask
  const isTwin = ({group}: T) => group !== undefined && group === recipient.group
  for (let draw = 0; draw < draws && candidates.length > 0; draw++) {
    const donor = random.pick(candidates)
    if (isFar(donor) && !isTwin(donor) && mayDonate(donor, recipient) && liftOf(donor, recipient).lift === 'letter')
      return donor
  }
  const kinds = ['letter', 'other', 'text'] as const
  const others = candidates.filter(donor => !isTwin(donor))
  const near = () => others.filter(donor => !isFar(donor))
  return firstDrawn(recipient, others.filter(isFar), kinds, random) ?? firstDrawn(recipient, near(), kinds, random)
}

/** Number of random draws before all samples are scanned. A scan is needed only if almost no sample may donate. */
const draws = 64

/** Draws among those of the first kind that there is, all equally likely. */
function firstDrawn<T extends DonorFacts>(
  recipient: DonorFacts,
  candidates: readonly T[],
  kinds: readonly Lift[],
  random: Random,
): T | null {
  const may = candidates.filter(donor => mayDonate(donor, recipient))
  for (const kind of kinds) {
    const fitting = may.filter(donor => liftOf(donor, recipient).lift === kind)
    if (fitting.length > 0) return random.pick(fitting)
  }
  return null
}

/** The facts of a sample, or of its record. `pictures` name its pictures, in one way for all samples compared. */
export function donorFacts(
  {id, item = id, subtask, options, letters, gold}: Described,
  {pictures, group}: {readonly pictures: readonly string[]; readonly group: string | undefined},
): DonorFacts {
  return {
    ...{id, item, subtask, pictures},
    golds: goldTexts({gold, options, letters}),
    options: (options ?? []).map(comparable),
    letters: letters ?? [],
    ...(typeof gold === 'string' && {gold}),
    ...(group !== undefined && {group}),
  }
}

/** What samples and records share. */
interface Described {
  readonly id: string
  readonly item?: string
  readonly subtask: string
  readonly options?: readonly string[] | null
  readonly letters?: readonly string[] | null
  readonly gold: string | readonly string[] | null
}

/** The gold answer as texts to compare: for a choice, the text of its option. */
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
  return [options?.[place] ?? gold].flat().map(comparable)
}

/** Lower case, trimmed, compatibility forms and blanks made one. */
function comparable(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()
}

function disjoint(these: readonly string[], those: readonly string[]): boolean {
  return !these.some(one => those.includes(one))
}
