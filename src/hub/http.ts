// Requests to the hub. Redirects are followed here, so that credentials are never sent to another origin than the
// hub's.
// Does not read bodies.

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
  /** The value of the header, for this origin alone. */
  readonly authorization?: string
  readonly signal?: AbortSignal
}

const mostRedirects = 10
/** A connection that is silent for longer than this is closed; the download then resumes. */
const silenceMs = 60_000

/** GET, following up to ten redirects. Rejects with the error of Node or undici when the connection fails. */
export async function get(url: string, {env, headers = {}, authorization, signal}: GetOptions): Promise<Answer> {
  const {origin} = new URL(url)
  let target = new URL(url)
  for (let redirects = 0; ; redirects++) {
    const response = await request(target, {
      env,
      headers: {
        'user-agent': 'lantern-eval',
        ...headers,
        ...(authorization !== undefined && target.origin === origin && {authorization}),
      },
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

/** The value of a header; the first one if it was sent several times. */
export function headerOf({headers}: Pick<Answer, 'headers'>, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
