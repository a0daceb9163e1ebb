// Credentials never come back: a hostile server repeats them in every spelling and place it can, and none is found in
// the run folder, in the cache or on stderr.
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type Random, random} from '../src/core/random.js'
import type {EndpointReply} from './support/endpoint-cases.js'
import {runAgainst, writeSamples} from './support/endpoint-run.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secrets-'))
  await writeSamples(folder)
})
afterEach(() => rm(folder, {recursive: true}))

const each = (text: string, spell: (sign: string) => string) => [...text].map(spell).join('')
const hex = (sign: string, digits: number) => sign.charCodeAt(0).toString(16).padStart(digits, '0')
const bytesOf = (sign: string) => [...Buffer.from(sign)].map(byte => byte.toString(16).padStart(2, '0'))

/** Ways to write a secret down. */
const spellings: Readonly<Record<string, (secret: string) => string>> = {
  plain: secret => secret,
  'upper case': secret => secret.toUpperCase(),
  'percent-encoded': encodeURIComponent,
  'percent-encoded twice': secret => encodeURIComponent(encodeURIComponent(secret)),
  'every byte percent-encoded, lower case': secret =>
    each(secret, sign =>
      bytesOf(sign)
        .map(byte => `%${byte}`)
        .join(''),
    ),
  'as in a form': secret => new URLSearchParams({v: secret}).toString().slice(2),
  'as in JSON': secret => JSON.stringify(secret).slice(1, -1),
  'as in JSON within JSON': secret => JSON.stringify(JSON.stringify(secret)).slice(3, -3),
  'every sign as \\u': secret => each(secret, sign => `\\u${hex(sign, 4)}`),
  'every other sign as \\x': secret => [...secret].map((sign, i) => (i % 2 ? sign : `\\x${hex(sign, 2)}`)).join(''),
  'slashes escaped': secret => secret.replaceAll('/', '\\/'),
  'as in HTML': secret => secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
  'every sign as &#;': secret => each(secret, sign => `&#${sign.charCodeAt(0)};`),
  'every sign as &#x;': secret => each(secret, sign => `&#x${hex(sign, 2)};`),
  hexadecimal: secret => Buffer.from(secret).toString('hex'),
  base64: secret => Buffer.from(secret).toString('base64'),
  base64url: secret => Buffer.from(secret).toString('base64url'),
  'base64 of a pair': secret => Buffer.from(`user:${secret}`).toString('base64'),
  'base64 of a header': secret => Buffer.from(`Bearer ${secret}, once`).toString('base64'),
  'within a URL': secret => `http://someone:${encodeURIComponent(secret)}@host/v1?key=${encodeURIComponent(secret)}`,
}

/** Places of a reply in which a text may come back. */
const places: readonly ((text: string) => EndpointReply)[] = [
  text => ({status: 400, body: {error: {message: `not with ${text}`, code: text}}}),
  // Half of it would stand before the cut, half behind.
  text => ({status: 400, body: {error: {message: `${'x'.repeat(300 - text.length / 2)}${text}`}}}),
  text => ({status: 500, body: `<html><title>${text}</title></html>`}),
  text => ({status: 422, body: {detail: [{loc: ['body', text], msg: text}]}}),
  text => ({status: 302, headers: {location: `/login?next=${encodeURIComponent(text)}`}, body: ''}),
  text => ({body: {error: {message: 'x', metadata: {raw: text}}}}),
  text => ({body: {choices: [{message: {content: `(A) said ${text}`}, finish_reason: 'stop'}]}}),
  text => ({body: {choices: [{message: {content: '(A)'}, finish_reason: text}]}}),
  text => ({body: {choices: [{message: {refusal: text}, finish_reason: 'stop'}]}}),
  text => ({body: `data: ${JSON.stringify({error: text})}\n\n`}),
]

const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const signs = '-._~!$&\'()*+,;=@/?#%^"<>\\ '

function drawn(draw: Random, length: number, extra: string): string {
  const from = alphabet + extra
  return Array.from({length}, () => from[draw.integer(from.length)]).join('')
}

