// A model reference of the local runner -> the folder it stands for: a path, `hub:owner/name[@rev]` or `builtin:NAME`.
import {existsSync, readdirSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {LanternError} from '../../core/errors.js'
import {type Environment, parseRepo} from '../../core/hub/cache-layout.js'
import type {DownloadEvent} from '../../core/hub/download-files.js'
import {downloadRepo} from '../../core/hub/download-repo.js'

export interface FolderOptions {
  readonly env: Environment
  readonly signal?: AbortSignal
  readonly notify?: (event: DownloadEvent) => void
}

/** Any reference without a scheme is a path; a Windows drive letter is no scheme. */
export function isCheckpointRef(ref: string): boolean {
  return /^(hub|builtin):/.test(ref) || !/^[a-z][a-z0-9-]+:/.test(ref)
}

/** What a hub download leaves out: weights in formats that are not read, and exports. */
const wanted = (path: string) => !path.includes('/') && /\.(json|safetensors|jinja|txt|md)$/.test(path)

/**
 * The folder, downloaded first where that is needed and allowed. A path need not exist: opening it says what is wrong.
 * Throws LanternError `usage` (unknown built-in model, odd hub name), and for the hub what downloadRepo throws.
 */
export async function checkpointFolder(ref: string, options: FolderOptions): Promise<string> {
  if (ref.startsWith('builtin:')) return builtinFolder(ref.slice('builtin:'.length))
  if (!ref.startsWith('hub:')) return resolve(ref)
  const {folder} = await downloadRepo(parseRepo(ref.slice('hub:'.length), 'model'), {...options, include: wanted})
  return folder
}

const builtinModels = fileURLToPath(new URL('../../../fixtures/models/', import.meta.url))

/** Names of the models that ship with the package. */
export function builtinNames(): string[] {
  if (!existsSync(builtinModels)) return []
  return readdirSync(builtinModels)
    .filter(name => existsSync(join(builtinModels, name, 'config.json')))
    .sort()
}

function builtinFolder(name: string): string {
  const names = builtinNames()
  if (names.includes(name)) return join(builtinModels, name)
  const choice =
    names.length === 0 ? 'This installation holds none.' : `Built-in models: ${names.map(known => `builtin:${known}`).join(', ')}.`
  throw new LanternError('usage', `There is no built-in model ${JSON.stringify(name)}.`, choice)
}
