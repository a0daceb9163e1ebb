// Sends chat completions: one pool of connections, an adaptive limit, bounded and visible retries, a budget, a cache.
// It knows nothing of samples: runners and judges both speak through it.
import {setMaxListeners} from 'node:events'
import {setTimeout as sleep} from 'node:timers/promises'
import pLimit, {type LimitFunction} from 'p-limit'
import {LanternError, messageOf} from '../../core/errors.js'
import type {Decoding, SeenImage} from '../../core/generation.js'
import {type Connections, connectionsTo, type Response} from '../../hub/network.js'
import type {Budget} from '../budget.js'
import type {CommonOptions, Price, RunnerEvent} from '../runner.js'
import {afterRateLimit, afterSuccess, afterTransient, initialLimit, type LimitState} from './adaptive-limit.js'
import {backoffMs, longestRetryAfterMs} from './backoff.js'
import {type ChatMessage, chatBody, type TokenParameter} from './body.js'
import type {Endpoint} from './endpoint.js'
import {connectionFailure, type Failure, httpFailure, malformedFailure} from './failure.js'
import {costOf} from './prices.js'
import {type ChatReply, isPage, parseReply} from './reply.js'
import {cacheKey, type ResponseCache} from './response-cache.js'

export interface ChatCall {
  readonly messages: readonly ChatMessage[]
  /** The pictures of the messages, in their order. */
  readonly images: readonly SeenImage[]
  readonly decoding: Decoding
  /** From 0, where the same is asked several times: each time has a reply of its own. */
  readonly repeat?: number | undefined
  /** False for a whole reply that is of no use: it is not cached, so that it can be asked for again. */
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
      readonly totalMs: number | null
      readonly attempts: number
      readonly cached: boolean
    }
  | {readonly kind: 'failure'; readonly code: string; readonly message: string; readonly attempts: number}
  /** Not asked, or not to the end: aborted, or the budget is used up. */
  | {readonly kind: 'left-out'}

export interface ChatClientOptions {
  readonly endpoint: Endpoint
  /** Names the proxy, if there is one. */
  readonly env: CommonOptions['env']
  readonly concurrency: number | 'auto'
  readonly timeoutMs: number
  readonly maxRetries: number
  readonly budget: Budget
  /** What tokens cost where a reply does not say; null where that is not known. */
  readonly price: Price | null
  /** Merged into every body. */
  readonly extraBody?: Readonly<Record<string, unknown>>
  /** Null where replies are neither read nor kept. */
  readonly cache: ResponseCache | null
  readonly notify: (event: RunnerEvent) => void
  /** Uniform in [0, 1), for the jitter. */
  readonly uniform?: () => number
}

const largestReplyBytes = 32 << 20
/** Requests that may fail for reasons of their own before the first has succeeded. */
const failuresBeforeSuccess = 2
/**
 * Later an endpoint is given up when so many times the limit fail in a row for reasons that are not theirs: it has
 * gone, or the key has.
 */
const failuresPerSlot = 2
const leftOut: ChatOutcome = {kind: 'left-out'}

export class ChatClient {
  readonly #options: ChatClientOptions
  readonly #connections: Connections
  /** One until the first reply: a wrong key, name or URL costs one request. */
  readonly #slots: LimitFunction = pLimit(1)
  #limit: LimitState
  #proven = false
  /** Since the last success: requests before the first one, samples that the endpoint is to blame for later. */
  #failures = 0
  #stopped: string | undefined
  #tokenParameter: TokenParameter = 'max_tokens'

