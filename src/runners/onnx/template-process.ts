// Renders chat templates in a process of its own. A template is a program that came with a checkpoint: it may loop for
// ever or fill the memory. A thread would not do, because V8 ends the whole process when a list outgrows the heap of one
// of its threads. One process serves all templates; a template that breaks it costs the next one a new start.
import {type ChildProcess, spawn} from 'node:child_process'
import {createRequire} from 'node:module'
import {checkpointLimits} from '../../core/limits.js'

/** What goes to the process, and what comes back. */
interface Job {
  readonly source: string
  readonly context: unknown
  readonly maxChars: number
  readonly maxMs: number
}
type Answer = {readonly text: string} | {readonly error: string}

/** Beyond its own time, what the process gets to start and to answer before it is ended. */
const graceMs = 10_000

let running: ChildProcess | undefined
let last: Promise<unknown> = Promise.resolve()

/** Renders after those that were asked for before. Throws an Error that says why, also for a bound that was reached. */
export function renderTemplate(source: string, context: unknown): Promise<string> {
  const {templateChars: maxChars, templateMs: maxMs} = checkpointLimits
  const job = last.then(() => render({source, context, maxChars, maxMs}))
  last = job.catch(() => undefined)
  return job
}

async function render(job: Job): Promise<string> {
  const child = running?.connected ? running : start()
  running = child
  // While a job waits, the process keeps this one alive; between jobs it does not.
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
    const timer = setTimeout(() => broken('it does not end'), job.maxMs + graceMs)
    child.once('message', value => end(value as Answer))
    child.once('error', error => broken(`the process that renders it cannot be started (${error.message})`))
    child.once('exit', () => broken(`it needs more than ${checkpointLimits.templateMemoryMb} MB of memory`))
    child.send(job, error => error && broken(`the process that renders it has ended (${error.message})`))
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
  return spawn(process.execPath, [memory, '-e', `(${serve.toString()})()`, jinja], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: SystemRoot === undefined ? {} : {SystemRoot},
  })
}

/** The program of the process. It is sent as text, so it uses nothing from outside itself. It ends with its channel. */
function serve(): void {
  const vm = require('node:vm') as typeof import('node:vm')
  const {Template} = require(process.argv[1]!) as typeof import('@huggingface/jinja')
  const compiled = new Map<string, InstanceType<typeof Template>>()
  // An interrupt in the terminal goes to every process of it; the one that asked decides when the work ends.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)
  process.on('message', ({source, context, maxChars, maxMs}: Job) => {
    const answer = (value: Answer) => process.send!(value)
    const renderHere = () => {
      const template = compiled.get(source) ?? new Template(source)
      compiled.set(source, template)
      return template.render(context as Record<string, unknown>)
    }
    try {
      // Only the virtual machine can interrupt a loop from within its own thread.
      const text = vm.runInNewContext('render()', {render: renderHere}, {timeout: maxMs}) as string
      answer(text.length > maxChars ? {error: `it writes more than ${maxChars} characters`} : {text})
    } catch (thrown) {
      const {code, message} = (thrown ?? {}) as {code?: unknown; message?: unknown}
      const late = code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
      answer({error: late ? `it does not end within ${maxMs / 1000} s` : String(message ?? thrown).slice(0, 1000)})
    }
  })
}
