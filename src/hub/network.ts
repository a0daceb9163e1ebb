// Opens every connection to another machine, so that all of them use the proxy named by the environment.
// proxy.ts decides which proxy that is. Callers decide what to send and interpret the answers.
import {type Dispatcher, Pool, ProxyAgent, request as send} from 'undici'
import {messageOf} from '../core/errors.js'
import type {Environment} from './cache-layout.js'
import {type HttpProxy, proxyFor} from './proxy.js'

export type Connections = Dispatcher
export type Response = Dispatcher.ResponseData

/** Limits of connections. Times are in milliseconds. */
export interface ConnectionLimits {
  /** Longest silence before the head of an answer, and within its body. */
  readonly silenceMs?: number
  readonly connectMs?: number
  readonly largestAnswerBytes?: number
}

/**
 * Connections to one origin: as many as there are requests in flight, kept open between requests. The caller closes
 * them. Throws LanternError `usage`.
 */
export function connectionsTo(origin: string, env: Environment, limits: ConnectionLimits): Connections {
  const proxy = proxyFor(new URL(origin), env)
  return proxy === null ? new Pool(origin, poolOptions(limits)) : throughProxy(proxy, limits)
}

export interface RequestOptions
  extends Partial<Pick<Dispatcher.RequestOptions, 'method' | 'headersTimeout' | 'bodyTimeout'>> {
  readonly env: Environment
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal
}

/**
 * One request, over connections shared by all such requests. Rejects like undici's `request`, and with LanternError
 * `usage` for a bad proxy.
 */
export async function request(url: URL | string, {env, headers, ...options}: RequestOptions): Promise<Response> {
  const proxy = proxyFor(new URL(url), env)
  // Copied, because undici adds the host to the headers of a proxied request.
  return send(url, {...options, headers: {...headers}, ...(proxy !== null && {dispatcher: sharedAgent(proxy)})})
}

/**
 * The HTTP status with which a proxy refused a request or a tunnel, read from the error that undici threw for it
 * (nodejs/undici: lib/dispatcher/proxy-agent.js).
 */
export function proxyStatusOf(thrown: unknown): number | undefined {
  const status = /^Proxy (?:response|Authentication Required) \((\d+)\)/.exec(messageOf(thrown))?.[1]
  return status === undefined ? undefined : Number(status)
}

const shared = new Map<string, ProxyAgent>()

function sharedAgent(proxy: HttpProxy): ProxyAgent {
  const key = JSON.stringify(proxy)
  const agent = shared.get(key) ?? throughProxy(proxy, {})
  shared.set(key, agent)
  return agent
}

/**
 * https goes through a tunnel (CONNECT); http is forwarded, because many proxies tunnel to port 443 only. Tunnels are
 * kept open and pooled like direct connections.
 */
function throughProxy({url: uri, authorization: token}: HttpProxy, limits: ConnectionLimits): ProxyAgent {
  const {connect, ...pool} = poolOptions(limits)
  return new ProxyAgent({
    ...pool,
    uri,
    ...(token !== undefined && {token}),
    ...(connect !== undefined && {requestTls: connect, proxyTls: connect}),
    proxyTunnel: false,
    // Without these factories, forwarded requests would use undici's default limits.
    factory: (origin, options) => new Pool(origin, {...pool, ...options}),
    clientFactory: (origin, options) => new Pool(origin, {...pool, ...options}),
  })
}

function poolOptions({silenceMs, connectMs, largestAnswerBytes}: ConnectionLimits) {
  return {
    connections: null,
    ...(silenceMs !== undefined && {headersTimeout: silenceMs, bodyTimeout: silenceMs}),
    ...(largestAnswerBytes !== undefined && {maxResponseSize: largestAnswerBytes}),
    ...(connectMs !== undefined && {connect: {timeout: connectMs}}),
  }
}
