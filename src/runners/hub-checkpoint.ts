// `hub:owner/name[@revision]`: the folder of a checkpoint or of an adapter, from the hub's cache or downloaded into it.
// Neither is opened here.

import {existsSync} from 'node:fs'
import {readdir} from 'node:fs/promises'
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
/** As peft saves it. A repository may also hold the merged model, which is not fetched. */
const adapterFiles = /^(?:adapter_model\.safetensors|(?!model\.)[^/]+\.(?:json|jinja|txt))$/

/**
 * The folder that holds the checkpoint, or the adapter if the repository holds nothing else. A complete copy in the
 * cache is used as it is, so a run does not change when a branch moves; missing files are downloaded, resumably. Throws
 * LanternError `usage` (not a repository name), or what hub/download-repo.ts throws.
 */
export async function hubCheckpoint(ref: string, options: FolderOptions): Promise<string> {
  const repo = repoOf(ref)
  const cached = await resolveInHubCache(repo, options.env)
  if (cached !== undefined && ((await isWhole(cached)) || isWholeAdapter(cached))) return cached
  const folder = await download(repo, options, checkpointFiles)
  const weights = (await readdir(folder)).some(name => name.endsWith('.safetensors'))
  if (weights || !existsSync(join(folder, 'adapter_config.json'))) return folder
  return download(repo, options, adapterFiles)
}

/** The folder that holds the LoRA adapter of a repository, in the same way. */
export async function hubAdapter(ref: string, options: FolderOptions): Promise<string> {
  const repo = repoOf(ref)
  const cached = await resolveInHubCache(repo, options.env)
  return cached !== undefined && isWholeAdapter(cached) ? cached : download(repo, options, adapterFiles)
}

function repoOf(ref: string): HubRepo {
  return parseRepo(ref.slice(hubScheme.length), 'model')
}

async function download(repo: HubRepo, options: FolderOptions, files: RegExp): Promise<string> {
  const {downloadRepo} = await import('../hub/download-repo.js')
  const {folder} = await downloadRepo(repo, {...options, include: path => files.test(path)})
  return folder
}

function isWholeAdapter(folder: string): boolean {
  return ['adapter_config.json', 'adapter_model.safetensors'].every(name => existsSync(join(folder, name)))
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
