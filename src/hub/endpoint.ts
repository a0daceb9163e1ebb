// Where the hub lies: huggingface.co, or the mirror that HF_ENDPOINT names, perhaps with credentials. Sends nothing.
import {LanternError} from '../core/errors.js'
import {decoded, publicUrl} from '../core/redact.js'
import type {Environment} from './cache-layout.js'

const defaultEndpoint = 'https://huggingface.co'

export interface HubEndpoint {
  /** Without credentials, query and trailing slash: for requests, and to be shown. */
  readonly url: string
  /** What the URL's user and password say as a header. */
  readonly authorization?: string
}

/** The hub of an environment. Throws LanternError `usage`, which does not quote the variable. */
export function hubEndpoint(env: Environment): HubEndpoint {
  const text = env['HF_ENDPOINT']?.trim() || defaultEndpoint
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new LanternError(
      'usage',
      'The variable HF_ENDPOINT does not hold an http or https URL.',
      'Write it in full, e.g. https://hub.example.org.',
    )
  }
  const shown = publicUrl(url)
  if (url.username === '' && url.password === '') return {url: shown}
  const user = `${decoded(url.username)}:${decoded(url.password)}`
  return {url: shown, authorization: `Basic ${Buffer.from(user).toString('base64')}`}
}
