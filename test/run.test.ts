// `lantern-eval run` as a process against a real local endpoint and the built-in samples.
import {mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {readLog, settledRecords} from '../src/run-folder/reader.js'
import type {LogRecord} from '../src/run-folder/record.js'
import {type CliOptions, cli, startCli} from './support/cli.js'
import {type Behaviour, type OpenAIServer, type ReceivedRequest, startOpenAIServer} from './support/openai-server.js'

let folder: string
let server: OpenAIServer | null

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-'))
  server = null
})
afterEach(async () => {
  await server?.close()
  await rm(folder, {recursive: true, force: true})
})

const answerB: Behaviour = {kind: 'answer', text: '<answer>B</answer>'}

async function serve(behave: (request: ReceivedRequest) => Behaviour = () => answerB, delayMs = 0): Promise<void> {
  server = await startOpenAIServer({behave, delayMs})
}

/** The flags of a run over the built-in BLINK samples. */
const asking = (out: string, ...more: string[]) => [
  'run',
  '--bench',
  'blink',
  '--model',
  'openai:m',
  '--data',
  'builtin',
  '--base-url',
  server!.url,
  '--out',
  join(folder, out),
  '--no-cache',
  ...more,
]
const env = {OPENAI_API_KEY: 'key-for-the-test', LANTERN_EVAL_CACHE_DIR: ''}
const run = (args: readonly string[], options: CliOptions = {}) =>
  cli(args, {...options, env: {...env, LANTERN_EVAL_CACHE_DIR: join(folder, 'cache'), ...options.env}})

async function log(out: string): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for await (const record of readLog(join(folder, out))) records.push(record)
  return records
}

const keys = (records: readonly LogRecord[]) => records.map(({arm, id}) => `${arm} ${id}`)

/** The question that the endpoint received, as text with a mark for each picture. */
function questionOf({body}: ReceivedRequest): string {
  const content = body!.messages.at(-1)!.content as {type: string; text?: string}[]
  return content.map(part => part.text ?? '[picture]').join('')
}

