// The plug-ins of this process. Separate from the loader, so that looking them up costs nothing if none is loaded.
import type {Definition} from './definition.js'

export interface LoadedPlugin {
  /** The name of a package, or the last part of a path: the same on every machine. */
  readonly name: string
  readonly url: string
  readonly sha256: string
  readonly parts: readonly Pick<Definition, 'kind' | 'name'>[]
}

/** One list per process, like the registers: a loaded plug-in stays loaded. */
const loaded = new Map<string, LoadedPlugin>()

/** The loaded plug-ins, in the order of loading. */
export function loadedPlugins(): readonly LoadedPlugin[] {
  return [...loaded.values()]
}

export function isLoaded(url: string): boolean {
  return loaded.has(url)
}

/** Used only by the loader. */
export function noteLoaded(plugin: LoadedPlugin): void {
  loaded.set(plugin.url, plugin)
}
