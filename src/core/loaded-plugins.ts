// The plug-ins of this process. Apart from their loader, so that asking for them costs nothing where none is loaded.
import type {Definition} from './definition.js'

export interface LoadedPlugin {
  /** A package's name, or of a path its last part: the same on every machine. */
  readonly name: string
  readonly url: string
  readonly sha256: string
  readonly parts: readonly Pick<Definition, 'kind' | 'name'>[]
}

/** As registers, one of each process: a plug-in that was loaded stays. */
const loaded = new Map<string, LoadedPlugin>()

/** In the order in which they were loaded. */
export function loadedPlugins(): readonly LoadedPlugin[] {
  return [...loaded.values()]
}

export function isLoaded(url: string): boolean {
  return loaded.has(url)
}

/** For the loader alone. */
export function noteLoaded(plugin: LoadedPlugin): void {
  loaded.set(plugin.url, plugin)
}
