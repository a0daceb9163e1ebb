#!/usr/bin/env node
import {readFileSync} from 'node:fs'

const args = process.argv.slice(2)
const {name, version, engines} = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const [oldest, own] = [engines.node, process.versions.node].map(text => text.match(/\d+/g).map(Number))
if (own[0] < oldest[0] || (own[0] === oldest[0] && own[1] < oldest[1])) {
  // Before anything is loaded that an older Node cannot read.
  console.error(`error ${name} needs Node ${oldest.join('.')} or newer; this is ${process.version}.`)
  console.error('  try Install Node 22 or 24 (https://nodejs.org), or with nvm: nvm install 24')
  process.exitCode = 2
} else if (args.length === 1 && /^(--version|-v)$/.test(args[0])) {
  // Scripts ask this often: oclif would say the same, after loading itself and its plug-ins.
  console.log(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}`)
} else {
  const {execute} = await import('@oclif/core/execute')
  await execute({dir: import.meta.url})
}
