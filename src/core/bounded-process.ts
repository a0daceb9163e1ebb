// A process of its own for work that a file steers: it may loop for ever or fill the memory. A thread is not enough,
// because V8 ends the whole process when a list outgrows the heap of one thread. One process does job after job. If a
// job breaks it, the next one starts a new process.
import {type ChildProcess, spawn} from 'node:child_process'

type Answer = {readonly result: unknown} | {readonly error: string}

export interface BoundedProcess {
  /**
   * What the program answers to `job`, after the jobs given before it. Throws an Error that says why it failed, or that
   * it took more than `ms` or than the memory.
   */
  answer(job: unknown, ms: number): Promise<unknown>
}

/** Time for the process to start on a busy machine; it takes 40 ms on an idle one. */
const startMs = 20_000

/** A process that has nothing to do ends. */
const idleMs = 5_000

/**
 * A process, started when it is first needed, that does jobs. `program` is JavaScript in which `answer(job)` returns
 * the result or a promise of it; it is a string, so that it runs unchanged whatever compiled the file that holds it.
 * `args()` are what it finds in `process.argv` from 1 on. `doing` completes "the process that ..." in errors.
 */
export function boundedProcess(given: {
  readonly program: string
  readonly args: () => readonly string[]
  readonly memoryMb: number
  readonly doing: string
}): BoundedProcess {
  let running: ChildProcess | undefined
  let idle: NodeJS.Timeout | undefined
  let last: Promise<unknown> = Promise.resolve()

  async function answerNow(job: unknown, ms: number): Promise<unknown> {
    clearTimeout(idle)
    if (!running?.connected) {
      running = start(given)
      await messageOf(running, startMs)
    }
    const child = running
    const answer = messageOf(child, ms)
    // If sending fails, the process has ended, which is reported below.
    child.send(job as object, () => undefined)
    try {
      return await answer
    } finally {
      idle = setTimeout(() => running?.disconnect(), idleMs).unref()
    }
  }

  /** The next result from the process. Throws an Error if the process reports one, ends, or takes too long. */
  async function messageOf(child: ChildProcess, ms: number): Promise<unknown> {
    // The child process keeps this one alive only while an answer is pending.
    child.ref()
    child.channel?.ref()
    const answer = await new Promise<Answer>(resolve => {
      const end = (value: Answer) => {
        clearTimeout(timer)
        child.removeAllListeners()
        // A listener has to exist for late errors; otherwise Node would throw them.
        child.on('error', () => undefined)
        resolve(value)
      }
      const broken = (error: string) => {
        running = undefined
        child.kill('SIGKILL')
        end({error})
      }
      const timer = setTimeout(() => broken(`it does not end within ${Math.round(ms / 1000)} s`), ms)
      child.once('message', value => end(value as Answer))
      child.once('error', error => broken(`the process that ${given.doing} cannot be used (${error.message})`))
      child.once('exit', (code, signal) => {
        // V8 ends a process with a full heap by abort(). A shell in between turns that signal into an exit code.
        const full = signal === 'SIGABRT' || signal === 'SIGTRAP' || code === 134
        const memory = `it needs more than ${given.memoryMb} MB of memory`
        broken(full ? memory : `the process that ${given.doing} ended (${signal ?? `code ${code}`})`)
      })
    })
    child.unref()
    child.channel?.unref()
    if ('error' in answer) throw new Error(answer.error)
    return answer.result
  }

  return {
    answer(job, ms) {
      const mine = last.then(() => answerNow(job, ms))
      last = mine.catch(() => undefined)
      return mine
    },
  }
}

function start({program, args, memoryMb}: Parameters<typeof boundedProcess>[0]): ChildProcess {
  // The process gets no environment variables of this one, except the one that Windows needs to start a process.
  const {SystemRoot} = process.env
  return spawn(process.execPath, [`--max-old-space-size=${memoryMb}`, '-e', program + loop, ...args()], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
    env: SystemRoot === undefined ? {} : {SystemRoot},
  })
}

/**
 * The end of every program: it reports that it is ready, then answers each job. It ends when its channel closes. If a
 * job loops when the parent is killed, a thread ends the process. It ignores interrupts: the terminal sends them to
 * every process, and the parent handles them.
 */
const loop = `
const watch = "const parent = process.ppid; setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL') }, 1000)"
new (require('node:worker_threads').Worker)(watch, {eval: true}).unref()
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {})
process.on('message', async job => {
  try {
    process.send({result: await answer(job)})
  } catch (thrown) {
    process.send({error: String(thrown?.message ?? thrown).slice(0, 1000)})
  }
})
process.send({result: null})
`
