// Lists the available checkpoints by file names alone: opens nothing and downloads nothing.
import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {type Environment, hubCacheDir} from '../../hub/cache-layout.js'
import {builtinNames} from './checkpoint-folder.js'
import {adapterWeights, holdsWeights, isAdapter} from './folder-format.js'

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
    for (const commit of await subfolders(snapshots)) {
      if (!(await isModel(join(snapshots, commit)))) continue
      hub.push({ref: `hub:${repo.replaceAll('--', '/')}`, source: 'hub'})
      break
    }
  }
  const folders: ListedModel[] = []
  for (const ref of ['.', ...(await subfolders(folder)).map(name => `./${name}`)])
    if (await isModel(join(folder, ref))) folders.push({ref, source: 'folder'})
  return [...builtin, ...hub, ...folders]
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, {withFileTypes: true}).catch(() => [])
  return entries.flatMap(entry => (entry.isDirectory() ? [entry.name] : [])).sort()
}

/** Whether the names in a folder are those of a checkpoint or of an adapter. */
async function isModel(folder: string): Promise<boolean> {
  const names = new Set(await readdir(folder).catch(() => []))
  return (names.has('config.json') && holdsWeights(names)) || (isAdapter(names) && names.has(adapterWeights))
}
