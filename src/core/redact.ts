// Keeps credentials out of everything that is written or shown. Choosing which key to send is up to the remote runner.

const mark = '[redacted]'

/**
 * Patterns that always denote a credential, and what replaces them. Their lengths are bounded, so that no text makes
 * them slow.
 */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@"']{1,256}@/gi, `$1${mark}@`],
  [/([?&](?:api[-_]?key|key|token|access[-_]token|sig|signature|x-amz-signature)=)[^&\s#"']+/gi, `$1${mark}`],
  [/\b(bearer\s+)(?=\S{0,200}\d)[\w.~+/=-]{12,}/gi, `$1${mark}`],
  [
    /\b(?:sk-[\w-]{16,}|hf_\w{20,}|gh[pousr]_\w{30,}|github_pat_\w{30,}|AIza[\w-]{30,}|AKIA[0-9A-Z]{16}|xox[abprs]-[\w-]{20,})/g,
    mark,
  ],
]

/** Every text that one of the patterns matches also matches this hint. Most texts need only this one check. */
const hint = /:\/\/|=|bearer|sk-|hf_|gh[pousr]_|github_pat_|AIza|AKIA|xox/i

const secretNames =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie|x-api-key|api[-_]?key|password|secret|access[-_]?token)$/i
const secretVariables = /(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$/i

/** Shorter values are not credentials, and removing them would garble ordinary text. */
const shortestSecret = 8

/** The values of the environment variables whose names mark them as credentials. */
export function secretsIn(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && secretVariables.test(name) ? [value.trim()] : [],
  )
}

/**
 * Returns a function that copies any JSON-like value without the given secrets, known forms of credentials, credentials
 * in URLs, and the values of keys such as `authorization`. Binary data is returned as it is.
 */
export function redactor(secrets: Iterable<string>, shortest = shortestSecret): <T>(value: T) => T {
  const known = [...new Set(secrets)].filter(secret => secret.length >= shortest).sort((a, b) => b.length - a.length)
  const clean = (text: string): string => {
    let result = text
    for (const secret of known) if (result.includes(secret)) result = result.replaceAll(secret, mark)
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