describe('a run against an endpoint', () => {
  it('asks every sample of every arm once and leaves lock, log, summary and tables', async () => {
    await serve()
    const {code, stdout} = await run(asking('a', '--mode', 'direct', '--mode', 'text-cot', '--json'))
    expect(code).toBe(0)
    const document = JSON.parse(stdout)
    expect(document).toMatchObject({schema: 1, builtin: true, verdict: 'done', exitCode: 0})
    expect(document.rows.map((row: {sample: string; mode: string}) => [row.sample, row.mode])).toEqual(
      expect.arrayContaining([
        ['builtin', 'direct'],
        ['builtin', 'text-cot'],
      ]),
    )
    const records = await log('a')
    expect(new Set(keys(records)).size).toBe(records.length)
    expect(records).toHaveLength(server!.requests.length)
    expect((await readdir(join(folder, 'a'))).sort()).toEqual([
      'lock.json',
      'log.jsonl',
      'samples.jsonl',
      'summary.json',
      'table.csv',
      'table.md',
    ])
    expect(JSON.parse(await readFile(join(folder, 'a', 'summary.json'), 'utf8'))).toEqual(document)
  })

  it('records what the model saw: every picture of the sample, in order and as stored', async () => {
    await serve()
    await run(
      asking('a')
        .map(argument => (argument === 'blink' ? 'blink:Jigsaw' : argument))
        .concat('--limit', '3'),
    )
    for (const record of await log('a')) {
      expect(record.seen!.images).toHaveLength(3)
      for (const image of record.seen!.images)
        expect([image.sentWidth, image.sentHeight]).toEqual([image.width, image.height])
    }
    expect(questionOf(server!.requests[0]!)).toMatch(/\[picture\]\[picture\]\[picture\]$/)
  })

  it('resumes with the same command and asks only for missing answers', async () => {
    let failing = true
    await serve(request =>
      failing && request.index % 3 === 1 && request.index > 0 ? {kind: 'status', status: 400} : answerB,
    )
    const first = await run(asking('a', '--max-retries', '0', '--max-error-rate', '0.01'))
    expect(first.code).toBe(4)
    const failed = (await settledRecords(join(folder, 'a'))).filter(({outcome}) => outcome === 'error')
    expect(failed.length).toBeGreaterThan(0)
    const before = server!.requests.length
    failing = false
    const second = await run(asking('a'))
    expect(second.code).toBe(0)
    expect(server!.requests.length - before).toBe(failed.length)
    expect((await settledRecords(join(folder, 'a'))).filter(({outcome}) => outcome === 'error')).toEqual([])
  })

  it('stops at once on a wrong key, before the other requests are sent', async () => {
    await serve(() => ({kind: 'status', status: 401, body: {error: {message: 'bad key'}}}))
    const {code, stderr} = await run(asking('a'))
    expect(code).toBe(4)
    expect(server!.requests).toHaveLength(1)
    expect(stderr).toContain('OPENAI_API_KEY')
    // Nothing was recorded, so there is nothing to resume.
    expect(await readdir(folder)).not.toContain('a')
  })

  it('writes no key and no URL credentials anywhere', async () => {
    await serve(() => ({kind: 'answer', text: 'B, said key-for-the-test'}))
    const secret = (arg: string) => (arg === server!.url ? arg.replace('http://', 'http://user:secret-word@') : arg)
    const ended = await run(asking('a', '--limit', '4', '--log-level', 'debug').map(secret))
    expect(ended.code).toBe(0)
    const files = await Promise.all(
      (await readdir(join(folder, 'a'))).map(name => readFile(join(folder, 'a', name), 'utf8')),
    )
    for (const text of [...files, ended.stdout, ended.stderr]) {
      expect(text).not.toContain('key-for-the-test')
      expect(text).not.toContain('secret-word')
    }
  })

  it('stops at a budget with a partial run, and resumes later', async () => {
    await serve()
    const first = await run(asking('a', '--max-requests', '10', '--json'))
    expect(JSON.parse(first.stdout)).toMatchObject({verdict: 'partial'})
    expect(first.code).toBe(4)
    expect(server!.requests.length).toBeLessThanOrEqual(10)
    expect((await run(asking('a'))).code).toBe(0)
    const records = await log('a')
    expect(new Set(keys(records)).size).toBe(records.length)
  })

  it('plans without sending anything', async () => {
    await serve()
    const {code, stdout} = await run(asking('a', '--dry-run', '--limit', '12', '--json'))
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({items: 12, requests: 12, lock: expect.stringMatching(/^sha256:/)})
    expect(server!.requests).toEqual([])
    await expect(readdir(join(folder, 'a'))).rejects.toThrow()
  })
})

describe('an interrupted run', () => {
  it('exits with 130 on Ctrl-C, and the same command finishes it', async () => {
    await serve(() => answerB, 40)
    const {child, ended} = startCli(asking('a', '--concurrency', '4'), {
      env: {...env, LANTERN_EVAL_CACHE_DIR: join(folder, 'cache')},
    })
    while (server!.requests.length < 20) await new Promise(resolve => setTimeout(resolve, 10))
    child.kill('SIGINT')
    expect((await ended).code).toBe(130)
    expect(JSON.parse(await readFile(join(folder, 'a', 'summary.json'), 'utf8'))).toMatchObject({
      verdict: 'interrupted',
      exitCode: 130,
    })
    const kept = (await log('a')).length
    expect(kept).toBeGreaterThan(0)
    const before = server!.requests.length
    expect((await run(asking('a'))).code).toBe(0)
    const records = await log('a')
    expect(new Set(keys(records)).size).toBe(records.length)
    expect(server!.requests.length - before).toBe(records.length - kept)
  })

  it('survives repeated kill -9: no settled record is lost or duplicated, and only samples in flight are asked again', async () => {
    await serve(() => answerB, 15)
    const inFlight = 4
    let kills = 0
    let settledBefore: string[] = []
    for (;;) {
      const {child, ended} = startCli(asking('a', '--concurrency', String(inFlight)), {
        env: {...env, LANTERN_EVAL_CACHE_DIR: join(folder, 'cache')},
      })
      const target = server!.requests.length + 50
      let done = false
      void ended.then(() => {
        done = true
      })
      while (!done && server!.requests.length < target) await new Promise(resolve => setTimeout(resolve, 5))
      if (!done) {
        child.kill('SIGKILL')
        kills++
      }
      const {code} = await ended
      const settledNow = keys(await log('a'))
      expect(settledNow.slice(0, settledBefore.length)).toEqual(settledBefore)
      settledBefore = settledNow
      if (code === 0) break
    }
    expect(kills).toBeGreaterThan(1)
    expect(new Set(settledBefore).size).toBe(settledBefore.length)
    // A request is in flight until its record is on disk. A few more are prepared than may be sent at once.
    const open = inFlight + Math.ceil(inFlight / 8)
    expect(server!.requests.length).toBeLessThanOrEqual(settledBefore.length + kills * open)
  })
})

