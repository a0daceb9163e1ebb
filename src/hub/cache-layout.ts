// The cache layout of the Hugging Face hub's own tools. Our downloads use the same cache, so that neither side
// downloads a file twice. Paths and links only.
// Layout and variables: huggingface/huggingface_hub: docs, "Understand caching" and "Environment variables".
import {existsSync} from 'node:fs'
import {copyFile, link, readFile, rename, rm, symlink} from 'node:fs/promises'
import {homedir} from 'node:os'
import {dirname, join, relative} from 'node:path'
import {LanternError, systemCodeOf} from '../core/errors.js'
import {makeFolder} from '../core/folders.js'
import {partOf, removeDeadParts, writeWhole} from '../core/part-file.js'

export type Environment = Readonly<Record<string, string | undefined>>

export interface HubRepo {
  readonly kind: 'dataset' | 'model'
  /** `owner/name`. */
  readonly name: string
  /** A branch, a tag or a commit. */
  readonly revision: string
}

/** Reads `owner/name[@revision]`. Throws `usage` for anything else. */
export function parseRepo(text: string, kind: HubRepo['kind']): HubRepo {
  const match = /^([\w.-]+\/[\w.-]+)(?:@([\w./-]+))?$/.exec(text)
  if (match === null || text.split(/[/@]/).some(part => /^\.+$/.test(part))) {
    throw new LanternError(
      'usage',
      `${text} is not the name of a hub repository.`,
      'Write owner/name, or owner/name@revision.',
    )
  }
  return {kind, name: match[1]!, revision: match[2] ?? 'main'}
}

/** HF_HOME, else the default of the hub's tools, which is the same on every platform. */
export function hubHome(env: Environment): string {
  return env['HF_HOME'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'huggingface')
}

/** What to do where the cache cannot be written. */
export const otherHome = 'Set HF_HOME to a folder you may write.'

/** HF_HUB_CACHE, else `hub` below HF_HOME. */
export function hubCacheDir(env: Environment): string {
  return env['HF_HUB_CACHE'] ?? join(hubHome(env), 'hub')
}

/** The folder of a repository: `datasets--owner--name` with `blobs`, `refs` and `snapshots`. */
export function repoFolder({kind, name}: Pick<HubRepo, 'kind' | 'name'>, env: Environment): string {
  return join(hubCacheDir(env), `${kind}s--${name.replaceAll('/', '--')}`)
}

/**
 * The snapshot of a revision in the cache, or undefined. A branch resolves to the commit last downloaded for it. A
 * commit may be shortened only when it was downloaded under that short name.
 */
export async function resolveInHubCache(repo: HubRepo, env: Environment): Promise<string | undefined> {
  const folder = repoFolder(repo, env)
  const commit = await readFile(join(folder, 'refs', repo.revision), 'utf8').catch(() => repo.revision)
  const snapshot = join(folder, 'snapshots', commit.trim())
  return existsSync(snapshot) ? snapshot : undefined
}

/** The name of the blob of each file of a snapshot, by path. */
export type BlobNames = ReadonlyMap<string, string>

/**
 * Creates a snapshot from blobs that are already in the cache, and points the revision to it. A new snapshot appears
 * whole or not at all.
 * Returns the snapshot's folder.
 */
export async function linkSnapshot(repo: HubRepo, commit: string, blobs: BlobNames, env: Environment): Promise<string> {
  const folder = repoFolder(repo, env)
  const snapshot = join(folder, 'snapshots', commit)
  const isNew = !existsSync(snapshot)
  await removeDeadParts(folder)
  const target = isNew ? partOf(join(folder, '.snapshot')) : snapshot
  for (const [path, blob] of blobs)
    await linkBlob(join(folder, 'blobs', blob), join(target, path), join(snapshot, path))
  if (isNew) {
    await makeFolder(dirname(snapshot), otherHome)
    await rename(target, snapshot).catch(async error => {
      await rm(target, {recursive: true, force: true})
      if (!['EEXIST', 'ENOTEMPTY'].includes(systemCodeOf(error) ?? '')) throw error
      // Another process created it meanwhile: add the files it lacks.
      for (const [path, blob] of blobs)
        await linkBlob(join(folder, 'blobs', blob), join(snapshot, path), join(snapshot, path))
    })
  }
  if (repo.revision !== commit) {
    const ref = join(folder, 'refs', repo.revision)
    await makeFolder(dirname(ref), otherHome)
    await writeWhole(ref, commit)
  }
  return snapshot
}

/**
 * Makes a relative link, as the hub's tools do; it is valid once it is at `final`. Where symbolic links are not
 * allowed, makes a hard link, or else a copy.
 */
async function linkBlob(blob: string, at: string, final: string): Promise<void> {
  await makeFolder(dirname(at), otherHome)
  try {
    await symlink(relative(dirname(final), blob), at)
  } catch (error) {
    const code = systemCodeOf(error) ?? ''
    if (code === 'EEXIST') return
    if (!['EPERM', 'ENOSYS', 'EACCES', 'ENOTSUP'].includes(code)) throw error
    await link(blob, at).catch(() => copyFile(blob, at))
  }
}
