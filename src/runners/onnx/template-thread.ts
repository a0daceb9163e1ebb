// Renders chat templates in a thread of its own. A template is a program that came with a checkpoint: it may loop for
// ever or fill the memory, and only a thread can be stopped from outside. One thread serves all templates of a process;
// a template that breaks it costs the next one a new start.
import {createRequire} from 'node:module'
import {Worker} from 'node:worker_threads'
import {messageOf} from '../../core/errors.js'
import {checkpointLimits} from '../../core/limits.js'

/** What goes to the thread, and what comes back. */
interface Job {
  readonly source: string
  readonly context: unknown
  readonly maxChars: number
}
type Answer = {readonly text: string} | {readonly error: string}

let thread: Worker | undefined
let last: Promise<unknown> = Promise.resolve()

/** Renders after those that were asked for before. Throws an Error that says why, also for a bound that was reached. */
export function renderTemplate(source: string, context: unknown): Promise<string> {
  const job = last.then(() => render({source, context, maxChars: checkpointLimits.templateChars}))
  last = job.catch(() => undefined)
  return job
}

async function render(job: Job): Promise<string> {
  const worker = thread ?? startThread()
  thread = worker
  // While a job waits, the thread keeps the process alive; between jobs it does not.
  worker.ref()
  const answer = await new Promise<Answer>(resolve => {
    const failed = (why: string) => {
      thread = undefined
      void worker.terminate()
      resolve({error: why})
    }
    const timer = setTimeout(
      () => failed(`it does not end within ${checkpointLimits.templateMs / 1000} s`),
      checkpointLimits.templateMs,
    )
    const settle = (value: Answer) => {
      clearTimeout(timer)
      resolve(value)
    }
    worker.removeAllListeners()
    worker.once('message', settle)
    worker.once('error', (error: unknown) => {
      clearTimeout(timer)
      const memory = (error as {code?: unknown}).code === 'ERR_WORKER_OUT_OF_MEMORY'
      failed(memory ? `it needs more than ${checkpointLimits.templateMemoryMb} MB of memory` : messageOf(error))
    })
    worker.once('exit', () => {
      clearTimeout(timer)
      failed('its thread ended')
    })
    worker.postMessage(job)
  })
  worker.unref()
  if ('error' in answer) throw new Error(answer.error)
  return answer.text
}

function startThread(): Worker {
  const jinja = createRequire(import.meta.url).resolve('@huggingface/jinja')
  return new Worker(`(${serve.toString()})()`, {
    eval: true,
    workerData: jinja,
    // Nothing of the process is for a template.
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: {
      maxOldGenerationSizeMb: checkpointLimits.templateMemoryMb,
      maxYoungGenerationSizeMb: 16,
      stackSizeMb: 2,
    },
  })
}

/** The program of the thread. It is sent as text, so it uses nothing from outside itself. */
function serve(): void {
  const {parentPort, workerData} = require('node:worker_threads') as typeof import('node:worker_threads')
  const {Template} = require(workerData as string) as typeof import('@huggingface/jinja')
  const compiled = new Map<string, InstanceType<typeof Template>>()
  parentPort!.on('message', ({source, context, maxChars}: Job) => {
    const answer = (value: Answer) => parentPort!.postMessage(value)
    try {
      const template = compiled.get(source) ?? new Template(source)
      compiled.set(source, template)
      const text = template.render(context as Record<string, unknown>)
      answer(text.length > maxChars ? {error: `it writes more than ${maxChars} characters`} : {text})
    } catch (error) {
      answer({error: String((error as {message?: unknown} | null)?.message ?? error).slice(0, 1000)})
    }
  })
}