/** Whether a text holds the secret, read as it stands or with any of its encodings undone. */
function holds(text: string, secret: string): boolean {
  const wanted = secret.toLowerCase()
  let read = text
  // Encodings within encodings: each round undoes one of each.
  for (let round = 0; round < 4; round++) {
    if (read.toLowerCase().includes(wanted)) return true
    if (decodedRuns(read).some(run => run.toLowerCase().includes(wanted))) return true
    read = read
      .replace(/(?:%[0-9a-f]{2})+/gi, run => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'))
      .replace(/\\u([0-9a-f]{4})|\\x([0-9a-f]{2})/gi, (_, a, b) => String.fromCharCode(Number.parseInt(a ?? b, 16)))
      .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
      .replace(/&#x([0-9a-f]+);/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
      .replace(/\\(["\\/])/g, '$1')
      .replaceAll('&lt;', '<')
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&')
  }
  return false
}

function decodedRuns(text: string): string[] {
  return (text.match(/[\w+/-]{8,}/g) ?? []).flatMap(run => [
    ...[0, 1, 2, 3].map(from => Buffer.from(run.slice(from), 'base64').toString('latin1')),
    Buffer.from(run, 'hex').toString('latin1'),
  ])
}

async function everythingIn(dir: string): Promise<string> {
  const entries = await readdir(dir, {recursive: true, withFileTypes: true})
  const texts = entries
    .filter(entry => entry.isFile() && entry.name !== 'BLINK.tsv')
    .map(entry => readFile(join(entry.parentPath, entry.name), 'utf8'))
  return (await Promise.all(texts)).join('\n')
}

test('the check itself finds a secret in every spelling', () => {
  const secret = `k3y/"w+ith&${'signs'}<%`
  for (const [name, spell] of Object.entries(spellings)) {
    if (name === 'as in a form') continue
    expect([name, holds(`so: ${spell(secret)}.`, secret)]).toEqual([name, true])
  }
})

test.each(Array.from({length: 12}, (_, seed) => [seed]))(
  'of random secrets nothing comes back (seed %i)',
  async seed => {
    const draw = random('secrets', seed)
    const secrets = {
      key: drawn(draw, 12 + draw.integer(40), '-._~+/=&%"<\\'.slice(0, draw.integer(12))).replace(/[^\x21-\x7e]/g, ''),
      password: drawn(draw, 8 + draw.integer(20), signs),
      user: `${drawn(draw, 16, '-_')}`,
      query: drawn(draw, 8 + draw.integer(20), signs)
        .trim()
        .padEnd(8, 'q'),
      header: drawn(draw, 8 + draw.integer(20), signs)
        .trim()
        .padEnd(8, 'h'),
    }
    const values = Object.values(secrets)
    const names = Object.keys(spellings)
    let sent = ''
    const {stderr} = await runAgainst({
      folder,
      env: {OPENAI_API_KEY: secrets.key},
      credentials: `${encodeURIComponent(secrets.user)}:${encodeURIComponent(secrets.password)}@`,
      base: `/v1?tenant=${encodeURIComponent(secrets.query)}`,
      remote: {headers: {'x-secret': secrets.header}, cache: true, maxRetries: 1},
      reply: index => {
        // The first reply keeps the run going.
        if (index === 0) return {body: {choices: [{message: {content: '(A)'}, finish_reason: 'stop'}]}}
        const text = values.map(secret => spellings[names[draw.integer(names.length)]!]!(secret)).join(' | ')
        sent += text
        return places[draw.integer(places.length)]!(text)
      },
    })
    expect(sent).not.toBe('')
    const found = `${await everythingIn(folder)}\n${stderr}`
    expect(found).toContain('"outcome"')
    const lines = found.split('\n')
    for (const [name, secret] of Object.entries(secrets))
      expect([name, secret, lines.filter(line => holds(line, secret))]).toEqual([name, secret, []])
  },
)

test('signs that steer a terminal or turn a line do not reach it', async () => {
  const {stderr, records} = await runAgainst({
    folder,
    reply: index =>
      index === 0
        ? {body: {choices: [{message: {content: '(A)'}, finish_reason: 'stop'}]}}
        : {status: 400, body: {error: {message: 'no\u001b[2J\u009b31m\u202egnp.exe\u200f\r\nway'}}},
  })
  expect(stderr).toContain('HTTP 400: no')
  expect(stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/)
  expect(records[1]!.error!.message).toMatch(/^HTTP 400: no[^\n]*way$/)
})
