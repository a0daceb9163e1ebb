// Guessing baselines: the scores to which every multiple-choice score is compared.

/** One item: its gold letter and how many options it has. */
export interface ChoiceItem {
  /** Null where the gold answer is none of the letters, so that no guess is right. */
  readonly gold: string | null
  readonly choices: number
}

/** Expected accuracy of a uniform guess: the mean of 1 / choices, 0 where no letter is right. NaN without items. */
export function randomBaseline(items: Iterable<ChoiceItem>): number {
  let sum = 0
  let n = 0
  for (const {gold, choices} of items) {
    sum += gold === null ? 0 : 1 / choices
    n++
  }
  return sum / n
}

/** Accuracy of the best constant letter. NaN without items. */
export function majorityBaseline(items: Iterable<ChoiceItem>): number {
  const counts = new Map<string, number>()
  let n = 0
  for (const {gold} of items) {
    if (gold !== null) counts.set(gold, (counts.get(gold) ?? 0) + 1)
    n++
  }
  return n === 0 ? Number.NaN : Math.max(0, ...counts.values()) / n
}