  constructor(options: ChatClientOptions) {
    this.#options = options
    this.#limit = initialLimit(options.concurrency)
    this.#connections = connectionsTo(options.endpoint.origin, options.env, {
      silenceMs: options.timeoutMs,
      connectMs: Math.min(options.timeoutMs, 30_000),
      largestAnswerBytes: largestReplyBytes,
    })
  }

  /** How many calls it makes sense to have open: all that may be in flight, and a few that are being prepared. */
  get window(): number {
    if (this.#stopped !== undefined) return 0
    return this.#proven ? this.#limit.limit + Math.ceil(this.#limit.limit / 8) : 1
  }

  /**
   * Asks, or reads the reply from the cache. Failures are outcomes.
   * Throws LanternError `endpoint` when no request can succeed: a first request with a wrong key, name or URL, or a
   * used-up account.
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
    if (saved) return {kind: 'reply', reply: saved, totalMs: null, attempts: 0, cached: true}
    // Every request in flight listens to the one signal of the run.
    setMaxListeners(0, signal)
    const outcome = await this.#slots(() => this.#send(call, signal))
    if (key && outcome.kind === 'reply' && isUseful(call, outcome.reply)) await this.#store(key, outcome.reply)
    return outcome
  }

  async close(): Promise<void> {
    await this.#connections.destroy()
  }

  async #send(call: ChatCall, signal: AbortSignal): Promise<ChatOutcome> {
    const {maxRetries, budget, notify, uniform = Math.random} = this.#options
    let body = this.#body(call)
    for (let attempt = 1; ; attempt++) {
      if (signal.aborted || this.#stopped !== undefined) return leftOut
      const refused = budget.admit()
      if (refused !== undefined) {
        this.#stop(`Stopped asking: ${refused}.`)
        return leftOut
      }
      const started = performance.now()
      const result = await this.#attempt(body, call, signal)
      budget.settle('text' in result ? result.costUsd : null)
      if ('text' in result) {
        this.#succeeded(result)
        return {kind: 'reply', reply: result, totalMs: performance.now() - started, attempts: attempt, cached: false}
      }
      if (signal.aborted) return leftOut
      this.#feel(result)
      if (this.#tokenParameter === 'max_tokens' && /max_completion_tokens/.test(result.message)) {
        this.#tokenParameter = 'max_completion_tokens'
        body = this.#body(call)
        continue
      }
      const waitMs = backoffMs(attempt, result.retryAfterMs, uniform())
      const hopeless = !result.retry || (!this.#proven && result.blame === 'endpoint')
      if (hopeless || attempt > maxRetries || waitMs > longestRetryAfterMs) return this.#fail(result, attempt, call)
      notify({type: 'retry', reason: result.message, attempt, waitMs})
      await sleep(waitMs, undefined, {signal}).catch(() => {})
    }
  }

  #body({messages, decoding, continuation}: ChatCall): Buffer {
    const {endpoint, extraBody} = this.#options
    return chatBody(endpoint.name, messages, {
      decoding,
      tokenParameter: this.#tokenParameter,
      ...(continuation !== undefined && {continuation}),
      ...(extraBody && {extraBody}),
    })
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
        path: endpoint.path,
        headers: {...endpoint.headers},
        body,
        signal: cut.signal,
      })
      const text = await reply.text()
      return endpoint.redact(
        statusCode >= 200 && statusCode < 300
          ? this.#read(text, headers, call)
          : httpFailure(statusCode, headers, text, Date.now()),
      )
    } catch (error) {
      return endpoint.redact(connectionFailure(error, timeoutMs))
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
  }

  #read(text: string, headers: Response['headers'], {decoding, continuation}: ChatCall): ChatReply | Failure {
    const reply = parseReply(text, decoding.maxNewTokens, continuation)
    if (typeof reply === 'string') return malformedFailure(reply, isPage(text))
    return {...reply, costUsd: reply.costUsd ?? costOf(this.#options.price, reply.usage, headers)}
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

  #fail({code, message, blame, retry}: Failure, attempts: number, {continuation}: ChatCall): ChatOutcome {
    const failure: ChatOutcome = {kind: 'failure', code, message, attempts}
    // What cannot be scored may well be answered.
    if (continuation !== undefined) return failure
    const {endpoint} = this.#options
    if (!this.#proven) this.#failures += attempts
    else if (blame === 'endpoint') this.#failures++
    const early = !this.#proven && (blame === 'endpoint' || this.#failures > failuresBeforeSuccess)
    const gone = this.#proven && this.#failures > failuresPerSlot * this.#limit.limit
    const broke = /^http-4(02|29)$/.test(code) && !retry
    if (early || gone || broke)
      throw this.#giveUp(
        `${endpoint.url} does not answer for the model ${endpoint.name}: ${message}`,
        suggestionFor(code),
      )
    return failure
  }

  #giveUp(sentence: string, suggestion: string): LanternError {
    this.#stop(undefined)
    return new LanternError('endpoint', `${sentence.replace(/\.+$/, '')}.`, suggestion)
  }

  #stop(warning: string | undefined): void {
    if (this.#stopped === undefined && warning !== undefined) this.#options.notify({type: 'warning', message: warning})
    this.#stopped ??= warning ?? 'gave up'
  }

  async #store(key: string, reply: ChatReply): Promise<void> {
    try {
      await this.#options.cache?.write(key, reply)
    } catch (error) {
      this.#options.notify({type: 'warning', message: `A reply could not be cached: ${messageOf(error)}`})
    }
  }
}

/** Whether a whole reply is worth keeping. */
function isUseful(call: ChatCall, {text, logProbs}: ChatReply): boolean {
  return call.continuation === undefined ? (call.isUseful?.(text) ?? true) : logProbs !== undefined
}

/** The message as it is hashed: pictures are hashed apart, from their files. */
function withoutBytes({role, content}: ChatMessage): unknown {
  if (typeof content === 'string') return {role, content}
  return {
    role,
    content: content.map(part =>
      part.type === 'text' ? part : {type: 'image', mime: part.mime, ...(part.detail && {detail: part.detail})},
    ),
  }
}

const suggestions: Readonly<Record<string, string>> = {
  'http-401': 'Check the key: OPENAI_API_KEY, or the variable that --api-key-env names.',
  'http-402': 'The account has no credit left.',
  'http-403': 'Check that the key may use this model.',
  'http-404': 'Check the model name after openai:, and --base-url (it usually ends in /v1).',
  'http-429':
    'The account is over its quota, or the limit is too low for this run: try again later; the same command resumes.',
  proxy: 'Check HTTP_PROXY and HTTPS_PROXY (http://user:password@host:port), or except this endpoint with NO_PROXY.',
  connection: 'Check --base-url, that the server is running, and the proxy if HTTP_PROXY or HTTPS_PROXY names one.',
  timeout: 'Check that the server is running, or raise --timeout.',
  malformed: 'Check that --base-url is an OpenAI-compatible endpoint (it usually ends in /v1).',
}

function suggestionFor(code: string): string {
  return suggestions[code] ?? 'Check --base-url, the model name and the decoding flags.'
}
