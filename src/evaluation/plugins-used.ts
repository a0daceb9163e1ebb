// Which plug-ins a run used: part of its lock. Only those with a part in it, so that a table format of one's own does
// not make another run of it.
import {type DefinitionKind, nounOf} from '../core/definition.js'
import {LanternError} from '../core/errors.js'
import type {Arm} from '../core/generation.js'
import {loadedPlugins} from '../core/loaded-plugins.js'
import type {Lock, LockParts} from '../run-folder/lock.js'
import {runnerFor} from '../runners/index.js'

type LockedPlugins = NonNullable<Lock['plugins']>

interface Used {
  readonly arms: readonly Pick<Arm, 'model' | 'protocol' | 'intervention'>[]
  readonly benchmarks: readonly {readonly id: string}[]
  readonly extractor: string
  readonly recipe?: string | undefined
  /** Whether answers came from the runners of the arms' models; those of an import did not. */
  readonly asked: boolean
  /** What reads the files of an import. */
  readonly peerFormats?: readonly string[]
}

/** The lock's entry for the plug-ins with a part in a run; empty without any, so that no other lock changes. */
export function pluginsOf({
  arms,
  benchmarks,
  extractor,
  recipe,
  asked,
  peerFormats = [],
}: Used): Pick<LockParts, 'plugins'> {
  const uses = (kind: DefinitionKind, names: readonly (string | null | undefined)[]) =>
    names.flatMap(name => (name == null ? [] : [partOf(kind, name)]))
  const used = new Set([
    ...uses(
      'benchmark',
      benchmarks.map(({id}) => id),
    ),
    ...uses('extractor', [extractor]),
    ...uses('recipe', [recipe]),
    ...uses(
      'protocol',
      arms.map(({protocol}) => protocol),
    ),
    ...uses(
      'intervention',
      arms.map(({intervention}) => intervention),
    ),
    ...(asked
      ? uses(
          'runner',
          arms.map(({model}) => runnerFor(model)?.name),
        )
      : []),
    ...uses('peer-format', peerFormats),
  ])
  return locked(
    loadedPlugins().map(({name, sha256, parts}) => ({
      name,
      sha256,
      parts: parts.map(part => partOf(part.kind, part.name)).filter(part => used.has(part)),
    })),
  )
}

/** The plug-ins of a run whose records are scored with another extractor, or with the same one as it is now. */
export function pluginsAfter(before: Lock, extractor: string): Pick<LockParts, 'plugins'> {
  const reads = (part: string) => part.startsWith(partOf('extractor', ''))
  const kept = (before.plugins ?? []).map(plugin => ({...plugin, parts: plugin.parts.filter(part => !reads(part))}))
  const now = pluginsOf({arms: [], benchmarks: [], extractor, asked: false}).plugins ?? []
  const joined = new Map<string, LockedPlugins[number]>()
  for (const plugin of [...kept, ...now]) {
    const key = `${plugin.name} ${plugin.sha256}`
    joined.set(key, {...plugin, parts: [...(joined.get(key)?.parts ?? []), ...plugin.parts]})
  }
  return locked([...joined.values()])
}

/**
 * The error for a part that a run used and that is not there: names the plug-in it came with, by the run's lock;
 * undefined where the lock knows of none.
 */
export function absentPart({plugins = []}: Lock, kind: DefinitionKind, name: string): LanternError | undefined {
  const plugin = plugins.find(({parts}) => parts.includes(partOf(kind, name)))
  if (plugin === undefined) return undefined
  return new LanternError(
    'usage',
    `The ${nounOf(kind)} "${name}" of this run came with the plug-in ${plugin.name}, which is not loaded.`,
    `Name it with --plugin, or under plugins: in the configuration file.`,
  )
}

function partOf(kind: DefinitionKind, name: string): string {
  return `${kind} ${name}`
}

function locked(plugins: LockedPlugins): Pick<LockParts, 'plugins'> {
  const used = plugins.filter(({parts}) => parts.length > 0).map(plugin => ({...plugin, parts: plugin.parts.sort()}))
  return used.length === 0 ? {} : {plugins: used.sort((a, b) => (a.name < b.name ? -1 : 1))}
}