describe('a run folder', () => {
  it('refuses another run (exit 5) and names what differs', async () => {
    await serve()
    await run(asking('a', '--limit', '6'))
    const {code, stderr} = await run(asking('a', '--limit', '7'))
    expect(code).toBe(5)
    expect(stderr).toContain('selected of blink')
  })

  it('refuses a second writer', async () => {
    await serve(() => answerB, 60)
    const first = startCli(asking('a', '--concurrency', '2'), {
      env: {...env, LANTERN_EVAL_CACHE_DIR: join(folder, 'cache')},
    })
    while (server!.requests.length < 3) await new Promise(resolve => setTimeout(resolve, 10))
    const second = await run(asking('a', '--concurrency', '2'))
    first.child.kill('SIGINT')
    await first.ended
    expect(second.code).toBe(2)
    expect(second.stderr).toContain(`process ${first.child.pid}`)
  })
})

describe('shards', () => {
  it('are disjoint, and merging them gives the same as one whole run', async () => {
    await serve()
    const shards = ['1/3', '2/3', '3/3']
    for (const [index, shard] of shards.entries())
      expect((await run(asking(`s${index}`, '--limit', '20', '--shard', shard))).code).toBe(0)
    const parts = shards.map((_, index) => join(folder, `s${index}`))
    const incomplete = await run(['merge', parts[0]!, parts[2]!, '--out', join(folder, 'part')])
    expect(incomplete.code).toBe(4)
    expect(incomplete.stderr).toContain('2/3')
    const joined = await run(['merge', ...parts, '--out', join(folder, 'merged')])
    expect(joined.code).toBe(0)
    expect(joined.stdout).toContain('20 records of 3 shards')
    const one = await run(asking('whole', '--limit', '20'))
    // The merged run has the same table as the whole run, also in its folder.
    const [table] = await Promise.all(['merged', 'whole'].map(name => readFile(join(folder, name, 'table.md'), 'utf8')))
    expect(table).toMatch(/\| 20 \|/)
    const scores = (text: string) => /^ +1 +direct +(.*?) +\d+ *\d* *$/m.exec(text)?.[1]
    expect(scores(joined.stdout)).toBe(scores(one.stdout))
    const [merged, whole] = await Promise.all([log('merged'), log('whole')])
    expect(keys(merged).sort()).toEqual(keys(whole).sort())
    const twice = await run(['merge', parts[0]!, parts[0]!, '--out', join(folder, 'twice')])
    expect(twice.code).toBe(2)
    const other = await run(asking('other', '--limit', '19', '--shard', '1/3'))
    expect(other.code).toBe(0)
    expect((await run(['merge', join(folder, 'other'), parts[1]!, '--out', join(folder, 'mixed')])).code).toBe(5)
  })
})

