// Every reply of the corpus, over real HTTP, through a whole run: what becomes of each sample, and what is told. The
// corpus of the project's own workplace is run as well where it lies beside the checkout.
import {existsSync} from 'node:fs'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {gzipSync} from 'node:zlib'
import type {Outcome} from '../src/core/outcome.js'
import {type EndpointCase, type EndpointReply, endpointCases} from './support/endpoint-cases.js'
import {moreEndpointCases} from './support/endpoint-cases-2.js'
import {type EndpointRun, runAgainst, samples, writeSamples} from './support/endpoint-run.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'endpoints-'))
  await writeSamples(folder)
})
afterAll(() => rm(folder, {recursive: true}))

const run = (reply: EndpointRun['reply'], more: Partial<EndpointRun> = {}) => runAgainst({folder, reply, ...more})

function expected(want: Outcome | readonly Outcome[]): Outcome[] {
  return Array.from({length: samples}, (_, i) => (typeof want === 'string' ? want : (want[i] ?? want.at(-1)!)))
}

/** What of a case is the run's. */
const flagsOf = ({topP, topK, temperature, base, stop}: EndpointCase) => ({
  ...(topP !== undefined && {topP}),
  ...(topK !== undefined && {topK}),
  ...(temperature !== undefined && {temperature}),
  ...(base !== undefined && {base}),
  ...(stop !== undefined && {stop}),
})

describe('replies that users met', () => {
  const cases = [...endpointCases, ...moreEndpointCases]
  test.each(cases.map(one => [one.name, one] as const))('%s', async (_, one) => {
    const {records, stderr, exitCode} = await run(one.reply, flagsOf(one))
    expect(records.map(({outcome}) => outcome)).toEqual(one.want === 'given up' ? [] : expected(one.want))
    if (one.warns) expect(stderr).toMatch(one.warns)
    if (one.want === 'correct') expect(exitCode).toBe(0)
    for (const {seen, outcome} of records) if (outcome === 'correct') expect(seen?.['dropped']).toEqual(one.dropped)
  })

  test('each has the page that tells of it', () => {
    for (const {source} of cases) expect(URL.canParse(source)).toBe(true)
    expect(new Set(cases.map(({name}) => name)).size).toBe(cases.length)
  })
})

/** A row of the other corpus: gzip says that the body is to be packed; `runs` wants every sample to be right. */
interface OtherCase {
  readonly name: string
  readonly reply: (index: number, body: unknown, request: unknown) => EndpointReply
  readonly want: Outcome | readonly Outcome[] | 'runs'
  readonly warns?: RegExp
  readonly gzip?: boolean
}

const shared = fileURLToPath(new URL('../../shared/data/faults/endpoints.mjs', import.meta.url))

describe('replies of the other corpus', () => {
  const withShared = existsSync(shared) ? test : test.skip
  withShared('hold too (skipped without ../shared/data)', async () => {
    const {default: cases} = (await import(shared)) as {default: readonly OtherCase[]}
    expect(cases.length).toBeGreaterThan(0)
    const failed: string[] = []
    for (const {name, reply, want, warns, gzip} of cases) {
      const {records, stderr, exitCode} = await run((index, body) => {
        const sent = reply(index, body, {})
        return gzip ? {...sent, body: gzipSync(JSON.stringify(sent.body))} : sent
      })
      const outcomes = records.map(({outcome}) => outcome)
      const wanted = expected(want === 'runs' ? 'correct' : want)
      const right =
        JSON.stringify(outcomes) === JSON.stringify(wanted) &&
        (warns === undefined || warns.test(stderr)) &&
        (want !== 'runs' || exitCode === 0)
      if (!right) failed.push(`${name}: ${outcomes.join(', ')}\n${stderr}`)
    }
    expect(failed).toEqual([])
  })
})
