// Sends chat completions: one pool of connections, an adaptive limit, bounded and visible retries, a budget, a cache.
// It does not know about samples: both runners and judges use it.
import {setMaxListeners} from 'node:events'
import {setTimeout as sleep} from 'node:timers/promises'
import pLimit, {type LimitFunction} from 'p-limit'
import {LanternError, messageOf} from '../../core/errors.js'
import {type Decoding, type SeenImage, unknownUsage} from '../../core/generation.js'
import {type Connections, connectionsTo, type Response} from '../../hub/network.js'
import type {Budget} from '../budget.js'
import type {CommonOptions, Price, RunnerEvent} from '../runner.js'
import {afterRateLimit, afterSuccess, afterTransient, initialLimit, type LimitState} from './adaptive-limit.js'
import {suggestionFor} from './advice.js'
import {backoffMs, longestRetryAfterMs, pollMs} from './backoff.js'
import {type ChatMessage, chatBody} from './body.js'
import {bodyText, UnreadableBody} from './body-text.js'
import {DroppedParameters} from './dropped-parameters.js'
import type {Endpoint} from './endpoint.js'
import {
  connectionFailure,
  type Failure,
  httpFailure,
  malformedFailure,
  quoted,
  saidFailure,
  toldShort,
} from './failure.js'
import {adviceFor} from './faults.js'
import {costOf} from './prices.js'
import {type ChatReply, readReply} from './reply.js'
import {cacheKey, type ResponseCache} from './response-cache.js'

export interface ChatCall {
  readonly messages: readonly ChatMessage[]
  /** The pictures of the messages, in order. */
  readonly images: readonly SeenImage[]
  readonly decoding: Decoding
  /** Number of the repeat from 0, if the same request is made several times. Each repeat has its own cached reply. */
  readonly repeat?: number | undefined
  /** More fields of the body, for this request alone. They are no part of its name in the cache. */
  readonly fields?: Readonly<Record<string, unknown>>
  /** Returns false for a complete but unusable reply. Such a reply is not cached, so that it is requested again. */
  readonly isUseful?: (text: string) => boolean
  /**
   * Asks for the log-probabilities of this beginning of an answer (`logProbs` of the reply) instead of for an answer.
   */
  readonly continuation?: string
}

export type ChatOutcome =
  | {
      readonly kind: 'reply'
      readonly reply: ChatReply
      /** Parameters that were left out of this request because the endpoint refused them. */
      readonly dropped: readonly string[]
      readonly totalMs: number | null
      readonly attempts: number
      readonly cached: boolean
    }
  | {
      readonly kind: 'failure'
      readonly code: string
      readonly message: string
      readonly attempts: number
      /** The server's own code and sentence, where it gave any. */
      readonly said?: {readonly code: string; readonly message: string}
    }
  /** Not requested or not completed: aborted, or the budget is used up. */
  | {readonly kind: 'left-out'}

export interface ChatClientOptions {
  readonly endpoint: Endpoint
  /** Names the proxy, if there is one. */
  readonly env: CommonOptions['env']
  readonly concurrency: number | 'auto'
  readonly timeoutMs: number
  readonly maxRetries: number
  readonly budget: Budget
  /** Token prices for replies that do not state their cost; null if unknown. */
  readonly price: Price | null
  /** Merged into every body. */
  readonly extraBody?: Readonly<Record<string, unknown>>
  /** Null if replies are neither read from a cache nor stored. */
  readonly cache: ResponseCache | null
  readonly notify: (event: RunnerEvent) => void
  /** Uniform in [0, 1), for the jitter. */
  readonly uniform?: () => number
}

/** How many requests may fail for unknown reasons before the first success. After that the endpoint is given up. */
const failuresBeforeSuccess = 8
const retriesInDoubt = 1
/**
 * After the first success, an endpoint is given up if this many times the limit of requests fail in a row through no
 * fault of their samples: the endpoint or the key is no longer valid.
 */
const failuresPerSlot = 2
type FailedOutcome = Extract<ChatOutcome, {kind: 'failure'}>

const leftOut: ChatOutcome = {kind: 'left-out'}

