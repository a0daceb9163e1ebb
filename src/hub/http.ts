// Requests to the hub: redirects followed by hand, so that the token never leaves the hub's own origin. Reads no
// bodies.

import type {Environment} from './cache-layout.js'
import {type Response, request} from './network.js'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Response['body']
}

export interface GetOptions {
  readonly env: Environment
  readonly headers?: Readonly<Record<string, string>>
  readonly token?: string
  readonly signal?: AbortSignal
}

const mostRedirects = 10
/** Silence longer than this breaks a connection; the download then resumes. */
const silenceMs = 60_000

/** GET, following up to ten redirects. Rejects with Node's or undici's error when the connection fails. */
export async function get(url: string, {env, headers = {}, token, signal}: GetOptions): Promise<Answer> {
  const {origin} = new URL(url)
  let target = new URL(url)
  for (let redirects = 0; ; redirects++) {
    const authorization = token !== undefined && target.origin === origin ? {authorization: `Bearer ${token}`} : {}
    const response = await request(target, {
      env,
      headers: {'user-agent': 'lantern-eval', ...headers, ...authorization},
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
      ...(signal === undefined ? {} : {signal}),
    })
    const location = response.headers['location']
    const redirected = [301, 302, 303, 307, 308].includes(response.statusCode) && typeof location === 'string'
    if (!redirected || redirects === mostRedirects)
      return {status: response.statusCode, headers: response.headers, body: response.body}
    await response.body.dump()
    target = new URL(location, target)
  }
}

/** One value of a header. */
export function headerOf({headers}: Pick<Answer, 'headers'>, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
