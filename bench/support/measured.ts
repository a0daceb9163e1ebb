// The built command as a process of its own, as for a user (run `npm run build` first): its time and its memory.
import {spawnSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'

/** CPU seconds of a process and its peak memory in MB, start-up included. */
export interface Usage {
  readonly cpu: number
  readonly rssMb: number
}

/** The built command. */
export const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

/** Arguments of Node that make a script write its usage to `BENCH_USAGE` at its exit. */
export const telling = ['--import', new URL('tell-usage.mjs', import.meta.url).href] as const

/** What a process that ended has written to its `BENCH_USAGE`. */
export const usageIn = (file: string): Usage => JSON.parse(readFileSync(file, 'utf8')) as Usage

/** Usage and wall-clock seconds of a command. Throws when it fails. */
export function measured(args: readonly string[], cwd?: string): Usage & {readonly wall: number} {
  const folder = mkdtempSync(join(tmpdir(), 'bench-usage-'))
  try {
    const file = join(folder, 'usage.json')
    const began = performance.now()
    const {status, stderr} = spawnSync(process.execPath, [...telling, bin, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      ...{cwd, encoding: 'utf8', env: {...process.env, BENCH_USAGE: file}},
    })
    const wall = (performance.now() - began) / 1000
    if (status !== 0) throw new Error(`${args.join(' ')}\n${stderr.slice(-4000)}`)
    return {wall, ...usageIn(file)}
  } finally {
    rmSync(folder, {recursive: true})
  }
}
