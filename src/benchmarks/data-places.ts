// Where the data of a benchmark lie when --data does not say. Paths only; nothing is opened here.
import {existsSync} from 'node:fs'
import {readdir} from 'node:fs/promises'
import {homedir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import type {Benchmark} from './benchmark.js'

/** `fixtures/` of this package; src/ and dist/ lie at the same depth below it. */
const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url))

type Environment = Readonly<Record<string, string | undefined>>

/** Folder of the samples that were drawn for this benchmark and ship with the package, or undefined. */
export function builtinData(id: string): string | undefined {
  return existing(join(fixtures, 'builtin', id))
}

/** Folder of official gold answers without pictures that ship with the package (BLINK's), or undefined. Only saved answers can use it. */
export function answersOnlyData(id: string): string | undefined {
  return existing(join(fixtures, id))
}

/** Where `bench pull` puts the data of a benchmark. */
export function pulledData(cacheDir: string, id: string): string {
  return join(cacheDir, 'data', id)
}

/**
 * The official data of a benchmark on this machine: pulled by us, else the pinned (or any) snapshot in the hub's own cache.
 * @param cacheDir our cache folder
 */
export async function localData(benchmark: Benchmark, cacheDir: string, env: Environment): Promise<string | undefined> {
  const pulled = existing(pulledData(cacheDir, benchmark.id))
  if (pulled) return pulled
  const {repo, revision} = benchmark.origin
  const snapshots = join(hubCache(env), `datasets--${repo.replaceAll('/', '--')}`, 'snapshots')
  const pinned = existing(join(snapshots, revision))
  if (pinned) return pinned
  const others = await readdir(snapshots).catch(() => [])
  return others.length > 0 ? join(snapshots, others.sort()[0]!) : undefined
}

/** The hub's cache folder (huggingface_hub's rule: HF_HUB_CACHE, else HF_HOME/hub, else ~/.cache/huggingface/hub). */
function hubCache(env: Environment): string {
  const home = env['HF_HOME'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'huggingface')
  return env['HF_HUB_CACHE'] ?? join(home, 'hub')
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined
}
