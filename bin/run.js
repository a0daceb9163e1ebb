#!/usr/bin/env node
import {existsSync, readFileSync} from 'node:fs'

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
  try {
    const {run} = await import('@oclif/core/run')
    await run(args, import.meta.url)
  } catch (error) {
    await tell(error)
  }
}

/**
 * What no command could catch: the modules did not load. Nothing can be imported for it, since that may be what failed.
 * Exit codes and words are those of src/core/errors.ts and src/cli/tell-error.ts.
 */
async function tell(error) {
  const loaded = error?.name !== 'ModuleLoadError' && error?.code !== 'ERR_MODULE_NOT_FOUND'
  if (loaded && error?.oclif?.exit !== undefined) {
    const {handle} = await import('@oclif/core/handle')
    return handle(error)
  }
  const absent = /Cannot find \w+ '([^']+)'/.exec(`${error?.message}`)?.[1]
  const folder = /^.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+/.exec(absent ?? '')?.[0]
  // Node calls a package absent whose files it cannot open for lack of handles. Where it cannot read the package.json,
  // it names a file that the package need not have, so its folder is looked for.
  const handles =
    ['EMFILE', 'ENFILE'].some(code => `${error?.code} ${error?.message}`.includes(code)) ||
    [absent, folder].some(path => path !== undefined && existsSync(path))
  const told = handles
    ? {
        code: 'disk',
        message: 'The operating system allows too few open files.',
        suggestion: 'Allow more: `ulimit -n 1024`.',
      }
    : {
        code: 'bug',
        message: `The program could not be loaded: ${error?.message ?? error}`,
        suggestion: 'Install it again.',
      }
  process.exitCode = handles ? 4 : 20
  if (args.includes('--json'))
    console.log(JSON.stringify({error: told, exitCode: process.exitCode, verdict: 'error'}, null, 2))
  else console.error(`error ${told.message}\n  try ${told.suggestion}${handles ? '' : `\n${error?.stack}`}`)
}
