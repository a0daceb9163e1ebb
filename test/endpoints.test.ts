// Every reply of the corpus, over real HTTP, through a whole run: what becomes of each sample, and what is told. The
// corpus of the project's own workplace is run as well where it lies beside the checkout.
import {existsSync} from 'node:fs'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {gzipSync} from 'node:zlib'
import {progress} from '../src/cli/progress.js'
import {errorLines} from '../src/cli/tell-error.js'
import type {Outcome} from '../src/core/outcome.js'
import {evaluate} from '../src/evaluation/evaluate.js'
import {prepare} from '../src/evaluation/prepare.js'
import type {RunEvent, RunSpec} from '../src/evaluation/spec.js'
import {settledRecords} from '../src/run-folder/reader.js'
import type {LogRecord} from '../src/run-folder/record.js'
import {png} from './support/data.js'
import {type EndpointCase, type EndpointReply, endpointCases} from './support/endpoint-cases.js'
import {type Behaviour, startOpenAIServer} from './support/openai-server.js'
import {runnerOptions} from './support/runner-options.js'

const samples = 5
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'endpoints-'))
  const rows = Array.from({length: samples}, (_, i) =>
    [i, png.toString('base64'), 'Which?', 'one', 'two', 'A', 'Counting'].join('\t'),
  )
  await writeFile(
    join(folder, 'BLINK.tsv'),
    `${['index\timage\tquestion\tA\tB\tanswer\tcategory', ...rows].join('\n')}\n`,
  )
})
afterAll(() => rm(folder, {recursive: true}))

type Flags = Pick<EndpointCase, 'topP' | 'topK' | 'temperature' | 'base'>

interface Ran {
  readonly records: readonly LogRecord[]
  readonly stderr: string
  readonly exitCode: number
}

let runs = 0

/** A run over the samples, asked one after the other, against a server that answers so. */
async function run(
  reply: EndpointCase['reply'],
  {topP, topK, temperature = 0, base = '/v1'}: Flags = {},
): Promise<Ran> {
  const server = await startOpenAIServer({
    behave: ({index, body, path}) => behaviourOf(reply(index, body ?? {}, path)),
  })
  const out = join(folder, `run-${runs++}`)
  let stderr = ''
  const remote = {baseUrls: {'*': server.url.replace(/\/v1$/, '') + base}, concurrency: 1, maxRetries: 0}
  const spec: RunSpec = {
    models: [{ref: 'openai:m', modes: ['direct']}],
    benchmarks: [{id: 'blink'}],
    data: {'*': folder},
    seed: 0,
    shard: null,
    optionOrders: {kind: 'file'},
    interventions: ['own'],
    promptStyle: 'lantern-eval',
    extractor: 'lantern-eval',
    decoding: {temperature, ...(topP !== undefined && {topP}), ...(topK !== undefined && {topK})},
    saveLatents: false,
    maxErrorRate: 1,
    out,
    budget: {},
    runner: runnerOptions({common: {cacheDir: folder}, remote}),
  }
  const show = progress({stream: {write: text => (stderr += text)}, live: false, debug: true, now: () => Date.now()})
  let exitCode: number
  try {
    const prepared = await prepare(spec, event => show({type: 'runner', event}))
    try {
      exitCode = (await evaluate(prepared, (event: RunEvent) => show(event), new AbortController().signal)).exitCode
    } finally {
      await prepared.close()
    }
  } catch (error) {
    stderr += errorLines(error, false)
    exitCode = 4
  } finally {
    await server.close()
  }
  const records = await settledRecords(out)
  return {records: records.sort((a, b) => Number(a.id) - Number(b.id)), stderr, exitCode}
}

function behaviourOf({status, headers, body}: EndpointReply): Behaviour {
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  return {kind: 'raw', body: bytes, ...(status && {status}), ...(headers && {headers})}
}

function expected(want: Outcome | readonly Outcome[]): Outcome[] {
  return Array.from({length: samples}, (_, i) => (typeof want === 'string' ? want : (want[i] ?? want.at(-1)!)))
}

describe('replies that users met', () => {
  test.each(endpointCases.map(one => [one.name, one] as const))('%s', async (_, one) => {
    const {records, stderr, exitCode} = await run(one.reply, one)
    expect(records.map(({outcome}) => outcome)).toEqual(expected(one.want))
    if (one.warns) expect(stderr).toMatch(one.warns)
    if (one.want === 'correct') expect(exitCode).toBe(0)
    for (const {seen, outcome} of records) if (outcome === 'correct') expect(seen?.['dropped']).toEqual(one.dropped)
  })

  test('each has the page that tells of it', () => {
    for (const {source} of endpointCases) expect(URL.canParse(source)).toBe(true)
    expect(new Set(endpointCases.map(({name}) => name)).size).toBe(endpointCases.length)
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
