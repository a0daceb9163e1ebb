// Starts the compiled command line as a process, as a user does.
import {type ChildProcess, spawn} from 'node:child_process'
import {fileURLToPath} from 'node:url'

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly input?: string
}

const running = new Set<ChildProcess>()

/** Kills `child` after the last test of the file, if it still runs then: its pipes would keep jest from ending. */
export function endWithTests(child: ChildProcess): void {
  running.add(child)
  child.once('close', () => running.delete(child))
}

// The scripts that share this file have no tests to end with.
globalThis.afterAll?.(() => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts `lantern-eval ARGS`, without variables of this shell that would change its behaviour. */
export function startCli(
  args: readonly string[],
  {env = {}, cwd = root, input}: CliOptions = {},
): {child: ChildProcess; ended: Promise<Ended>} {
  const own = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(LANTERN_EVAL_|OPENAI_|HF_|NODE_OPTIONS|CI$|GITHUB_|COLUMNS|FORCE_COLOR|(https?|HTTPS?|no|NO)_(proxy|PROXY)$)/.test(
          name,
        ),
    ),
  )
  const child = spawn(process.execPath, [bin, ...args], {
    cwd,
    env: {...own, NO_COLOR: '1', ...env},
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  endWithTests(child)
  child.stdin!.end(input ?? '')
  let stdout = ''
  let stderr = ''
  child.stdout!.on('data', chunk => {
    stdout += chunk
  })
  child.stderr!.on('data', chunk => {
    stderr += chunk
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({code, signal, stdout, stderr}))
  })
  return {child, ended}
}

/** Runs `lantern-eval ARGS` to completion. */
export function cli(args: readonly string[], options?: CliOptions): Promise<Ended> {
  return startCli(args, options).ended
}
