#!/usr/bin/env -S npx tsx
// The command line from its TypeScript sources, without a build and without anything that a build left behind.
import {createRequire} from 'node:module'
import {fileURLToPath} from 'node:url'
import {Config, execute, Plugin} from '@oclif/core'

const root = fileURLToPath(new URL('..', import.meta.url))
const pjson = createRequire(import.meta.url)('../package.json')

/** A path of package.json in the compiled code, as the path of its source. */
const sourceOf = path => path.replace(/^\.\/dist\//, './src/')

// oclif finds sources through tsconfig, which it cannot read under TypeScript 7: name them here.
const oclif = {
  ...pjson.oclif,
  commands: sourceOf(pjson.oclif.commands),
  helpClass: sourceOf(pjson.oclif.helpClass),
  hooks: Object.fromEntries(Object.entries(pjson.oclif.hooks).map(([event, path]) => [event, sourceOf(path)])),
}
const options = {root, pjson: {...pjson, oclif}}

// A manifest of the last build would name its commands and their compiled files.
const own = new Plugin({...options, isRoot: true, ignoreManifest: true})
const others = oclif.plugins.map(name => new Plugin({name, root, type: 'core'}))
for (const plugin of [own, ...others]) await plugin.load()
const config = new Config({...options, plugins: new Map([own, ...others].map(plugin => [plugin.name, plugin]))})
await config.load()
await execute({development: true, loadOptions: config})
