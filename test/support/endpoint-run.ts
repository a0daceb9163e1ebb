// A whole run against a local endpoint, in this process: the log it leaves, and what a user reads on stderr.
import {existsSync} from 'node:fs'
import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {progress} from '../../src/cli/progress.js'
import {errorLines} from '../../src/cli/tell-error.js'
import {evaluate} from '../../src/evaluation/evaluate.js'
import {prepare} from '../../src/evaluation/prepare.js'
import type {RunSpec} from '../../src/evaluation/spec.js'
import {settledRecords} from '../../src/run-folder/reader.js'
import type {LogRecord} from '../../src/run-folder/record.js'
import type {RunnerOptions} from '../../src/runners/index.js'
import {png} from './data.js'
import type {EndpointReply} from './endpoint-cases.js'
import {type Behaviour, type ReceivedRequest, startOpenAIServer} from './openai-server.js'
import {plainRun} from './run-spec.js'
import {runnerOptions} from './runner-options.js'

/** How many samples `writeSamples` writes. */
export const samples = 5

/** Samples of BLINK with one picture each, whose answer is always A. */
export async function writeSamples(folder: string): Promise<void> {
  const rows = Array.from({length: samples}, (_, i) =>
    [i, png.toString('base64'), `Which of ${i}?`, 'one', 'two', 'A', 'Counting'].join('\t'),
  )
  const text = ['index\timage\tquestion\tA\tB\tanswer\tcategory', ...rows].join('\n')
  await writeFile(join(folder, 'BLINK.tsv'), `${text}\n`)
}

export interface EndpointRun {
  /** Holds the samples, and receives the run and the cache. */
  readonly folder: string
  readonly reply: (
    index: number,
    body: Record<string, unknown>,
    path: string,
    request: ReceivedRequest,
  ) => EndpointReply
  /** What follows the server's address; may bring credentials as `USER:PASSWORD@`. */
  readonly base?: string
  readonly credentials?: string
  readonly env?: Readonly<Record<string, string>>
  readonly remote?: Partial<RunnerOptions['remote']>
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly stop?: readonly string[]
}

export interface Ran {
  readonly out: string
  /** In the order of the samples. */
  readonly records: readonly LogRecord[]
  readonly stderr: string
  readonly exitCode: number
}

let runs = 0

/** Asks the samples one after the other, without retries. */
export async function runAgainst({
  folder,
  reply,
  base = '/v1',
  credentials = '',
  env = {},
  remote,
  temperature = 0,
  topP,
  topK,
  stop,
}: EndpointRun): Promise<Ran> {
  const server = await startOpenAIServer({
    behave: request => behaviourOf(reply(request.index, request.body ?? {}, request.path, request)),
  })
  const out = join(folder, `run-${runs++}`)
  let stderr = ''
  const url = server.url.replace(/\/v1$/, '').replace('://', `://${credentials}`) + base
  const spec: RunSpec = {
    ...plainRun,
    models: [{ref: 'openai:m', modes: ['direct']}],
    benchmarks: [{id: 'blink'}],
    data: {'*': folder},
    ...(stop && {ownPrompt: {stop}}),
    decoding: {temperature, ...(topP !== undefined && {topP}), ...(topK !== undefined && {topK})},
    out,
    runner: runnerOptions({
      common: {cacheDir: join(folder, 'cache'), env},
      remote: {baseUrls: {'*': url}, concurrency: 1, maxRetries: 0, ...remote},
    }),
  }
  const write = (text: string) => {
    stderr += text
  }
  const show = progress({stream: {write}, live: false, debug: true, now: () => Date.now()})
  let exitCode: number
  try {
    const prepared = await prepare(spec, event => show({type: 'runner', event}))
    try {
      exitCode = (await evaluate(prepared, show, new AbortController().signal)).exitCode
    } finally {
      await prepared.close()
    }
  } catch (error) {
    stderr += errorLines(error, false)
    exitCode = 4
  } finally {
    await server.close()
  }
  // A run that is given up at its first request leaves no folder.
  const records = existsSync(out) ? await settledRecords(out) : []
  return {out, records: records.sort((a, b) => Number(a.id) - Number(b.id)), stderr, exitCode}
}

function behaviourOf({status, headers, body}: EndpointReply): Behaviour {
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  return {kind: 'raw', body: bytes, ...(status && {status}), ...(headers && {headers})}
}
