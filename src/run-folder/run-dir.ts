// The folder of a run: where it is, and whether it belongs to this lock.
import {stat} from 'node:fs/promises'
import {join} from 'node:path'
import {LanternError} from '../core/errors.js'
import {canonicalJson} from '../core/hash.js'
import type {Lock} from './lock.js'
import {lockFile, readLock} from './reader.js'

/**
 * `results/<benchmarks>-<models>-<short lock hash>[-shard-i-of-n]`: the same command finds the same folder and resumes.
 */
export function defaultRunDir(lock: Lock): string {
  const models =
    lock.models.length > 3
      ? [`${lock.models.length}-models`]
      : lock.models.map(
          ({ref}) =>
            ref
              .split(/[/:\\]/)
              .filter(Boolean)
              .at(-1) ?? ref,
        )
  const name = [...lock.benchmarks.map(({id}) => id), ...models]
    .join('-')
    .replaceAll(/[^\w.-]+/g, '_')
    .slice(0, 80)
  const shard = lock.shard ? `-shard-${lock.shard.index}-of-${lock.shard.count}` : ''
  return join('results', `${name}-${lock.hash.replace('sha256:', '').slice(0, 8)}${shard}`)
}

/** True when the path exists. */
async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Whether the folder holds this run; false when it holds no run. Throws `provenance` for another lock or shard. */
export async function isRunOf(runDir: string, lock: Lock): Promise<boolean> {
  if (!(await exists(join(runDir, lockFile)))) return false
  const before = await readLock(runDir)
  const shardOf = (one: Lock) => (one.shard ? `${one.shard.index}/${one.shard.count}` : 'none')
  if (before.hash === lock.hash && shardOf(before) === shardOf(lock)) return true
  const what =
    before.hash === lock.hash
      ? `shard ${shardOf(before)}, not ${shardOf(lock)}`
      : differences(before, lock).join(', ') || 'lock hash'
  throw new LanternError(
    'provenance',
    `${runDir} holds another run (different: ${what}).`,
    'Give another --out, or leave --out away: the default folder is named after the lock.',
  )
}

/** Names of the parts in which two locks differ, for messages. */
export function differences(a: Lock, b: Lock): string[] {
  const outside = new Set(['hash', 'shard', 'environment'])
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(key => !outside.has(key))
  return keys
    .filter(key => canonicalJson(a[key]) !== canonicalJson(b[key]))
    .flatMap(key => (key === 'benchmarks' ? benchmarkDifferences(a, b) : [key]))
}

/** `data of mybench`: what differs in the entries of benchmarks that both have; else `benchmarks`. */
function benchmarkDifferences(a: Lock, b: Lock): string[] {
  const words: Readonly<Record<string, string>> = {
    dataSha256: 'data',
    samplesSha256: 'samples',
    promptsSha256: 'prompts',
  }
  const ids = (lock: Lock) => lock.benchmarks.map(({id}) => id).join()
  if (ids(a) !== ids(b)) return ['benchmarks']
  return a.benchmarks.flatMap((mine, index) => {
    const theirs = b.benchmarks[index]!
    const keys = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])]
    return keys
      .filter(key => canonicalJson(mine[key]) !== canonicalJson(theirs[key]))
      .map(key => `${words[key] ?? key} of ${mine.id}`)
  })
}