export class ChatClient {
  readonly #options: ChatClientOptions
  readonly #connections: Connections
  /** One until the first reply, so that a wrong key, name or URL costs only one request. */
  readonly #slots: LimitFunction = pLimit(1)
  readonly #dropped: DroppedParameters
  readonly #told = new Set<string>()
  #path: string
  #limit: LimitState
  #proven = false
  /**
   * Failures since the last success: before the first success all failed requests, later only samples that failed
   * because of the endpoint.
   */
  #failures = 0
  #stopped: string | undefined

  constructor(options: ChatClientOptions) {
    const {endpoint, env, timeoutMs, concurrency, extraBody} = options
    this.#options = options
    this.#path = endpoint.path
    this.#limit = initialLimit(concurrency)
    this.#dropped = new DroppedParameters(Object.keys(extraBody ?? {}))
    this.#connections = connectionsTo(endpoint.origin, env, {
      silenceMs: timeoutMs,
      connectMs: Math.min(timeoutMs, 30_000),
    })
  }

  /** The useful number of open calls: those that may be in flight, and a few that are being prepared. */
  get window(): number {
    if (this.#stopped !== undefined) return 0
    return this.#proven ? this.#limit.limit + Math.ceil(this.#limit.limit / 8) : 1
  }

  /**
   * Sends the request, or reads the reply from the cache. Failures are returned as outcomes.
   * Throws LanternError `endpoint` if no request can succeed: the key, name or URL is wrong, or the account has no
   * credit left.
   */
  async complete(call: ChatCall, signal: AbortSignal): Promise<ChatOutcome> {
    const {endpoint, cache, extraBody} = this.#options
    const {url, name} = endpoint
    const {messages, images, decoding, repeat, continuation} = call
    const key =
      cache &&
      cacheKey({
        endpoint: {url, name},
        messages: messages.map(withoutBytes),
        images,
        decoding,
        repeat: repeat || undefined,
        continuation,
        extraBody: extraBody && endpoint.redact(extraBody),
      })
    const saved = key && (await cache?.read(key))
    if (saved) return {kind: 'reply', ...saved, totalMs: null, attempts: 0, cached: true}
    // Every request in flight listens to the same signal of the run.
    setMaxListeners(0, signal)
    const outcome = await this.#slots(() => this.#send(call, signal))
    if (key && outcome.kind === 'reply' && isUseful(call, outcome.reply)) await this.#store(key, outcome)
    return outcome
  }

  async close(): Promise<void> {
    await this.#connections.destroy()
  }

  async #send(call: ChatCall, signal: AbortSignal): Promise<ChatOutcome> {
    const {maxRetries, budget, notify, timeoutMs, uniform = Math.random} = this.#options
    const begun = performance.now()
    let attempts = 0
    let failed = 0
    for (;;) {
      if (signal.aborted || this.#stopped !== undefined) return leftOut
      const refused = budget.admit()
      if (refused !== undefined) {
        this.#stop(`Stopped asking: ${refused}.`)
        return leftOut
      }
      attempts++
      const body = this.#body(call)
      const started = performance.now()
      const result = await this.#attempt(body.bytes, call, signal)
      budget.settle('text' in result ? result.costUsd : null)
      if ('text' in result) {
        this.#succeeded(result)
        const totalMs = performance.now() - started
        return {kind: 'reply', reply: result, dropped: body.dropped, totalMs, attempts, cached: false}
      }
      if (signal.aborted) return leftOut
      const failure = toldShort(result)
      this.#feel(failure)
      if (this.#changed(result, body.sent)) continue
      const loading = result.fault === 'loading'
      if (!loading) failed++
      const waitMs = loading ? pollMs(result.retryAfterMs) : backoffMs(failed, result.retryAfterMs, uniform())
      const hopeless = !result.retry || (!this.#proven && result.blame === 'endpoint')
      const patient = loading
        ? performance.now() - begun + waitMs < timeoutMs
        : !hopeless && failed <= this.#retries(maxRetries) && waitMs <= longestRetryAfterMs
      if (!patient) {
        const {code, message} = result.said ?? {code: '', message: ''}
        return {...this.#fail(failure, attempts, call), ...(code && {said: {code, message: quoted(message)}})}
      }
      // A request that the server was not ready for costs nothing, and has not used up the budget.
      if (loading) {
        budget.giveBack()
        this.#tellOnce('loading', `${this.#ref} still loads its model; waiting for it up to ${timeoutMs / 1000} s.`)
      }
      notify({type: 'retry', reason: failure.message, attempt: attempts, waitMs})
      await sleep(waitMs, undefined, {signal}).catch(() => {})
    }
  }

  /** If an endpoint has not answered anything yet despite all retries, the next samples get fewer retries. */
  #retries(most: number): number {
    return this.#proven || this.#failures === 0 ? most : Math.min(most, retriesInDoubt)
  }

  #body({messages, decoding, continuation, fields}: ChatCall) {
    const {endpoint, extraBody} = this.#options
    const dropped = this.#dropped.names
    const {bytes, sent} = chatBody(endpoint.name, messages, {
      decoding,
      ...this.#dropped.settings,
      ...(continuation !== undefined && {continuation}),
      ...((extraBody || fields) && {extraBody: {...extraBody, ...fields}}),
    })
    return {bytes, sent, dropped}
  }

  /** Whether the next attempt will differ: without a refused parameter, or at the alternative path. */
  #changed(failure: Failure, sent: readonly string[]): boolean {
    const left = this.#dropped.leaveOut(failure, sent)
    if (left?.told) {
      const sentence = `${this.#ref} does not take ${left.name} ("${toldShort(failure).message}")`
      this.#tellOnce(left.name, `${sentence}: it is left out from now on, which the records note.`)
    }
    if (left !== undefined) return true
    const {otherPath} = this.#options.endpoint
    const wrongPath =
      /^http-40[45]$/.test(failure.code) || (failure.code === 'malformed' && failure.blame === 'endpoint')
    if (this.#proven || otherPath === undefined || this.#path === otherPath || !wrongPath) return false
    this.#path = otherPath
    return true
  }

  async #attempt(body: Buffer, call: ChatCall, signal: AbortSignal): Promise<ChatReply | Failure> {
    const {endpoint, timeoutMs} = this.#options
    const cut = new AbortController()
    const abort = () => cut.abort()
    const timer = setTimeout(() => cut.abort(Object.assign(new Error('timeout'), {code: 'ETIMEDOUT'})), timeoutMs)
    signal.addEventListener('abort', abort, {once: true})
    try {
      const {
        statusCode,
        headers,
        body: reply,
      } = await this.#connections.request({
        origin: endpoint.origin,
        method: 'POST',
        path: this.#path,
        headers: {...endpoint.headers},
        body,
        signal: cut.signal,
      })
      const text = await bodyText(reply, headers)
      return endpoint.redact(
        statusCode >= 200 && statusCode < 300
          ? await this.#read(text, headers, call)
          : this.#refusalOr(httpFailure(statusCode, headers, text, Date.now())),
      )
    } catch (error) {
      if (error instanceof UnreadableBody) return malformedFailure(error.message, error)
      return endpoint.redact(connectionFailure(error, timeoutMs))
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
  }

  async #read(
    text: string,
    headers: Response['headers'],
    {decoding, continuation}: ChatCall,
  ): Promise<ChatReply | Failure> {
    const reading = await readReply(text, decoding.maxNewTokens, continuation)
    if (reading.kind === 'error') return this.#refusalOr(saidFailure(reading.said))
    if (reading.kind === 'malformed') return malformedFailure(reading.why, reading)
    const {reply} = reading
    return {...reply, costUsd: reply.costUsd ?? costOf(this.#options.price, reply.usage, headers)}
  }

  /**
   * A request that a filter blocked is a refusal, whatever its status: the endpoint works, and nothing was generated.
   */
  #refusalOr(failure: Failure): ChatReply | Failure {
    if (failure.fault !== 'filtered') return failure
    const {message} = toldShort(this.#options.endpoint.redact(failure))
    this.#tellOnce('filtered', `${this.#ref} filters a request ("${message}"); such samples count as refused.`)
    return {text: '', stop: 'refusal', usage: unknownUsage, costUsd: 0}
  }

  #succeeded(reply: ChatReply): void {
    const {budget, endpoint} = this.#options
    if (!this.#proven && budget.limitsCost && reply.costUsd === null) {
      throw this.#giveUp(
        `${endpoint.url} does not say what ${endpoint.name} costs, so --max-cost cannot be kept`,
        'Give --price IN,OUT, or use --max-requests instead.',
      )
    }
    this.#proven = true
    this.#failures = 0
    this.#setLimit(afterSuccess(this.#limit, {active: this.#slots.activeCount, now: Date.now()}))
  }

  #feel({load, retryAfterMs}: Failure): void {
    if (load === 'rate-limit')
      this.#setLimit(
        afterRateLimit(this.#limit, {now: Date.now(), ...(retryAfterMs === undefined ? {} : {retryAfterMs})}),
      )
    else if (load === 'transient') this.#setLimit(afterTransient(this.#limit))
  }

  #setLimit(next: LimitState): void {
    this.#limit = next
    if (!this.#proven || this.#slots.concurrency === next.limit) return
    this.#slots.concurrency = next.limit
    this.#options.notify({type: 'limit', concurrency: next.limit})
  }

  #fail(failure: Failure, attempts: number, {continuation}: ChatCall): FailedOutcome {
    const {code, message, blame, retry, fault} = failure
    const outcome: FailedOutcome = {kind: 'failure', code, message, attempts}
    // A prompt that cannot be scored may still be answered.
    if (continuation !== undefined) return outcome
    const {endpoint} = this.#options
    if (blame === 'sample' && fault) {
      this.#tellOnce(fault, `${this.#ref}: ${message}. ${adviceFor[fault]}`)
      return outcome
    }
    if (!this.#proven || blame === 'endpoint') this.#failures++
    const hopeless = blame === 'endpoint' || fault === 'loading' || this.#failures > failuresBeforeSuccess
    const early = !this.#proven && hopeless
    const gone = this.#proven && this.#failures > failuresPerSlot * this.#limit.limit
    const broke = (code === 'http-402' || code === 'http-429' || fault === 'no-credit') && !retry
    if (early || gone || broke)
      throw this.#giveUp(
        `${endpoint.url} does not answer for the model ${endpoint.name}: ${message}`,
        suggestionFor(failure),
      )
    return outcome
  }

  #giveUp(sentence: string, suggestion: string): LanternError {
    this.#stop(undefined)
    return new LanternError('endpoint', `${sentence.replace(/[. ]+$/, '')}.`, suggestion)
  }

  #stop(warning: string | undefined): void {
    if (this.#stopped === undefined && warning !== undefined) this.#options.notify({type: 'warning', message: warning})
    this.#stopped ??= warning ?? 'gave up'
  }

  get #ref(): string {
    return `openai:${this.#options.endpoint.name}`
  }

  #tellOnce(what: string, message: string): void {
    if (this.#told.has(what)) return
    this.#told.add(what)
    this.#options.notify({type: 'warning', message})
  }

  async #store(key: string, {reply, dropped}: Extract<ChatOutcome, {kind: 'reply'}>): Promise<void> {
    try {
      await this.#options.cache?.write(key, {reply, dropped})
    } catch (error) {
      this.#tellOnce('cache', `Replies cannot be cached: ${messageOf(error)}`)
    }
  }
}

/** Whether a complete reply should be cached. An empty one may be a temporary fault. */
function isUseful(call: ChatCall, {text, logProbs}: ChatReply): boolean {
  return call.continuation === undefined ? text !== '' && (call.isUseful?.(text) ?? true) : logProbs !== undefined
}

/** The message as it is hashed. Pictures are hashed separately, from their files. */
function withoutBytes({role, content}: ChatMessage): unknown {
  if (typeof content === 'string') return {role, content}
  return {
    role,
    content: content.map(part =>
      part.type === 'text' ? part : {type: 'image', mime: part.mime, ...(part.detail && {detail: part.detail})},
    ),
  }
}
