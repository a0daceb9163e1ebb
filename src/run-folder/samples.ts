// The samples of a run by id: samples.jsonl beside the lock, one line per sample, the whole selection before sharding.
// The lock holds a hash of the list. So a record of a sample that was never asked is found without the data.
import {createWriteStream} from 'node:fs'
import {rename, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {LanternError, systemCodeOf} from '../core/errors.js'
import {sha256} from '../core/hash.js'
import {jsonOrNothing} from '../core/json.js'
import {limits} from '../core/limits.js'
import {lineBatches} from '../core/lines.js'

export const samplesFile = 'samples.jsonl'

export interface ListedSample {
  readonly bench: string
  readonly id: string
  readonly subtask: string
  /** The item of which it is a variant, where items are asked under several option orders. */
  readonly item?: string
  /** The group with which it counts together, and how many samples of it the data have, selected or not. */
  readonly group?: string
  readonly groupSize?: number
}

/** Samples by benchmark and id. */
export type SampleList = ReadonlyMap<string, ReadonlyMap<string, ListedSample>>

/** The selected samples of a benchmark, each with the size of its group among all that are available. */
export function listedSamples(
  bench: string,
  selected: readonly Omit<ListedSample, 'bench' | 'groupSize'>[],
  available: readonly {readonly group?: string}[],
): ListedSample[] {
  const sizes = new Map<string, number>()
  for (const {group} of available) if (group !== undefined) sizes.set(group, (sizes.get(group) ?? 0) + 1)
  return selected.map(({id, subtask, item, group}) => ({
    ...{bench, id, subtask},
    ...(item === undefined ? {} : {item}),
    ...(group === undefined ? {} : {group, groupSize: sizes.get(group) ?? 1}),
  }))
}

/** Hash over id, subtask, item and group of the samples of one benchmark; their order does not matter. */
export function samplesSha256(samples: readonly Omit<ListedSample, 'bench'>[]): string {
  const lines = samples.map(({id, subtask, item, group, groupSize}) =>
    JSON.stringify([id, subtask, item ?? null, ...(group === undefined ? [] : [group, groupSize])]),
  )
  return sha256(`${lines.sort().join('\n')}\n`)
}

/** Writes the whole list or nothing. Throws the system error of a folder that cannot be written. */
export async function writeSamples(runDir: string, samples: Iterable<ListedSample>): Promise<void> {
  function* lines() {
    for (const {bench, id, subtask, item, group, groupSize} of samples)
      yield `${JSON.stringify({bench, id, subtask, item, group, groupSize})}\n`
  }
  const path = join(runDir, samplesFile)
  const draft = `${path}.part`
  try {
    await pipeline(Readable.from(lines()), createWriteStream(draft, {flush: true}))
    await rename(draft, path)
  } finally {
    await rm(draft, {force: true})
  }
}

/**
 * Reads the list of a run and checks it against the hashes in its lock.
 * Throws `provenance` for a list that is absent, broken, or does not match the lock: the lock vouches for it, so in
 * each case it was changed afterwards.
 */
export async function readSamples(
  runDir: string,
  benchmarks: readonly {readonly id: string; readonly samplesSha256: string}[],
): Promise<SampleList> {
  const path = join(runDir, samplesFile)
  const list = new Map<string, Map<string, ListedSample>>(benchmarks.map(({id}) => [id, new Map()]))
  const names = new Map<string, string>()
  // Thousands of lines repeat a few names: one copy of each is kept.
  const shared = (text: string) => {
    const copy = names.get(text)
    if (copy === undefined) names.set(text, text)
    return copy ?? text
  }
  let number = 0
  try {
    for await (const batch of lineBatches(path, limits.recordBytes)) {
      for (const {text} of batch) {
        number++
        const {bench, id, subtask, item, group, groupSize} = parsed(text, path, number)
        const samples = list.get(bench)
        const sample = {
          ...{bench: shared(bench), id, subtask: shared(subtask)},
          ...(item === undefined ? {} : {item}),
          ...(group === undefined ? {} : {group: shared(group), groupSize}),
        }
        if (samples?.has(id) !== false) throw notOfLock(runDir, bench)
        samples.set(id, sample)
      }
    }
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error
    throw new LanternError(
      'provenance',
      `${runDir} has no ${samplesFile}, the list of its samples that its lock was made with.`,
      'It was removed: restore it, or run again with another --out.',
    )
  }
  for (const {id, samplesSha256: sha256} of benchmarks)
    if (samplesSha256([...list.get(id)!.values()]) !== sha256) throw notOfLock(runDir, id)
  return list
}

function parsed(text: string, path: string, line: number): ListedSample {
  const value = jsonOrNothing(text)
  if (isListed(value)) return value
  throw new LanternError(
    'provenance',
    `${path}, line ${line}, names no sample.`,
    'It was edited: restore it, or run again with another --out.',
  )
}

function isListed(value: unknown): value is ListedSample {
  if (typeof value !== 'object' || value === null) return false
  const {bench, id, subtask, item, group, groupSize} = value as Record<string, unknown>
  const named = [bench, id, subtask].every(text => typeof text === 'string')
  const grouped = typeof group === 'string' && Number.isInteger(groupSize)
  return named && (item === undefined || typeof item === 'string') && (group === undefined || grouped)
}

function notOfLock(runDir: string, bench: string): LanternError {
  return new LanternError(
    'provenance',
    `${runDir}/${samplesFile} is not the list of ${bench} samples that its lock was made with.`,
    'It was edited: restore it, or run again with another --out.',
  )
}
