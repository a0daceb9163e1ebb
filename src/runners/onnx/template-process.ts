// Renders chat templates in a process of its own. A template is a program that came with a checkpoint: it may loop for
// ever or fill the memory. A thread would not do, because V8 ends the whole process when a list outgrows the heap of
// one of its threads. One process serves all templates; a template that breaks it costs the next one a new start.
import {type ChildProcess, spawn} from 'node:child_process'
import {createRequire} from 'node:module'
import {checkpointLimits} from '../../core/limits.js'

/** What goes to the process, and what comes back. */
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

/** Renders after those that were asked for before. Throws an Error that says why, also for a bound that was reached. */
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
  // A failure to send is told by the end of the process.
  child.send(job, () => undefined)
  return answer
}

/** The next text from the process. Throws an Error when it answers with one, ends, or takes too long. */
async function answerOf(child: ChildProcess, ms: number): Promise<string> {
  // While an answer is waited for, the process keeps this one alive; between answers it does not.
  child.ref()
  child.channel?.ref()
  const answer = await new Promise<Answer>(resolve => {
    const end = (value: Answer) => {
      clearTimeout(timer)
      child.removeAllListeners()
      // A listener must be there for an error that comes late, or it would be thrown.
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
      // How V8 ends a process whose heap is full: by abort(), which a shell in between turns into a number.
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
  // Nothing of this process's environment is for a template; Windows needs one variable to start anything.
  const {SystemRoot} = process.env
  return spawn(process.execPath, [memory, '-e', program, jinja], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: SystemRoot === undefined ? {} : {SystemRoot},
  })
}

/**
 * The program of the process: says that it is ready, then answers each Job with an Answer. It is a text, because it has
 * to run as it stands, whatever compiled this file. It ends with its channel; a thread sees to it where a template
 * loops and this process was killed. An interrupt in the terminal goes to every process of it, so it is left to this
 * one.
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
