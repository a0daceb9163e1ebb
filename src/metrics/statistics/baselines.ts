// Guessing baselines: the scores to which every multiple-choice score is compared.

/** One item: its gold letter and how many options it has. */
export interface ChoiceItem {
  readonly gold: string
  readonly choices: number
}

/** Expected accuracy of a uniform guess: the mean of 1 / choices. NaN without items. */
export function randomBaseline(items: Iterable<ChoiceItem>): number {
  let sum = 0
  let n = 0
  for (const {choices} of items) {
    sum += 1 / choices
    n++
  }
  return sum / n
}

/** Accuracy of the best constant letter. NaN without items. */
export function majorityBaseline(items: Iterable<ChoiceItem>): number {
  const counts = new Map<string, number>()
  let n = 0
  for (const {gold} of items) {
    counts.set(gold, (counts.get(gold) ?? 0) + 1)
    n++
  }
  return n === 0 ? Number.NaN : Math.max(...counts.values()) / n
}
