// `hub:owner/name[@revision]`: the folder of a checkpoint, from the hub's cache or downloaded into it. The checkpoint
// itself is not opened here.

import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {readJsonObject} from '../core/json-object.js'
import {type Environment, type HubRepo, parseRepo, resolveInHubCache} from '../hub/cache-layout.js'
import type {DownloadEvent} from '../hub/download-files.js'

export const hubScheme = 'hub:'

export interface FolderOptions {
  readonly env: Environment
  readonly notify?: (event: DownloadEvent) => void
}

/** Weights as safetensors and the small files beside them. Other formats and training states are not fetched. */
const checkpointFiles = /^(?:model[^/]*\.safetensors|[^/]+\.(?:json|jinja|txt))$/

/**
 * The folder that holds the checkpoint. A complete copy in the cache is used as it is, so a run does not change when a
 * branch moves; missing files are downloaded, resumably. Throws LanternError `usage` (not a repository name), or what
 * hub/download-repo.ts throws.
 */
export async function hubCheckpoint(ref: string, options: FolderOptions): Promise<string> {
  const repo = parseRepo(ref.slice(hubScheme.length), 'model')
  const cached = await resolveInHubCache(repo, options.env)
  if (cached !== undefined && (await isWhole(cached))) return cached
  return download(repo, options)
}

async function download(repo: HubRepo, options: FolderOptions): Promise<string> {
  const {downloadRepo} = await import('../hub/download-repo.js')
  const {folder} = await downloadRepo(repo, {...options, include: path => checkpointFiles.test(path)})
  return folder
}

/** Other tools fetch single files of a repository, so a snapshot need not hold them all. */
async function isWhole(folder: string): Promise<boolean> {
  const has = (name: string) => existsSync(join(folder, name))
  if (!has('config.json') || !has('tokenizer.json')) return false
  if (has('model.safetensors')) return true
  try {
    const {weight_map: shards} = await readJsonObject(join(folder, 'model.safetensors.index.json'))
    return (
      new Set(Object.values(shards as Record<string, string>)).size > 0 &&
      Object.values(shards as Record<string, string>).every(has)
    )
  } catch {
    return false
  }
}
