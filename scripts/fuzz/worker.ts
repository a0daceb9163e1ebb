// Makes and runs one case after the other, as the driver asks. Ends at whatever no command may do.
import {mkdirSync, rmSync} from 'node:fs'
import {random} from '../../src/core/random.js'
import {kinds, prepareFor, selfTest, selfTestName} from './kinds.js'
import {type CommandEnd, lantern} from './lantern.js'
import {startServer} from './server.js'

export interface Asked {
  readonly seed: number
  readonly number: number
  readonly kind: string
  readonly folder: string
  readonly base: string
  /** Whether the input stays as it is. */
  readonly right: boolean
}

export interface Told {
  readonly number: number
  /** Null where every command ended as it may. */
  readonly fault: string | null
  /** Exit codes of the commands. */
  readonly codes: readonly number[]
  /** What the first command printed that did not end with 0. */
  readonly said: string
  /** The most memory that the process held so far, in bytes, and what it held before the case. */
  readonly peak: number
  readonly before: number
}

const server = await startServer()
const home = {...process.env}
let current: Asked | undefined

const fail = (what: string) => (error: unknown) => {
  process.send!({
    number: current?.number ?? -1,
    fault: `${what}: ${stackOf(error)}`,
    codes: [],
    said: '',
    peak: 0,
    before: 0,
  })
  process.exit(1)
}
process.on('uncaughtException', fail('uncaught error'))
process.on('unhandledRejection', fail('unhandled rejection'))

process.on('message', async (asked: Asked) => {
  current = asked
  const before = process.memoryUsage.rss()
  let fault: string | null = null
  const codes: number[] = []
  let first = ''
  try {
    for (const {exitCode, said} of await run(asked)) {
      codes.push(exitCode)
      if (exitCode !== 0) first ||= said
      if (exitCode === 20) fault ??= `exit 20: ${said.slice(-3000)}`
    }
  } catch (error) {
    fault = `thrown: ${stackOf(error)}`
  }
  const told: Told = {
    number: asked.number,
    fault,
    codes,
    said: first.slice(-3000),
    peak: process.resourceUsage().maxRSS * 1024,
    before,
  }
  process.send!(told)
})

async function run({seed, number, kind, folder, base, right}: Asked): Promise<CommandEnd[]> {
  rmSync(folder, {recursive: true, force: true})
  mkdirSync(folder, {recursive: true})
  const env: Record<string, string> = {LANTERN_EVAL_CACHE_DIR: `${base}/cache`}
  const commands = (kind === selfTestName ? selfTest : kinds[kind]!)({
    folder,
    base,
    random: random('fuzz', seed, number),
    server,
    env,
    right,
  })
  const ends: CommandEnd[] = []
  for (const command of commands) {
    prepareFor(command)
    process.env = {...home, ...env}
    ends.push(await lantern(command))
  }
  return ends
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

process.on('disconnect', () => process.exit())
process.send!('ready')
