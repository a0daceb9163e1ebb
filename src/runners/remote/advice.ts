// Suggestions for an endpoint that cannot be used at all. The server's message takes precedence over its status.
import type {Failure} from './failure.js'
import {adviceFor} from './faults.js'

const byCode: ReadonlyMap<string, string> = new Map([
  ['http-401', 'Check the key: OPENAI_API_KEY, or the variable that --api-key-env names.'],
  ['http-402', 'The account has no credit left.'],
  ['http-403', 'Check that the key may use this model.'],
  ['http-404', 'Check the model name after openai:, and --base-url (it usually ends in /v1).'],
  [
    'http-429',
    'The account is over its quota, or the limit is too low for this run: try again later; the same command resumes.',
  ],
  [
    'proxy',
    'Check HTTP_PROXY and HTTPS_PROXY (http://user:password@host:port), or exclude this endpoint with NO_PROXY.',
  ],
  ['connection', 'Check --base-url, that the server is running, and the proxy if HTTP_PROXY or HTTPS_PROXY names one.'],
  ['timeout', 'Check that the server is running, or raise --timeout.'],
  ['malformed', 'Check that --base-url is an OpenAI-compatible endpoint (it usually ends in /v1).'],
])

/** Servers that need more than a key, or the key in another header: Azure, Cloudflare, company gateways. */
const wantsHeader =
  /subscription[ -]?key|api-key header|x-api-key|missing[^.]{0,40} header|required header|header[^.]{0,40}(?:is )?(?:missing|required)/i
const wantsVersion = /api[ -]version/i
const refusesField =
  /unsupported|unrecogni[sz]ed|unknown (?:field|name|parameter)|extra (?:inputs?|fields?)|not permitted/i

/** The suggestion of the error that an endpoint does not answer. */
export function suggestionFor({code, message, fault}: Pick<Failure, 'code' | 'message' | 'fault'>): string {
  if (fault !== undefined) return adviceFor[fault]
  if (wantsVersion.test(message))
    return 'Put the version into the base URL: --base-url "https://.../deployments/NAME?api-version=...".'
  if (wantsHeader.test(message))
    return `Give the header that the server wants: --header 'api-key: ...' (repeat it for several).`
  const known = byCode.get(code)
  if (known !== undefined) return known
  if (refusesField.test(message)) return 'Remove the fields that the server does not know from --extra-body.'
  return 'Check --base-url, the model name and the decoding flags.'
}
