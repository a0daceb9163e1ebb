// `lantern-eval view` as a process, and the address that it says.
import type {ChildProcess} from 'node:child_process'
import {type CliOptions, type Ended, startCli} from './cli.js'

interface Served {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** The address of the pages. Rejects with what the command said when it ends before. */
  readonly url: Promise<string>
}

/** Starts `view RUN...`. The caller ends the process, whatever becomes of the address. */
export function startView(runs: readonly string[], options?: CliOptions): Served {
  const {child, ended} = startCli(['view', ...runs, '--json'], options)
  let out = ''
  const url = new Promise<string>((resolve, reject) => {
    child.stdout!.on('data', chunk => {
      out += chunk
      const found = /"url": "([^"]+)"/.exec(out)?.[1]
      if (found !== undefined) resolve(found)
    })
    ended.then(({stderr}) => reject(new Error(stderr)), reject)
  })
  return {child, ended, url}
}
