// Resolves a model reference of the local runner to a folder: a path, `hub:owner/name[@rev]` or `builtin:NAME`.
import {existsSync, readdirSync} from 'node:fs'
import {dirname, join, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {closest} from '../../core/closest.js'
import {LanternError} from '../../core/errors.js'
import {type FolderOptions, hubAdapter, hubCheckpoint, hubScheme} from '../hub-checkpoint.js'

/**
 * True for a reference with a scheme, a path that exists, and anything that can only be meant as a path. False for a
 * bare word (`gpt-4o`).
 */
export function isCheckpointRef(ref: string): boolean {
  return /^(hub|builtin):/.test(ref) || existsSync(ref) || /^(\.|\/|~|[A-Za-z]:[\\/])/.test(ref)
}

/**
 * The folder of a reference, downloaded first if necessary and allowed. A path need not exist; opening it reports what
 * is wrong.
 * Throws LanternError `usage` (unknown built-in model, malformed hub name) and, for the hub, what hubCheckpoint throws.
 */
export async function checkpointFolder(ref: string, options: FolderOptions): Promise<string> {
  if (isBuiltinRef(ref)) return builtinFolder(ref.slice(builtinScheme.length))
  return ref.startsWith(hubScheme) ? hubCheckpoint(ref, options) : resolve(ref)
}

/** The folder of a LoRA adapter: a path, or a repository of the hub. Throws as `checkpointFolder` does. */
export async function adapterFolder(ref: string, options: FolderOptions): Promise<string> {
  return ref.startsWith(hubScheme) ? hubAdapter(ref, options) : resolve(ref)
}

const builtinScheme = 'builtin:'

/** Whether a reference names a model that ships with the package. */
export function isBuiltinRef(ref: string): boolean {
  return ref.startsWith(builtinScheme)
}

const builtinModels = fileURLToPath(new URL('../../../fixtures/models/', import.meta.url))

/** Names of the models that ship with the package. */
export function builtinNames(): string[] {
  if (!existsSync(builtinModels)) return []
  return readdirSync(builtinModels)
    .filter(name => existsSync(join(builtinModels, name, 'config.json')))
    .sort()
}

/** Whether a folder holds a model that ships with the package. */
export function isBuiltinFolder(dir: string): boolean {
  return join(dirname(dir), '/') === builtinModels
}

function builtinFolder(name: string): string {
  const names = builtinNames()
  if (names.includes(name)) return join(builtinModels, name)
  const choice =
    names.length === 0
      ? 'This installation holds none.'
      : `Built-in models: ${names.map(known => `builtin:${known}`).join(', ')}.`
  const near = closest(name, names)
  const offer = near === undefined ? '' : `Did you mean builtin:${near}? `
  throw new LanternError('usage', `There is no built-in model ${JSON.stringify(name)}.`, `${offer}${choice}`)
}
