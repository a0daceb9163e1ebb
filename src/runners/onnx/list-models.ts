// Lists the available checkpoints by file names alone: opens nothing and downloads nothing.
import {existsSync} from 'node:fs'
import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {type Environment, hubCacheDir} from '../../hub/cache-layout.js'
import {builtinNames} from './checkpoint-folder.js'
import {indexFile, singleFile} from './folder-format.js'

export interface ListedModel {
  /** As accepted by `--model`. */
  readonly ref: string
  readonly source: 'built in' | 'hub' | 'folder'
}

/** Built-in models, repositories in the hub cache that hold weights, and `folder` with its direct subfolders. */
export async function listModels(folder: string, env: Environment): Promise<ListedModel[]> {
  const builtin = builtinNames().map(name => ({ref: `builtin:${name}`, source: 'built in'}) as const)
  const hub: ListedModel[] = []
  for (const name of await subfolders(hubCacheDir(env))) {
    const repo = /^models--(.+)$/.exec(name)?.[1]
    const snapshots = join(hubCacheDir(env), name, 'snapshots')
    if (repo === undefined) continue
    const commits = await subfolders(snapshots)
    if (commits.some(commit => holdsWeights(join(snapshots, commit))))
      hub.push({ref: `hub:${repo.replaceAll('--', '/')}`, source: 'hub'})
  }
  const near = ['.', ...(await subfolders(folder)).map(name => `./${name}`)]
  const folders = near.filter(path => holdsWeights(join(folder, path))).map(ref => ({ref, source: 'folder'}) as const)
  return [...builtin, ...hub, ...folders]
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, {withFileTypes: true}).catch(() => [])
  return entries.flatMap(entry => (entry.isDirectory() ? [entry.name] : [])).sort()
}

function holdsWeights(folder: string): boolean {
  return existsSync(join(folder, 'config.json')) && [singleFile, indexFile].some(name => existsSync(join(folder, name)))
}
