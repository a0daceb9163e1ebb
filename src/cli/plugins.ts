// The registers that plug-ins add to. Imported only if a plug-in is named, so that other runs do not load them.
import {registerBenchmark} from '../benchmarks/index.js'
import type {DefinitionKind} from '../core/definition.js'
import {loadPlugins, type PluginName} from '../core/plugins.js'
import {registerExtractor} from '../metrics/extraction/index.js'
import {registerIntervention} from '../modes/interventions.js'
import {registerProtocol} from '../modes/protocols.js'
import {registerRecipe} from '../modes/recipes/index.js'
import {registerPeerFormat} from '../peers/index.js'
import {registerFormat} from '../reports/formats/index.js'
import {registerRunner} from '../runners/index.js'

const registrars = {
  benchmark: registerBenchmark,
  runner: registerRunner,
  extractor: registerExtractor,
  format: registerFormat,
  protocol: registerProtocol,
  recipe: registerRecipe,
  intervention: registerIntervention,
  'peer-format': registerPeerFormat,
} satisfies Record<DefinitionKind, (part: never) => void>

/** Loads plug-ins into the registers of this process. Throws what `loadPlugins` in core throws. */
export function registerPlugins(names: readonly PluginName[]): Promise<void> {
  return loadPlugins(names, registrars)
}
