// Every connection to another machine is made here, so that all of them go through the proxy that the environment
// names.
// Which proxy that is says proxy.ts; what is sent and what answers mean is the callers' business.
import {type Dispatcher, Pool, ProxyAgent, request as send} from 'undici'
import {messageOf} from '../core/errors.js'
import {type Environment, type HttpProxy, proxyFor} from './proxy.js'

export type Connections = Dispatcher
export type Response = Dispatcher.ResponseData

/** Limits of connections; times in milliseconds. */
export interface ConnectionLimits {
  /** Silence before the head of an answer and within its body. */
  readonly silenceMs?: number
  readonly connectMs?: number
  readonly largestAnswerBytes?: number
}

/**
 * As many connections to one origin as there are requests in flight, kept open between them. To be closed. Throws
 * LanternError `usage`.
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
 * One request over connections that all such requests share. Rejects as undici's `request`, and with LanternError
 * `usage` for a bad proxy.
 */
export async function request(url: URL | string, {env, headers, ...options}: RequestOptions): Promise<Response> {
  const proxy = proxyFor(new URL(url), env)
  // A copy: on the way to a proxy undici writes the host into the headers.
  return send(url, {...options, headers: {...headers}, ...(proxy !== null && {dispatcher: sharedAgent(proxy)})})
}

/**
 * The status with which a proxy refused a request or a tunnel, of an error that was thrown for it (nodejs/undici:
 * lib/dispatcher/proxy-agent.js).
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
 * https goes through a tunnel (CONNECT), http is forwarded: many proxies tunnel to port 443 only. Tunnels are kept open
 * and shared out as direct connections are.
 */
function throughProxy({url: uri, authorization: token}: HttpProxy, limits: ConnectionLimits): ProxyAgent {
  const {connect, ...pool} = poolOptions(limits)
  return new ProxyAgent({
    ...pool,
    uri,
    ...(token !== undefined && {token}),
    ...(connect !== undefined && {requestTls: connect, proxyTls: connect}),
    proxyTunnel: false,
    // Forwarded requests would have undici's own limits.
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
