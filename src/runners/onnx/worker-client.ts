// The main thread's side of a model in a worker: sends groups when the worker asks for them and yields the generations.
import {Worker} from 'node:worker_threads'
import {type ErrorCode, exitCodes, LanternError, messageOf} from '../../core/errors.js'
import {failedGeneration, type Generation, type LatentBlock, type Request} from '../../core/generation.js'
import type {RunnerEvent} from '../runner.js'
import {type FromWorker, packGroup, type SentError, type ToWorker, type WorkerStart} from './messages.js'
import type {Provenance} from './types.js'

/** What a session needs of a model, wherever it runs. */
export interface ModelHost {
  readonly provenance: Provenance
  generate(groups: AsyncIterable<readonly Request[]>, signal: AbortSignal): AsyncIterable<Generation>
  score(request: Request, latents: readonly LatentBlock[], continuations: readonly string[]): Promise<number[][]>
  close(): Promise<void>
}

/** Starts a worker and waits until its model is loaded. Throws the LanternError that loading throws. */
export async function startWorker(
  script: URL,
  start: WorkerStart,
  notify: (event: RunnerEvent) => void,
): Promise<ModelHost> {
  const worker = new Worker(script, {workerData: start})
  const inbox = new Inbox(worker, notify)
  const post = (message: ToWorker) => worker.postMessage(message)
  const exited = new Promise(resolve => worker.once('exit', resolve))
  const first = await inbox.next()
  if (first.type !== 'ready') throw new Error(`the worker began with ${first.type}`)

  async function* generate(groups: AsyncIterable<readonly Request[]>, signal: AbortSignal): AsyncGenerator<Generation> {
    const source = groups[Symbol.asyncIterator]()
    /** Groups in the worker, and how many of their generations are still to come. */
    const sent = new Map<number, {readonly requests: readonly Request[]; left: number}>()
    // Requests whose pictures cannot be read never reach the worker.
    const unread: Generation[] = []
    let count = 0
    let failure: unknown
    const abort = () => post({type: 'abort'})
    const sendNext = async () => {
      while (!signal.aborted) {
        const next = await source.next()
        if (next.done || signal.aborted) break
        const packed = await packGroup(next.value)
        for (const {request, error} of packed.unread) {
          const code = error instanceof LanternError ? error.code : 'bug'
          unread.push(failedGeneration(request, code, messageOf(error)))
        }
        const {group, requests} = packed
        if (requests.length === 0) continue
        const number = count++
        sent.set(number, {requests, left: requests.length})
        post({type: 'group', number, group})
        for (const [request, {live}] of requests.entries()) {
          const drop = () => post({type: 'drop', group: number, request})
          if (live?.gone.aborted) drop()
          else live?.gone.addEventListener('abort', drop, {once: true})
        }
        return
      }
      post({type: 'end'})
    }
    signal.addEventListener('abort', abort, {once: true})
    post({type: 'start'})
    let finished = false
    try {
      while (!finished) {
        const message = await inbox.next()
        yield* unread.splice(0)
        if (message.type === 'pull') {
          // Not awaited: reading the next group goes on while the worker decodes.
          sendNext().catch((error: unknown) => {
            failure = error
            post({type: 'abort'})
          })
        } else if (message.type === 'generation') {
          const group = sent.get(message.group)!
          if (--group.left === 0) sent.delete(message.group)
          yield {...message.generation, request: group.requests[message.request]!}
        } else if (message.type === 'text') {
          sent.get(message.group)!.requests[message.request]!.live?.text(message.more)
        } else if (message.type === 'done') finished = true
      }
      if (failure !== undefined) throw failure
      yield* unread.splice(0)
    } finally {
      signal.removeEventListener('abort', abort)
      if (!finished && !inbox.failed) {
        // The consumer went away: the worker must be idle before it can be used again.
        abort()
        while ((await inbox.next()).type !== 'done');
      }
      await source.return?.()
    }
  }

  return {
    provenance: first.provenance,
    generate,
    async score(request, latents, continuations) {
      const {group, unread} = await packGroup([request])
      if (unread[0]) throw unread[0].error
      post({type: 'score', group, latents, continuations})
      const message = await inbox.next()
      if (message.type !== 'scores') throw new Error(`the worker answered a score with ${message.type}`)
      return message.scores
    },
    async close() {
      post({type: 'close'})
      await exited
    },
  }
}

/**
 * Messages of the worker in their order, waited for one by one; its failures are thrown, its events passed on at once.
 */
class Inbox {
  readonly #waiting: FromWorker[] = []
  #wake: (() => void) | undefined
  #failure: unknown

  constructor(worker: Worker, notify: (event: RunnerEvent) => void) {
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'event') return notify(message.event)
      if (message.type === 'failed') this.#failure = errorOf(message.error)
      else this.#waiting.push(message)
      this.#wake?.()
    })
    worker.on('error', error => {
      this.#failure = error
      this.#wake?.()
    })
    worker.on('exit', () => {
      this.#failure ??= new Error('the worker of the model ended')
      this.#wake?.()
    })
  }

  get failed(): boolean {
    return this.#failure !== undefined
  }

  async next(): Promise<FromWorker> {
    for (;;) {
      const message = this.#waiting.shift()
      if (message !== undefined) return message
      if (this.#failure !== undefined) throw this.#failure
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }
}

function errorOf({code, message, suggestion}: SentError): Error {
  return code !== null && Object.hasOwn(exitCodes, code)
    ? new LanternError(code as ErrorCode, message, suggestion)
    : new Error(message)
}
