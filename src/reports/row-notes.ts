// What a reader must be told to interpret a row of the result document. Pure.
import {opensBlocks} from '../modes/interventions.js'
import type {Lock} from '../run-folder/lock.js'
import type {ResultRow} from './schemas/result.js'

/** How many of the samples that were run count for the headline; null if every subtask counts. */
export function countedOf({subtasks}: Pick<ResultRow, 'subtasks'>): string | null {
  const counted = subtasks.filter(({headline}) => headline)
  if (counted.length === subtasks.length) return null
  const scored = counted.reduce((sum, {n}) => sum + n, 0)
  const run = subtasks.reduce((sum, {outcomes}) => sum + Object.values(outcomes).reduce((a, b) => a + b, 0), 0)
  return `${scored} scored of ${run} run: the headline counts ${counted.map(({name}) => name).join(', ')}`
}

/** Notes that a reader needs to interpret the row. */
export function notesOf(row: ResultRow, {shard, recipe}: Lock, settled: number): string[] {
  const notes = shard ? [`shard ${shard.index} of ${shard.count}`] : []
  if (recipe) notes.push(recipeNote(recipe))
  if (settled < row.total) notes.push(`unfinished: ${row.total - settled} of ${row.total} samples are left`)
  else if (row.sample === 'partial' && !shard) notes.push('part of the split')
  if (opensBlocks(row) && settled > row.outcomes.error && row.usage.latentSteps === null)
    notes.push('latents not observable')
  if (row.robust)
    notes.push(
      `${row.robust.items} items in several option orders: ${percentOf(row.robust.strict)} right in every order`,
    )
  if (row.aggregate === 'group' && row.groups === undefined && row.n > 0)
    notes.push('no group score: the groups of its samples are not known; micro is the plain accuracy')
  if (row.groups !== undefined && row.groups < (row.groupTotal ?? 0))
    notes.push(`${row.groupTotal! - row.groups} of ${row.groupTotal} groups have no result yet`)
  if (row.peer)
    notes.push(
      `the peer's own score ${percentOf(row.peer.score)}, ours ${percentOf(row.peer.ours)} on the same ${row.peer.n}; ${row.peer.differ} differ`,
    )
  if (row.outcomes.unscored > 0) notes.push(`${row.outcomes.unscored} unscored (the gold answer is hidden)`)
  return notes
}

function recipeNote({name, changed}: NonNullable<Lock['recipe']>): string {
  const changes = Object.entries(changed).map(([setting, value]) => `${setting} ${value}`)
  return changes.length === 0 ? `recipe ${name}` : `recipe ${name}, changed: ${changes.join('; ')}`
}

function percentOf(fraction: number | null): string {
  return fraction === null ? 'unknown' : `${(100 * fraction).toFixed(1)}%`
}
