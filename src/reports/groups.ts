// Groups of samples that count only together (pairs, rotations): a group is right when all of its samples are. Turns
// the settled samples of a sheet into settled groups, so that everything that counts samples can count groups. Pure.
import type {Outcome} from '../core/outcome.js'
import type {Settled} from './settled.js'
import {copyOf} from './settled-sheet.js'

/**
 * The groups of these samples by name, in the order of their first sample; empty if no sample has a group. A sample
 * without a group is then a group of its own. A group counts for one subtask, the first by name among its samples'.
 *
 * A group is right when all of its samples are `correct`, and wrong as soon as one has another score, whatever the
 * others come to. Otherwise, if a sample has no score (an error, a hidden gold answer) or no record (not asked yet, or
 * not selected), nobody knows, and the group does not count. So a failure can hide a right group but no wrong one.
 * With repeats, the group is judged at each repeat, and its score is the mean over those at which it is known.
 */
export function groupsOf(records: ReadonlyMap<string, Settled>): Map<string, Settled> {
  let known = false
  for (const {group} of records.values()) {
    known = group !== null
    if (known) break
  }
  if (!known) return new Map()
  const members = new Map<string, Settled[]>()
  for (const [id, record] of records) {
    const name = record.group ?? `sample ${id}`
    const group = members.get(name)
    if (group === undefined) members.set(name, [record])
    else group.push(record)
  }
  return new Map(Array.from(members, ([name, group]) => [name, groupOf(group)]))
}

function groupOf(group: readonly Settled[]): Settled {
  const [first] = group as [Settled, ...Settled[]]
  const score = scoreOf(group)
  const clusters = group.flatMap(({cluster}) => cluster ?? [])
  return {
    ...copyOf(first),
    subtask: group.map(({subtask}) => subtask).sort()[0]!,
    outcome: outcomeOf(group, score),
    score,
    group: null,
    groupSize: 1,
    item: null,
    gold: null,
    choices: 0,
    metrics: {},
    clusters: [...new Set(clusters)],
    members: group,
  }
}

function scoreOf(group: readonly Settled[]): number | null {
  const size = Math.max(group.length, ...group.map(({groupSize}) => groupSize))
  const repeats = Math.max(...group.map(({rights}) => rights?.length ?? 1))
  let right = 0
  let known = 0
  for (let repeat = 0; repeat < repeats; repeat++) {
    const results = group.map(one => rightOf(one, repeat))
    const wrong = results.includes(false)
    if (!wrong && (group.length < size || results.includes(null))) continue
    known++
    right += Number(!wrong)
  }
  return known === 0 ? null : right / known
}

/** Whether a sample is right at a repeat; null where it has no score. */
function rightOf({rights, score, outcome}: Settled, repeat: number): boolean | null {
  if (rights !== undefined) return rights[repeat] ?? null
  return score === null ? null : outcome === 'correct'
}

/** For lists of what changed: that of the first sample that keeps the group from being right. */
function outcomeOf(group: readonly Settled[], score: number | null): Outcome {
  const outcome = (fits: (record: Settled) => boolean) => group.find(fits)?.outcome
  if (score === null) return outcome(one => one.score === null) ?? 'unscored'
  if (score >= 0.5) return 'correct'
  return outcome(one => one.score !== null && one.outcome !== 'correct') ?? 'wrong'
}
