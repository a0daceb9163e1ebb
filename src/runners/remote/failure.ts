// Classifies a failed attempt: whether to retry, who is at fault, and whether it indicates overload. Pure.
import {messageOf, systemCodeOf} from '../../core/errors.js'
import {printable} from '../../core/printable.js'
import {proxyStatusOf} from '../../hub/network.js'
import {type Fault, faultIn} from './faults.js'
import {type SaidError, saidError} from './said-error.js'

export interface Failure {
  /** A code for the log: `http-500`, `timeout`, `connection`, `malformed`, `said-error`. */
  readonly code: string
  readonly message: string
  readonly retry: boolean
  /**
   * `endpoint`: before the first success it means a wrong key, name or URL, so other requests would fail too. `sample`:
   * other samples may be answered, so it never counts against the endpoint.
   */
  readonly blame: 'endpoint' | 'request' | 'sample'
  readonly load: 'none' | 'transient' | 'rate-limit'
  /** The value of Retry-After. */
  readonly retryAfterMs?: number
  /** The meaning of the server's message, if it is known. */
  readonly fault?: Fault
  /** The HTTP status of the response, or the one stated in its body. */
  readonly status?: number
  readonly said?: SaidError
}

type Meaning = Pick<Failure, 'retry' | 'blame' | 'load'>
const wrongEndpoint: Meaning = {retry: false, blame: 'endpoint', load: 'none'}
const wrongRequest: Meaning = {retry: false, blame: 'request', load: 'none'}
const wrongSample: Meaning = {retry: false, blame: 'sample', load: 'none'}
const passing: Meaning = {retry: true, blame: 'request', load: 'transient'}
const unreachable: Meaning = {retry: true, blame: 'endpoint', load: 'transient'}
const tooFast: Meaning = {retry: true, blame: 'request', load: 'rate-limit'}

const statuses: ReadonlyMap<number, Meaning> = new Map([
  [401, wrongEndpoint],
  [402, wrongEndpoint],
  [403, wrongEndpoint],
  [404, wrongEndpoint],
  [405, wrongEndpoint],
  [408, passing],
  [409, passing],
  [410, wrongEndpoint],
  [425, passing],
  [429, tooFast],
])

const faults: Readonly<Record<Fault, Meaning>> = {
  filtered: wrongSample,
  'too-long': wrongSample,
  pictures: wrongSample,
  'no-pictures': wrongEndpoint,
  loading: passing,
  'no-credit': wrongEndpoint,
}

/**
 * Words in an error body that mean a fault of the endpoint, whatever the status (OpenAI, and servers that follow it).
 */
const endpointCodes = /(?:^| )(?:invalid_api_key|model_not_found|unsupported_parameter|unsupported_value)(?: |$)/

const longestQuote = 300

/**
 * Reads a response other than 200. The message is not shortened here: `toldShort` cuts it after credentials have been
 * removed.
 */
export function httpFailure(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
  now: number,
): Failure {
  const said = saidError(body)
  const target = status >= 300 && status < 400 && headers['location'] ? ` to ${String(headers['location'])}` : ''
  const retryAfterMs = retryAfter(headers, now)
  return {
    ...meaningOf(said, status),
    code: `http-${status}`,
    message: `HTTP ${status}${target}${said.message === '' ? '' : `: ${said.message}`}`,
    status,
    said,
    ...(retryAfterMs === undefined ? {} : {retryAfterMs}),
  }
}

/** An error in the body of a 200, from the server or from one behind it. */
export function saidFailure(said: SaidError): Failure {
  const {status} = said
  return {
    ...(status === null ? {...passing, ...faultMeaning(faultIn(said, 200))} : meaningOf(said, status)),
    code: 'said-error',
    message: `the reply is an error${status === null ? '' : ` (${status})`}: ${said.message}`,
    // Without a status in the body, the error is taken as a refusal of the request.
    status: status ?? 400,
    said,
  }
}

function meaningOf(said: SaidError, status: number): Meaning & Pick<Failure, 'fault'> {
  const byStatus = endpointCodes.test(said.code) ? wrongEndpoint : (statuses.get(status) ?? byClass(status))
  return {...byStatus, ...faultMeaning(faultIn(said, status))}
}

function faultMeaning(fault: Fault | undefined): Partial<Failure> {
  return fault === undefined ? {} : {...faults[fault], fault}
}

function byClass(status: number): Meaning {
  if (status >= 500) return passing
  return status >= 300 && status < 400 ? wrongEndpoint : wrongRequest
}

/**
 * The failure's message as it may be shown: one line, without terminal control characters, and shortened. Call it only
 * after credentials have been removed, because half a credential would not be recognised.
 */
export function toldShort(failure: Failure): Failure {
  const {said: _, ...kept} = failure
  return {...kept, message: quoted(failure.message)}
}

/** A server's text, made safe for use inside a message. */
export function quoted(text: string): string {
  // Left-to-right marks and similar characters are harmless by themselves, but invisible in copied text.
  const line = printable(text.slice(0, 20 * longestQuote).replaceAll(/\s+/g, ' '))
    .replaceAll(/[\u061c\u200e\u200f]/g, '')
    .trim()
  return line.length <= longestQuote ? line : `${line.slice(0, longestQuote).replace(/[\ud800-\udbff]$/, '')} ...`
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

/**
 * A success whose body is not a completion. A web page indicates a wrong URL. `final`: another attempt would fail too.
 */
export function malformedFailure(why: string, {isPage = false, final = false} = {}): Failure {
  return {...(isPage ? unreachable : final ? wrongRequest : passing), code: 'malformed', message: why}
}

const wrongAddress =
  /^(?:ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|ERR_SSL|ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/

/** A connection that was refused, was lost or timed out. */
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
