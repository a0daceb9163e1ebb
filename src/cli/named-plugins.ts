// Finds the plug-ins named on the command line, in its variables and in the configuration file. This happens before
// anything else is read, because any other value may be a name that a plug-in adds.
import {type ConfigFile, openConfig} from './config-file.js'
import {everywhereSettings} from './settings/everywhere.js'
import {type Given, resolveSettings} from './settings/resolve.js'
import {variableOf} from './settings/setting.js'

const pluginSetting = {plugin: everywhereSettings.plugin}

/**
 * Opens the configuration file and loads the plug-ins: those of the file, and those of the flag or its variable.
 * Throws `bad-config` if the file cannot be read or a plug-in cannot be loaded.
 */
export async function withPlugins({flags, env, command}: Omit<Given, 'file'>): Promise<ConfigFile> {
  const config = await openConfig((flags['config'] as string | undefined) ?? (env[variableOf('config')] || undefined))
  const {plugin = []} = await resolveSettings(pluginSetting, {flags, env, command, file: new Map()})
  const named = [
    ...config.plugins.map(name => ({name, folder: config.folder})),
    ...plugin.map(name => ({name, folder: process.cwd()})),
  ]
  if (named.length > 0) await (await import('./plugins.js')).registerPlugins(named)
  return config
}