describe('settings', () => {
  it('come from flag, environment, file and default, in this order', async () => {
    await serve()
    await mkdir(join(folder, 'cwd'))
    await writeFile(
      join(folder, 'cwd', 'lantern-eval.config.yaml'),
      `bench: blink\nmodel: openai:m\ndata: builtin\nbase-url: ${server!.url}\nlimit: 5\nseed: 7\n`,
    )
    const plan = async (args: string[], variables = {}) =>
      JSON.parse(
        (await run(['run', '--dry-run', '--json', ...args], {cwd: join(folder, 'cwd'), env: variables})).stdout,
      )
    expect((await plan([])).items).toBe(5)
    expect((await plan([], {LANTERN_EVAL_LIMIT: '4'})).items).toBe(4)
    expect((await plan(['--limit', '3'], {LANTERN_EVAL_LIMIT: '4'})).items).toBe(3)
    expect((await plan([])).lock).not.toBe((await plan(['--seed', '8'])).lock)
    expect((await plan([], {LANTERN_EVAL_MODE: 'direct,text-cot'})).arms).toHaveLength(2)
  })

  it('name file and line of an unknown setting', async () => {
    await writeFile(join(folder, 'c.yaml'), 'bench: blink\nmodle: x\n')
    const {code, stderr} = await run(['run', '--config', join(folder, 'c.yaml')])
    expect(code).toBe(2)
    expect(stderr).toContain('c.yaml:2:1')
  })
})

describe('--baseline', () => {
  it('decides at the end of the run with the exit codes of compare', async () => {
    await serve()
    await run(asking('base', '--limit', '12'))
    const gate = ['--limit', '12', '--baseline', join(folder, 'base'), '--fail-on', 'regression']
    const same = await run(asking('same', ...gate, '--margin', '60pp', '--json'))
    expect([same.code, JSON.parse(same.stdout).comparison.verdict]).toEqual([0, 'equivalent'])
    await server!.close()
    await serve(() => ({kind: 'answer', text: 'I cannot tell.'}))
    const worse = await run(asking('worse', ...gate, '--margin', '0pp'))
    // Five losses and no win: p = 0.0625, so the two-sided verdict is open; the gate asks in one direction.
    expect(worse.stdout.replaceAll(/\s+/g, ' ')).toContain(
      'gate failed: a loss of more than 0.0 points is shown (one-sided',
    )
    expect(worse.code).toBe(1)
  })

  it('is rejected before anything is asked if the run cannot be compared with it', async () => {
    await serve()
    await run(asking('base', '--limit', '6'))
    const asked = server!.requests.length
    const other = await run(asking('other', '--limit', '7', '--baseline', join(folder, 'base')))
    expect([other.code, other.stderr]).toEqual([5, expect.stringContaining('not comparable on blink: samples')])
    const absent = await run(asking('other', '--baseline', join(folder, 'nowhere')))
    expect(absent.code).toBe(2)
    expect(server!.requests).toHaveLength(asked)
    expect(await readdir(folder)).not.toContain('other')
  })
})

describe('replayed answers', () => {
  it('score the published BLINK predictions like the official evaluation', async () => {
    const {code, stdout} = await run([
      'run',
      '--bench',
      'blink',
      '--model',
      'replay:fixtures/replay/GPT4o',
      '--extractor',
      'verbatim',
      '--out',
      join(folder, 'a'),
      '--json',
    ])
    expect(code).toBe(0)
    // The official Total and the pooled accuracy of GPT-4o, in percent (zeyofu/BLINK_Benchmark:
    // eval/saved_val_predictions, README).
    const [row] = JSON.parse(stdout).rows
    expect((100 * row.score).toFixed(4)).toBe('60.0411')
    expect((100 * row.micro).toFixed(4)).toBe('59.9158')
    expect(row).toMatchObject({sample: 'official', n: 1901, total: 1901})
  })

  it('count a sample without an answer as an error, never as wrong', async () => {
    await writeFile(
      join(folder, 'answers.jsonl'),
      '{"id": "val_Counting_1", "text": "A"}\n{"id": "val_Counting_2", "error": "timeout"}\n',
    )
    await run([
      'run',
      '--bench',
      'blink',
      '--model',
      `replay:${join(folder, 'answers.jsonl')}`,
      '--sample',
      'val_Counting_1,val_Counting_2,val_Counting_3',
      '--out',
      join(folder, 'a'),
    ])
    expect((await settledRecords(join(folder, 'a'))).map(({id, outcome}) => [id, outcome === 'error']).sort()).toEqual([
      ['val_Counting_1', false],
      ['val_Counting_2', true],
      ['val_Counting_3', true],
    ])
  })
})
