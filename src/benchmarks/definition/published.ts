// What a definition says of data that somebody published: counts, corrected labels, hashes; and whether these are they.
import {createHash} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {basename} from 'node:path'
import {LanternError} from '../../core/errors.js'
import type {Sample} from '../../core/sample.js'
import type {DataIdentity, DataProblem, SampleKey} from '../benchmark.js'
import type {DefinitionFile} from './schema.js'

/**
 * Whether keys may be the published ones, given that the counts of all subtasks are: every subtask is a published one,
 * and every id a whole number, as all shipped definitions have them. False where the counts were never confirmed.
 */
export function arePublished(keys: readonly SampleKey[], file: DefinitionFile, split: string): boolean {
  const expected = file.expected?.[split]
  if (expected === undefined || file.unconfirmed?.includes('counts') === true) return false
  return keys.every(({id, subtask}) => /^\d+$/.test(id) && (Object.hasOwn(expected, subtask) || 'all' in expected))
}

/** The revision of the labels whose letters the data hold; `unknown` where they hold neither, or not all of its ids. */
export async function labelsIn(
  samples: AsyncIterable<Sample | LanternError>,
  known: NonNullable<DefinitionFile['labels']>,
): Promise<DataIdentity['labels']> {
  const golds = new Map<string, unknown>()
  for await (const sample of samples) if (!(sample instanceof LanternError)) golds.set(sample.id, sample.gold)
  const fits = (letters: Readonly<Record<string, string>> = {}) =>
    Object.entries(letters).every(([id, letter]) => golds.get(id) === letter)
  const found = (['old', 'new'] as const).filter(name => known[name] !== undefined && fits(known[name]))
  return found.length === 1 ? found[0]! : 'unknown'
}

/** What was not confirmed, and how the files compare with published hashes, as notes of `bench verify`. */
export async function* publishedNotes(
  file: DefinitionFile,
  split: string,
  files: readonly string[],
): AsyncGenerator<DataProblem> {
  const note = (kind: string, message: string): DataProblem => ({id: null, kind, message, severity: 'note'})
  const counts = Object.entries(file.expected?.[split] ?? {})
  if (file.unconfirmed?.includes('counts'))
    yield note(
      'unconfirmed',
      `Counts not confirmed: ${counts.map(([name, count]) => `${name} about ${count}`).join(', ')}.`,
    )
  if (file.unconfirmed?.includes('revision'))
    yield note('unconfirmed', 'The revision of the hub was never compared with a copy of the data.')
  for (const path of files) {
    const wanted = file.md5?.[basename(path)]
    if (wanted === undefined) continue
    const found = await md5Of(path)
    yield note(
      'md5',
      found === wanted
        ? `${basename(path)} is the published file (md5 ${wanted}).`
        : `${basename(path)} is not the published file: md5 ${found} instead of ${wanted}.`,
    )
  }
}

/** md5 is no protection; it is what the publishers of these files name. */
async function md5Of(path: string): Promise<string> {
  const hash = createHash('md5')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
