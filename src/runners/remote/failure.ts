// What a failed attempt means: try again or not, whose fault it is, and what it says about the load. Pure.
import {messageOf, systemCodeOf} from '../../core/errors.js'
import {proxyStatusOf} from '../../hub/network.js'
import {saidError} from './reply.js'

export interface Failure {
  /** A word for the log: `http-500`, `timeout`, `connection`, `malformed`. */
  readonly code: string
  readonly message: string
  readonly retry: boolean
  /**
   * `endpoint`: before anything has succeeded it means a wrong key, name or URL, and no other request would fare
   * better.
   */
  readonly blame: 'endpoint' | 'request'
  readonly load: 'none' | 'transient' | 'rate-limit'
  /** What Retry-After asked for. */
  readonly retryAfterMs?: number
}

type Reading = Pick<Failure, 'retry' | 'blame' | 'load'>
const wrongEndpoint: Reading = {retry: false, blame: 'endpoint', load: 'none'}
const wrongRequest: Reading = {retry: false, blame: 'request', load: 'none'}
const passing: Reading = {retry: true, blame: 'request', load: 'transient'}
const unreachable: Reading = {retry: true, blame: 'endpoint', load: 'transient'}
const tooFast: Reading = {retry: true, blame: 'request', load: 'rate-limit'}

const statuses: Readonly<Record<number, Reading>> = {
  401: wrongEndpoint,
  402: wrongEndpoint,
  403: wrongEndpoint,
  404: wrongEndpoint,
  405: wrongEndpoint,
  408: passing,
  409: passing,
  410: wrongEndpoint,
  425: passing,
  429: tooFast,
}

/** Words in an error body that blame the endpoint whatever the status (OpenAI, and servers that follow it). */
const endpointCodes =
  /^(?:insufficient_quota|billing_hard_limit_reached|invalid_api_key|model_not_found|unsupported_parameter|unsupported_value)$/

const longestQuote = 300

/** Reads an answer that is not a 200. */
export function httpFailure(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
  now: number,
): Failure {
  const said = saidError(body)
  const target = status >= 300 && status < 400 && headers['location'] ? ` to ${String(headers['location'])}` : ''
  const reading = endpointCodes.test(said.code) ? wrongEndpoint : (statuses[status] ?? byClass(status))
  const retryAfterMs = retryAfter(headers, now)
  return {
    ...reading,
    code: `http-${status}`,
    message: `HTTP ${status}${target}${said.message === '' ? '' : `: ${said.message.slice(0, longestQuote)}`}`,
    ...(retryAfterMs === undefined ? {} : {retryAfterMs}),
  }
}

function byClass(status: number): Reading {
  if (status >= 500) return passing
  return status >= 300 && status < 400 ? wrongEndpoint : wrongRequest
}

/** Milliseconds that `retry-after-ms` or `retry-after` (seconds or a date, RFC 9110 10.2.3) asks for. */
export function retryAfter(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  now: number,
): number | undefined {
  const milliseconds = Number.parseFloat(String(headers['retry-after-ms']))
  if (milliseconds >= 0) return milliseconds
  const text = String(headers['retry-after'] ?? '').trim()
  if (text === '') return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** A success whose body is no completion; a web page speaks for a wrong URL. */
export function malformedFailure(why: string, isPage: boolean): Failure {
  return {...(isPage ? unreachable : passing), code: 'malformed', message: why.slice(0, longestQuote)}
}

const wrongAddress =
  /^(?:ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|ERR_SSL|ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/

/** A connection that was refused, lost or too slow. */
export function connectionFailure(thrown: unknown, timeoutMs: number): Failure {
  const code = systemCodeOf(thrown) ?? ''
  if (/TIMEOUT|ETIMEDOUT/.test(code))
    return {...passing, code: 'timeout', message: `no complete reply within ${timeoutMs / 1000} s`}
  const refusal = proxyStatusOf(thrown)
  if (refusal !== undefined) {
    return {
      ...(refusal >= 500 ? unreachable : wrongEndpoint),
      code: 'proxy',
      message: `the proxy refuses the connection: HTTP ${refusal}`,
    }
  }
  return {
    ...(wrongAddress.test(code) ? unreachable : passing),
    code: 'connection',
    message: `the connection failed: ${messageOf(thrown) || code}`,
  }
}
