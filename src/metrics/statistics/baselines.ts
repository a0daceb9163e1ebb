// Guessing baselines: the scores to which every multiple-choice score is compared.

/** One item: its gold letter and how many options it has. */
export interface ChoiceItem {
  /** Null where the gold answer is none of the letters, so that no guess is right. */
  readonly gold: string | null
  readonly choices: number
}

/** Items that count only together; most often a single one. */
export type ChoiceGroup = readonly ChoiceItem[]

/**
 * Expected score of a uniform guess: the mean over groups of the product of 1 / choices, 0 where no letter is right.
 * NaN without groups.
 */
export function randomBaseline(groups: Iterable<ChoiceGroup>): number {
  let sum = 0
  let n = 0
  for (const group of groups) {
    sum += group.reduce((product, {gold, choices}) => (gold === null ? 0 : product / choices), 1)
    n++
  }
  return sum / n
}

/**
 * Score of the best constant letter, which is right on a group whose gold letters are all that one. NaN without groups.
 */
export function majorityBaseline(groups: Iterable<ChoiceGroup>): number {
  const counts = new Map<string, number>()
  let n = 0
  for (const group of groups) {
    n++
    const {gold} = group[0]!
    if (gold !== null && group.every(item => item.gold === gold)) counts.set(gold, (counts.get(gold) ?? 0) + 1)
  }
  return n === 0 ? Number.NaN : Math.max(0, ...counts.values()) / n
}
