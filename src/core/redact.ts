// Keeps credentials out of everything that is written or shown. Finding the right key is the remote runner's business.

const mark = '[redacted]'

/**
 * Forms that are credentials wherever they stand, and what is left of them; bounded, so that no text makes them slow.
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

/** What every text with such a form contains: most texts are cleared by this one look. */
const hint = /:\/\/|=|bearer|sk-|hf_|gh[pousr]_|github_pat_|AIza|AKIA|xox/i

const secretNames =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie|x-api-key|api[-_]?key|password|secret|access[-_]?token)$/i
const secretVariables = /(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$/i

/** Shorter values are no credentials, and removing them would spoil ordinary text. */
const shortestSecret = 8

/** The values of environment variables whose names say that they are credentials. */
export function secretsIn(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && secretVariables.test(name) ? [value.trim()] : [],
  )
}

/**
 * A function that gives a copy of any JSON-like value without the given secrets, the known forms of credentials,
 * credentials in URLs, and the values of keys such as `authorization`. Values without a finding are returned as they
 * are.
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

/** A URL as it may be shown and locked: without user, password, query and fragment, and without a slash at its end. */
export function publicUrl(url: URL): string {
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}
