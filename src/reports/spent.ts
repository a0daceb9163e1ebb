// The part of a row that tells how its answers were produced: model name, cost, cached answers, latents. Pure.
import {wilsonInterval} from '../metrics/statistics/index.js'
import type {Lock} from '../run-folder/lock.js'
import type {Run, Sheet} from './read-run.js'
import type {ResultRow} from './schemas/result.js'
import type {Settled} from './settled.js'

/** The model's display name; null if it has only its reference. */
export function labelOf({environment}: Pick<Lock, 'environment'>, model: string): string | null {
  const label = (Object(environment['labels']) as Record<string, unknown>)[model]
  return typeof label === 'string' ? label : null
}

/** Number of answers over all subtasks, how many of them came from the cache, and their cost. */
export function spentOn({records}: Sheet): Pick<ResultRow, 'asked' | 'cached' | 'costUsd'> {
  let asked = 0
  let cached = 0
  let cost: number | null | undefined
  for (const {answers, cached: saved, costUsd} of records.values()) {
    asked += answers
    cached += saved
    if (costUsd !== undefined) cost = cost === null || costUsd === null ? null : (cost ?? 0) + costUsd
  }
  return {asked, cached, costUsd: cost ?? null}
}

/** How many samples of a latent arm have a block; null if latents were not observed. */
export function engagedOf(records: readonly Settled[]): ResultRow['engaged'] {
  const seen = records.flatMap(({engaged}) => engaged ?? [])
  if (seen.length === 0) return null
  const blocks = seen.reduce((sum, one) => sum + one, 0)
  return {n: seen.length, rate: blocks / seen.length, ...wilsonInterval(blocks, seen.length)}
}

/** Notes on how the samples were asked. */
export function askedNotes({lock}: Run, sheet: Sheet): string[] {
  const {asked, cached} = spentOn(sheet)
  const {repeats = 1} = lock.seeds
  let boxes = 0
  let unread = 0
  let fewer = 0
  for (const record of sheet.records.values()) {
    const read = record.metrics['boxRead']
    if (read !== undefined) boxes++
    if (read !== undefined && read < 1) unread++
    if ((record.repeats ?? 1) < repeats) fewer++
  }
  return [
    ...(repeats > 1 ? [`mean of ${repeats} repeats`] : []),
    ...(fewer > 0 ? [`${fewer} samples asked fewer than ${repeats} times`] : []),
    ...(unread > 0 ? [`${unread} of ${boxes} boxes could not be read: the whole picture is their crop`] : []),
    ...(cached > 0 ? [`${cached} of ${asked} answers from the cache`] : []),
    ...(sheet.dropped.length > 0 ? [`asked without ${sheet.dropped.join(', ')}, which the server refused`] : []),
  ]
}
