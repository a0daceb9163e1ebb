// Benchmarks whose samples count only together: pairs of pictures, rotations of one item.
import type {ConditionOutcome, DiagnosedSample, DiagnosisTable} from './table.js'

/**
 * The table with one sample per group: it is right under a condition when all its members are (the least of their
 * scores), and engaged when all are. A condition that was not asked of every member, or has no score for one, is
 * absent. Forced readings, donors and norms belong to members and are left out. `groupOf` names a sample's group, or
 * undefined for one that stands alone.
 */
export function groupsAsSamples(
  table: DiagnosisTable,
  groupOf: (sample: DiagnosedSample) => string | undefined,
): DiagnosisTable {
  const groups = new Map<string, DiagnosedSample[]>()
  const samples: DiagnosedSample[] = []
  for (const sample of table.samples) {
    const group = groupOf(sample)
    if (group === undefined) samples.push(sample)
    else groups.set(group, [...(groups.get(group) ?? []), sample])
  }
  return {...table, samples: [...samples, ...[...groups].map(([id, members]) => together(id, members))]}
}

function together(id: string, members: readonly DiagnosedSample[]): DiagnosedSample {
  const [first] = members
  const names = Object.keys(first!.under).filter(name => members.every(({under}) => under[name]?.score != null))
  const under = names.map(name => {
    const outcomes = members.map(member => member.under[name]!)
    const score = Math.min(...outcomes.map(outcome => outcome.score!))
    // The outcome of a member that the group's score rests on.
    const {outcome} = outcomes.find(one => one.score === score)!
    const digests = outcomes.map(({digest}) => digest)
    const grouped: ConditionOutcome = {
      ...{outcome, score},
      ...(!digests.includes(undefined) && {digest: JSON.stringify(digests)}),
    }
    return [name, grouped] as const
  })
  const engaged = members.some(member => member.engaged === null) ? null : members.every(member => member.engaged)
  const {subtask, cluster} = first!
  return {id, subtask, engaged, under: Object.fromEntries(under), ...(cluster !== undefined && {cluster})}
}
