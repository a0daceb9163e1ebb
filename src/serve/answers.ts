// The requests of all clients as one stream of groups for a session, and each answer back to the one who waits.
import type {Generation, Request} from '../core/generation.js'
import type {Session} from '../runners/runner.js'
import {stoppingRefusal} from './refusal.js'

export class Answers {
  readonly #waiting: Request[] = []
  readonly #open = new Map<Request, {done(generation: Generation): void; failed(error: unknown): void}>()
  #wake: (() => void) | undefined
  #ended = false
  #failure: {readonly error: unknown} | undefined
  readonly #running: Promise<void>

  constructor(session: Session) {
    this.#running = this.#run(session)
  }

  /** Requests that have no answer yet. */
  get open(): number {
    return this.#open.size
  }

  /** Whether the model cannot answer any longer. */
  get failed(): boolean {
    return this.#failure !== undefined
  }

  /** The answer to a request. Rejects if the session ends without one, and after `end`. */
  ask(request: Request): Promise<Generation> {
    if (this.#ended) return Promise.reject(stoppingRefusal())
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error)
    return new Promise((done, failed) => {
      this.#open.set(request, {done, failed})
      this.#waiting.push(request)
      this.#wake?.()
    })
  }

  /** Resolves once every request has its answer. */
  async end(): Promise<void> {
    this.#ended = true
    this.#wake?.()
    await this.#running
  }

  async *#groups(): AsyncGenerator<readonly Request[]> {
    for (;;) {
      const next = this.#waiting.shift()
      if (next !== undefined) yield [next]
      else if (this.#ended) return
      else
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
    }
  }

  async #run(session: Session): Promise<void> {
    try {
      for await (const generation of session.generate(this.#groups(), new AbortController().signal)) {
        this.#open.get(generation.request)?.done(generation)
        this.#open.delete(generation.request)
      }
    } catch (error) {
      this.#failure = {error}
      for (const {failed} of this.#open.values()) failed(error)
      this.#open.clear()
    }
  }
}
