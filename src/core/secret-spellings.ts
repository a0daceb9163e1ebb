// Finds a secret in the spellings in which a server may echo it: as it is, percent-encoded, escaped as in JSON or HTML,
// in hexadecimal, and in base64 at any place of what was encoded. Pure.

/** Takes every occurrence out of a text. */
export type Remove = (text: string, mark: string) => string

/** The signs with which an escape begins; a text without any of them can hold the secret only as it is. */
const escapes = /[%\\&+]/

/** A function that replaces the secret in all its spellings. Upper and lower case count as one, but in base64. */
export function spellingsOf(secret: string): Remove {
  const plain = new RegExp(literal(secret), 'gi')
  // A run of backslashes as one: one after the other, each of them doubled or not, would take a long time to try.
  const escaped = new RegExp(
    secret
      .match(/\\+|[^\\]/gsu)!
      .map(spelled)
      .join(''),
    'gi',
  )
  const hexadecimal = new RegExp(Buffer.from(secret).toString('hex'), 'gi')
  const base64 = base64Of(secret)
  return (text, mark) => {
    const kept = text.replace(escapes.test(text) ? escaped : plain, mark).replace(hexadecimal, mark)
    return base64 === null ? kept : kept.replace(base64, mark)
  }
}

const named: ReadonlyMap<string, string> = new Map([
  ['&', 'amp'],
  ['<', 'lt'],
  ['>', 'gt'],
  ['"', 'quot'],
  ["'", 'apos'],
])

/** A byte as percent-encoding, also of itself, since gateways encode twice. */
const percent = (byte: number) => `%(?:25){0,3}${hex(byte, 2)}`
/** The signs that escapes are made of, which may be percent-encoded in their turn. */
const sign = (text: string) => `(?:${literal(text)}|${percent(text.charCodeAt(0))})`
const backslash = `${sign('\\')}{1,8}`
const ampersand = `${sign('&')}(?:amp${sign(';')}){0,2}`

/** One sign in every spelling, as a pattern; or a run of backslashes. */
function spelled(letter: string): string {
  if (letter.startsWith('\\')) {
    const forms = `${sign('\\')}|x5c|u005c|${ampersand}${sign('#')}(?:92|x5c)${sign(';')}`
    return `(?:${forms}){${letter.length},${12 * letter.length}}`
  }
  const bytes = [...Buffer.from(letter)].map(percent).join('')
  const code = letter.codePointAt(0)!
  const units = Array.from({length: letter.length}, (_, at) => `${backslash}u${hex(letter.charCodeAt(at), 4)}`).join('')
  const name = named.get(letter)
  const forms = [
    literal(letter),
    bytes,
    units,
    `${backslash}u\\{0*${code.toString(16)}\\}`,
    `${ampersand}${sign('#')}(?:0*${code}|x0*${code.toString(16)})${sign(';')}`,
    ...(code < 256 ? [`${backslash}x${hex(code, 2)}`] : []),
    ...(/[^\w\s]/.test(letter) ? [`${backslash}${sign(letter)}`] : []),
    ...(letter === ' ' ? [sign('+')] : []),
    ...(name === undefined ? [] : [`${ampersand}${name}${sign(';')}`]),
  ]
  // Longest first: the backslash of an escape must not be left over.
  return `(?:${forms.sort((a, b) => b.length - a.length).join('|')})`
}

/**
 * The base64 of anything that holds the secret: depending on how many bytes stand before it, one of three texts, whose
 * first and last sign also depend on the neighbours. Null where the secret is so short that chance would find it.
 */
function base64Of(secret: string): RegExp | null {
  const cores = [0, 1, 2].map(before => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)])
    return bytes.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6))
  })
  if (cores.some(core => core.length < shortestCore)) return null
  const spell = (letter: string) =>
    letter === '+' ? '(?:[+-]|%2[bB])' : letter === '/' ? '(?:\\\\{0,2}/|_|%2[fF])' : letter
  const any = cores.map(core => [...core].map(spell).join(''))
  return new RegExp(`[\\w+/-]?(?:${any.join('|')})[\\w+/-]?(?:=|%3[dD]){0,2}`, 'g')
}

const shortestCore = 6

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
