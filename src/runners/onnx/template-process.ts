// Renders chat templates in a separate process. A template is a program that came with a checkpoint: it may loop for
// ever or fill the memory. A thread is not enough, because V8 ends the whole process when a list outgrows the heap of
// one thread. One process serves all templates. If a template breaks it, the next one starts a new process.
import {type ChildProcess, spawn} from 'node:child_process'
import {createRequire} from 'node:module'
import {checkpointLimits} from '../../core/limits.js'

/** The messages to and from the process. */
interface Job {
  readonly source: string
  readonly context: unknown
  readonly maxChars: number
}
type Answer = {readonly text: string} | {readonly error: string}

/** Time for the process to start on a busy machine; it takes 40 ms on an idle one. */
const startMs = 20_000

let running: ChildProcess | undefined
let last: Promise<unknown> = Promise.resolve()

/**
 * Renders a template, after those requested before it. Throws an Error that says why it failed or which bound was
 * exceeded.
 */
export function renderTemplate(source: string, context: unknown): Promise<string> {
  const job = last.then(() => render({source, context, maxChars: checkpointLimits.templateChars}))
  last = job.catch(() => undefined)
  return job
}

async function render(job: Job): Promise<string> {
  if (!running?.connected) {
    running = start()
    await answerOf(running, startMs)
  }
  const child = running
  const answer = answerOf(child, checkpointLimits.templateMs)
  // If sending fails, the process has ended, which is reported below.
  child.send(job, () => undefined)
  return answer
}

/** The next text from the process. Throws an Error if the process reports one, ends, or takes too long. */
async function answerOf(child: ChildProcess, ms: number): Promise<string> {
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
    const timer = setTimeout(() => broken(`it does not end within ${ms / 1000} s`), ms)
    child.once('message', value => end(value as Answer))
    child.once('error', error => broken(`the process that renders it cannot be used (${error.message})`))
    child.once('exit', (code, signal) => {
      // V8 ends a process with a full heap by abort(). A shell in between turns that signal into an exit code.
      const full = signal === 'SIGABRT' || signal === 'SIGTRAP' || code === 134
      const memory = `it needs more than ${checkpointLimits.templateMemoryMb} MB of memory`
      broken(full ? memory : `the process that renders it ended (${signal ?? `code ${code}`})`)
    })
  })
  child.unref()
  child.channel?.unref()
  if ('error' in answer) throw new Error(answer.error)
  return answer.text
}

function start(): ChildProcess {
  const jinja = createRequire(import.meta.url).resolve('@huggingface/jinja')
  const memory = `--max-old-space-size=${checkpointLimits.templateMemoryMb}`
  // A template gets no environment variables of this process, except the one that Windows needs to start a process.
  const {SystemRoot} = process.env
  return spawn(process.execPath, [memory, '-e', program, jinja], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: SystemRoot === undefined ? {} : {SystemRoot},
  })
}

/**
 * The program of the child process: it reports that it is ready, then answers each Job with an Answer. It is a string,
 * so that it runs unchanged whatever compiled this file. It ends when its channel closes. If a template loops when the
 * parent is killed, a thread ends it. It ignores interrupts: the terminal sends them to every process, and the parent
 * handles them.
 */
const program = `
const {Worker} = require('node:worker_threads')
const {Template} = require(process.argv[1])
const watch = "const parent = process.ppid; setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL') }, 1000)"
new Worker(watch, {eval: true}).unref()
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {})
const compiled = new Map()
process.on('message', ({source, context, maxChars}) => {
  try {
    const template = compiled.get(source) ?? new Template(source)
    compiled.set(source, template)
    const text = template.render(context)
    process.send(text.length > maxChars ? {error: 'it writes more than ' + maxChars + ' characters'} : {text})
  } catch (thrown) {
    process.send({error: String(thrown?.message ?? thrown).slice(0, 1000)})
  }
})
process.send({text: ''})
`
