// The table of settings: one entry each, in the order of the help. Flags, variables, keys of the configuration file,
// their schema, and the lines of help and docs come from it. A command picks its entries by name.

import {localSettings, remoteSettings} from './answering.js'
import {askingSettings, sampleSettings, whatSettings} from './asked.js'
import {commandSettings} from './commands.js'
import {everywhereSettings} from './everywhere.js'
import {gateSettings, resultSettings, scoringSettings, varySettings} from './judged.js'
import type {Settings} from './setting.js'

export const runSettings = {
  ...whatSettings,
  ...sampleSettings,
  ...askingSettings,
  ...scoringSettings,
  ...remoteSettings,
  ...localSettings,
  ...resultSettings,
  ...varySettings,
  'fail-on': {...gateSettings['fail-on'], needs: ['baseline']},
}

export const settings = {...runSettings, ...commandSettings, ...everywhereSettings}

/** The named entries of a table. */
export function pick<S extends Settings, K extends keyof S>(from: S, ...names: readonly K[]): Pick<S, K> {
  return Object.fromEntries(names.map(name => [name, from[name]])) as Pick<S, K>
}
