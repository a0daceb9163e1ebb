// Where the data of a benchmark lie when --data does not say. Paths only; nothing is opened here.
import {existsSync} from 'node:fs'
import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {type Environment, repoFolder, resolveInHubCache} from '../hub/cache-layout.js'
import type {Benchmark} from './benchmark.js'

/** `fixtures/` of this package; src/ and dist/ lie at the same depth below it. */
const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url))

/** Folder of the samples that were drawn for this benchmark and ship with the package, or undefined. */
export function builtinData(id: string): string | undefined {
  return existing(join(fixtures, 'builtin', id))
}

/**
 * Folder of official gold answers without pictures that ship with the package (BLINK's), or undefined. Only saved
 * answers can use it.
 */
export function answersOnlyData(id: string): string | undefined {
  return existing(join(fixtures, id))
}

/** Where `bench pull` puts the data of a benchmark. */
export function pulledData(cacheDir: string, id: string): string {
  return join(cacheDir, 'data', id)
}

/**
 * The official data of a benchmark on this machine: pulled by us, else the pinned (or any) snapshot in the hub's own
 * cache.
 * @param cacheDir our cache folder
 */
export async function localData(benchmark: Benchmark, cacheDir: string, env: Environment): Promise<string | undefined> {
  const pulled = existing(pulledData(cacheDir, benchmark.id))
  if (pulled) return pulled
  const {repo: name, revision} = benchmark.origin
  const repo = {kind: 'dataset', name, revision} as const
  const pinned = await resolveInHubCache(repo, env)
  if (pinned) return pinned
  const snapshots = join(repoFolder(repo, env), 'snapshots')
  const others = await readdir(snapshots).catch(() => [])
  return others.length > 0 ? join(snapshots, others.sort()[0]!) : undefined
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined
}
