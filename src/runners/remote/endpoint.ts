// The URL and the key of a remote model. Sends nothing.
import {LanternError, messageOf} from '../../core/errors.js'
import {limits} from '../../core/limits.js'
import {publicUrl, redactor, secretsIn, secretsOfUrl} from '../../core/redact.js'
import {readSmallText} from '../../core/small-file.js'
import type {CommonOptions} from '../runner.js'
import type {RemoteOptions} from './options.js'

export const remoteScheme = 'openai:'
const defaultUrl = 'https://api.openai.com/v1'
export const defaultKeyVariable = 'OPENAI_API_KEY'

export interface Endpoint {
  /** The model's name as the endpoint knows it. */
  readonly name: string
  /** Without credentials: for the lock, messages and cache keys. */
  readonly url: string
  readonly origin: string
  /** Path and query of the chat completions endpoint. */
  readonly path: string
  /** An alternative path, used if the base URL was given without its version (`/v1` for most servers). */
  readonly otherPath?: string
  readonly headers: Readonly<Record<string, string>>
  /** Removes this endpoint's credentials, and everything that looks like a credential, from a value. */
  readonly redact: <T>(value: T) => T
}

export type EndpointOptions = Pick<CommonOptions, 'env'> & Pick<RemoteOptions, 'baseUrls' | 'apiKeyEnv' | 'headers'>

/**
 * The endpoint of `openai:NAME`. Its URL: `--base-url` for this name or for all, else OPENAI_BASE_URL, else OpenAI's
 * own.
 * Its key: the variable named by `--api-key-env`, else OPENAI_API_KEY, or the file that the same variable with `_FILE`
 * names; none is fine for a local server. Throws LanternError `usage`.
 */
export async function resolveEndpoint(ref: string, options: EndpointOptions): Promise<Endpoint> {
  const name = ref.slice(remoteScheme.length)
  if (name === '')
    throw new LanternError('usage', `${ref} names no model.`, 'Write the model name after openai:, e.g. openai:gpt-4o.')
  const given = Object.hasOwn(options.baseUrls, name) ? options.baseUrls[name] : options.baseUrls['*']
  const url = parseUrl(given ?? options.env['OPENAI_BASE_URL'] ?? defaultUrl)
  const key = await readKey(options)
  const basic =
    url.username === '' && url.password === ''
      ? undefined
      : Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')
  const authorization = key === undefined ? basic && `Basic ${basic}` : `Bearer ${key}`
  const path = url.pathname.replace(/\/+$/, '').replace(/\/chat\/completions$/, '')
  return {
    name,
    url: publicUrl(url).replace(/\/chat\/completions$/, ''),
    origin: url.origin,
    path: `${path}/chat/completions${url.search}`,
    ...(!/\/v\d/.test(path) && {otherPath: `${path}/v1/chat/completions${url.search}`}),
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(authorization ? {authorization} : {}),
      ...options.headers,
    },
    redact: redactor([
      ...(key === undefined ? [] : [key]),
      ...secretsOfUrl(url.href),
      ...headerSecrets(options.headers ?? {}),
      // A proxy on the way knows its own password, and a gateway may know more.
      ...secretsIn(options.env),
    ]),
  }
}

/** The whole value, and the part after a scheme as in `Bearer TOKEN`. */
function headerSecrets(headers: Readonly<Record<string, string>>): string[] {
  return Object.values(headers).flatMap(value => [value, ...value.split(/\s+/)])
}

function parseUrl(text: string): URL {
  const url = URL.parse?.(text) ?? (URL.canParse(text) ? new URL(text) : null)
  if (url !== null && /^https?:$/.test(url.protocol) && isDecodable(url.username + url.password)) return url
  throw new LanternError(
    'usage',
    'The base URL is not an http or https URL.',
    'Write it in full, e.g. --base-url http://localhost:8000/v1.',
  )
}

/** `%zz` does not decode to a byte. */
function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

async function readKey({apiKeyEnv, env}: EndpointOptions): Promise<string | undefined> {
  const variable = apiKeyEnv ?? defaultKeyVariable
  const file = env[`${variable}_FILE`]
  const key = env[variable]?.trim() || (file ? await readKeyFile(file, variable) : undefined)
  if (key === undefined && apiKeyEnv !== undefined) {
    throw new LanternError(
      'usage',
      `The environment variable ${apiKeyEnv} is not set.`,
      'Set it, or leave --api-key-env out for an open endpoint.',
    )
  }
  if (key !== undefined && /[^\x21-\x7e]/.test(key)) {
    throw new LanternError(
      'usage',
      `The key in ${variable} holds characters that no header may carry.`,
      'Copy the key again, on one line.',
    )
  }
  return key
}

async function readKeyFile(path: string, variable: string): Promise<string> {
  try {
    return (await readSmallText(path, limits.textBytes)).trim()
  } catch (error) {
    throw new LanternError(
      'usage',
      `The key file that ${variable}_FILE names cannot be read: ${messageOf(error)}.`,
      'Check its path.',
    )
  }
}
