// Keeps credentials out of everything that is written or shown. Choosing which key to send is up to the remote runner.
import {spellingsOf} from './secret-spellings.js'

const mark = '[redacted]'

/**
 * Patterns that always denote a credential, and what replaces them. Their lengths are bounded, so that no text makes
 * them slow.
 */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b([a-z][a-z0-9+.-]{0,20}:(?:\\?\/){2})[^\s/@"'\\]{1,256}@/gi, `$1${mark}@`],
  [/([?&](?:api[-_]?key|key|token|access[-_]token|sig|signature|x-amz-signature)=)[^&\s#"']+/gi, `$1${mark}`],
  [/\b(bearer\s+)(?=\S{0,200}\d)[\w.~+/=-]{12,}/gi, `$1${mark}`],
  [
    /\b(?:sk-[\w-]{16,}|hf_\w{20,}|gh[pousr]_\w{30,}|github_pat_\w{30,}|AIza[\w-]{30,}|AKIA[0-9A-Z]{16}|xox[abprs]-[\w-]{20,})/g,
    mark,
  ],
]

/** Every text that one of the patterns matches also matches this hint. Most texts need only this one check. */
const hint = /:\\?\/|=|bearer|sk-|hf_|gh[pousr]_|github_pat_|AIza|AKIA|xox/i

const secretNames =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie|x-api-key|api[-_]?key|password|secret|access[-_]?token)$/i
const secretVariables = /(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$/i

/** Shorter values of variables are not credentials, and removing them would garble ordinary text. */
const shortestVariable = 8
/**
 * Minimum length of a value that a URL, a header or a flag marks as a credential. Removing `1` or `true` from an answer
 * would corrupt it.
 */
const shortestSecret = 6

/**
 * The values of the environment variables whose names mark them as credentials, and the credentials in those that hold
 * a URL (a proxy, a hub, an endpoint).
 */
export function secretsIn(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env).flatMap(([name, value]) => {
    if (value === undefined) return []
    const named = secretVariables.test(name) && value.trim().length >= shortestVariable
    return [...(named ? [value.trim()] : []), ...(/@/.test(value) ? secretsOfUrl(value) : [])]
  })
}

/** Query parameters that select an interface and are not secret. */
const openQuery = /^(?:api-?)?(?:version|deployment|model|region|location|project)(?:-?(?:id|name))?$/i

/**
 * The secrets in a URL: its password, user and password as HTTP sends them, a user that is a token, and the values of
 * its query. Empty if the text is not a URL.
 */
export function secretsOfUrl(text: string): string[] {
  const trimmed = text.trim()
  if (!URL.canParse(trimmed)) return []
  const url = new URL(trimmed)
  const [user, password] = [decoded(url.username), decoded(url.password)]
  // `https://TOKEN@host` and `https://TOKEN:x-oauth-basic@host` are common; a plain user name is not secret.
  const token = user !== '' && (password === '' || user.length >= 16 || /\d/.test(user))
  const query = [...url.searchParams].filter(([name]) => !openQuery.test(name)).map(([, value]) => value)
  return [
    ...(user === '' && password === '' ? [] : [`${user}:${password}`]),
    ...(password === '' ? [] : [password]),
    ...(token ? [user] : []),
    ...query,
  ].filter(secret => secret.length >= shortestSecret)
}

/** A percent-encoded part of a URL. `%zz` stands for no byte, and for itself then. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * Returns a function that copies any JSON-like value without the given secrets, in any encoding (secret-spellings.ts),
 * known forms of credentials, credentials in URLs, and the values of keys such as `authorization`. Binary data is
 * returned as it is.
 */
export function redactor(secrets: Iterable<string>): <T>(value: T) => T {
  const known = [...new Set(secrets)]
    .filter(secret => secret.length >= shortestSecret)
    .sort((a, b) => b.length - a.length)
  const spellings = known.map(spellingsOf)
  const clean = (text: string): string => {
    let result = text
    for (const spelling of spellings) result = spelling(result, mark)
    if (!hint.test(result)) return result
    for (const [pattern, replacement] of patterns) result = result.replace(pattern, replacement)
    return result
  }
  const redact = (value: unknown): unknown => {
    if (typeof value === 'string') return clean(value)
    if (Array.isArray(value)) return value.map(redact)
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        clean(key),
        typeof inner === 'string' && secretNames.test(key) ? mark : redact(inner),
      ]),
    )
  }
  return <T>(value: T) => redact(value) as T
}

/**
 * A URL in the form that may be shown and written to the lock: without user, password, query, fragment and trailing
 * slash.
 */
export function publicUrl(url: URL): string {
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}
