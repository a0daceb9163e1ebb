#!/usr/bin/env node
import {readFileSync} from 'node:fs'

const args = process.argv.slice(2)
if (args.length === 1 && /^(--version|-v)$/.test(args[0])) {
  // Scripts ask this often: oclif would say the same, after loading itself and its plug-ins.
  const {name, version} = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  console.log(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}`)
} else {
  const {execute} = await import('@oclif/core/execute')
  await execute({dir: import.meta.url})
}
