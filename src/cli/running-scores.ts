// The headline of each arm during a run, from the records so far. Pure.
import {combined} from '../core/headline.js'
import type {Headline} from '../evaluation/spec.js'
import type {GroupScores} from '../run-folder/tally.js'

export interface ArmScore {
  readonly arm: string
  readonly bench: string
  /** The current headline; null before the first score. Where groups count, it is the plain accuracy. */
  readonly score: number | null
  /** Number of samples in the headline, and number of samples with an answer. */
  readonly scored: number
  readonly run: number
  /** Number of answers from the response cache. */
  readonly cached: number
}

export class RunningScores {
  readonly #headlines: Readonly<Record<string, Headline>>
  readonly #groups = new Map<string, {-readonly [K in keyof GroupScores]: GroupScores[K]}>()

  constructor(headlines: Readonly<Record<string, Headline>>, before: readonly GroupScores[] = []) {
    this.#headlines = headlines
    for (const group of before) this.add(group)
  }

  add({arm, bench, subtask, ...more}: GroupScores): void {
    const key = JSON.stringify([arm, bench, subtask])
    const group = this.#groups.get(key) ?? {arm, bench, subtask, run: 0, scored: 0, sum: 0, cached: 0}
    this.#groups.set(key, group)
    group.run += more.run
    group.scored += more.scored
    group.sum += more.sum
    group.cached += more.cached
  }

  /** Every arm on every benchmark with answers, in the order of the first answers. */
  arms(): ArmScore[] {
    const byArm = new Map<string, GroupScores[]>()
    for (const group of this.#groups.values()) {
      const key = JSON.stringify([group.arm, group.bench])
      byArm.set(key, [...(byArm.get(key) ?? []), group])
    }
    return Array.from(byArm.values(), groups => {
      const {arm, bench} = groups[0]!
      const {aggregate = 'micro', subtasks = null} = this.#headlines[bench] ?? {}
      const inHeadline = groups.filter(({subtask}) => subtasks?.includes(subtask) ?? true)
      // As in tables: if the selection has no headline subtask, all its subtasks count.
      const counted = (inHeadline.length > 0 ? inHeadline : groups).filter(({scored}) => scored > 0)
      const total = (of: readonly GroupScores[], figure: 'run' | 'scored' | 'sum' | 'cached') =>
        of.reduce((sum, group) => sum + group[figure], 0)
      const score =
        counted.length === 0
          ? null
          : combined(
              counted.map(({subtask, sum, scored}) => ({name: subtask, value: sum / scored, n: scored})),
              aggregate,
            )
      return {
        ...{arm, bench, score},
        ...{scored: total(counted, 'scored'), run: total(groups, 'run'), cached: total(groups, 'cached')},
      }
    })
  }
}
