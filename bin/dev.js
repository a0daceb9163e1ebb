#!/usr/bin/env -S npx tsx
// The command line from its TypeScript sources, without a build.
import {createRequire} from 'node:module'
import {fileURLToPath} from 'node:url'
import {execute} from '@oclif/core'

const root = fileURLToPath(new URL('..', import.meta.url))
const pjson = createRequire(import.meta.url)('../package.json')

// oclif finds sources through tsconfig, which it cannot read under TypeScript 7: name them here.
await execute({
  development: true,
  loadOptions: {root, pjson: {...pjson, oclif: {...pjson.oclif, commands: './src/commands'}}},
})
