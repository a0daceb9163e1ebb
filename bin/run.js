#!/usr/bin/env node
import {existsSync, readFileSync} from 'node:fs'

const args = process.argv.slice(2)
if (args.length === 1 && /^(--version|-v)$/.test(args[0])) {
  // Scripts ask this often: oclif would say the same, after loading itself and its plug-ins.
  const {name, version} = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
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
  // Node calls a package absent whose files it cannot open for lack of handles.
  const handles =
    ['EMFILE', 'ENFILE'].some(code => `${error?.code} ${error?.message}`.includes(code)) ||
    (absent !== undefined && existsSync(absent))
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
