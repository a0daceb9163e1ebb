// The thread a model runs on. onnxruntime computes on the calling thread, and the main thread has to handle progress,
// signals and files.
// Started by worker-client.ts with a WorkerStart; the messages are in messages.ts.
import {type MessagePort, parentPort, workerData} from 'node:worker_threads'
import {LanternError, messageOf} from '../../core/errors.js'
import type {Request} from '../../core/generation.js'
import {loadPlugins} from '../../core/plugins.js'
import {registerIntervention} from '../../modes/interventions.js'
import {registerProtocol} from '../../modes/protocols.js'
import {Engine} from './engine.js'
import {loadCheckpoint} from './load.js'
import {type FromWorker, type SentError, type ToWorker, unpackGroup, type WorkerStart} from './messages.js'

async function serve(port: MessagePort, {dir, load, engine: options, plugins}: WorkerStart): Promise<void> {
  const post = (message: FromWorker) => port.postMessage(message)
  await loadPlugins(
    plugins.map(url => ({name: url, folder: ''})),
    {protocol: registerProtocol, intervention: registerIntervention},
  )
  const tools = await loadCheckpoint(dir, {
    ...load,
    notify: (what, bytes) => post({type: 'event', event: {type: 'loading', what, ...bytes}}),
    warn: message => post({type: 'event', event: {type: 'warning', message}}),
  })
  const engine = new Engine(tools, options)
  let controller = new AbortController()
  let arrived: ((requests: readonly Request[] | null) => void) | undefined
  const numbers = new Map<Request, {group: number; request: number}>()

  /** The incoming groups. The next one is requested while the current one is processed. */
  async function* groups() {
    const ask = () =>
      new Promise<readonly Request[] | null>(resolve => {
        arrived = resolve
        post({type: 'pull'})
      })
    let next = ask()
    for (;;) {
      const requests = await next
      if (requests === null) return
      next = ask()
      yield requests
    }
  }

  async function generate() {
    controller = new AbortController()
    for await (const {request, ...generation} of engine.generate(groups(), controller.signal)) {
      post({type: 'generation', ...numbers.get(request)!, generation})
      numbers.delete(request)
    }
    numbers.clear()
    post({type: 'done'})
  }

  const guarded = (work: Promise<void>) => {
    work.catch((error: unknown) => post({type: 'failed', error: errorToSend(error)}))
  }
  port.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'start':
        return guarded(generate())
      case 'group': {
        const requests = unpackGroup(message.group)
        for (const [request, value] of requests.entries()) numbers.set(value, {group: message.number, request})
        return arrived?.(requests)
      }
      case 'end':
        return arrived?.(null)
      case 'abort':
        controller.abort()
        return arrived?.(null)
      case 'score': {
        const [request] = unpackGroup(message.group)
        const {latents, continuations} = message
        return guarded(engine.score(request!, latents, continuations).then(scores => post({type: 'scores', scores})))
      }
      case 'close':
        return guarded(tools.model.close().then(() => port.close()))
    }
  })
  post({type: 'ready', provenance: tools.model.provenance})
}

function errorToSend(error: unknown): SentError {
  const known = error instanceof LanternError
  return {code: known ? error.code : null, message: messageOf(error), suggestion: known ? error.suggestion : undefined}
}

const port = parentPort!
serve(port, workerData as WorkerStart).catch((error: unknown) => {
  port.postMessage({type: 'failed', error: errorToSend(error)} satisfies FromWorker)
  port.close()
})
