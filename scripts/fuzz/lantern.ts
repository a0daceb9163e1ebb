// Runs commands of the program inside this process, from its sources, and keeps what they print.
import {join} from 'node:path'
import {fileURLToPath, pathToFileURL} from 'node:url'
import {type Command, Config} from '@oclif/core'

export const root = fileURLToPath(new URL('../../', import.meta.url))

export interface CommandEnd {
  readonly exitCode: number
  /** What it printed, up to a bound. */
  readonly said: string
}

let config: Promise<Config> | undefined
const mostSaid = 20_000

/** Runs `lantern-eval ARGS`. Throws what no command may throw. */
export async function lantern(args: readonly string[]): Promise<CommandEnd> {
  config ??= Config.load({root})
  const [topic, name] = args as [string, string]
  const isTopic = ['bench', 'model', 'recipe', 'cache'].includes(topic)
  const file = join(root, 'src/commands', isTopic ? join(topic, name) : topic)
  const module: {default: typeof Command} = await import(pathToFileURL(`${file}.ts`).href)
  const run = module.default as unknown as {run(argv: readonly string[], config: Config): Promise<unknown>}
  let said = ''
  const write = (chunk: unknown) => {
    if (said.length < mostSaid) said += String(chunk).slice(0, mostSaid)
    return true
  }
  const streams = [process.stdout, process.stderr]
  const before = streams.map(stream => stream.write)
  process.exitCode = undefined
  for (const stream of streams) stream.write = write as typeof stream.write
  try {
    await run.run(args.slice(isTopic ? 2 : 1), await config)
  } finally {
    for (const [k, stream] of streams.entries()) stream.write = before[k]!
  }
  const exitCode = Number(process.exitCode ?? 0)
  process.exitCode = undefined
  return {exitCode, said}
}
