// `run --vary` as a process: against a local endpoint, whose requests are counted, and with a built-in model.
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {sensitivitySchema} from '../src/reports/schemas/sensitivity.js'
import {cli} from './support/cli.js'
import {type OpenAIServer, type ReceivedRequest, startOpenAIServer} from './support/openai-server.js'

let folder: string
let server: OpenAIServer | null = null
const requests: ReceivedRequest[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vary-'))
  requests.length = 0
})
afterEach(async () => {
  await server?.close()
  server = null
  await rm(folder, {recursive: true, force: true})
})

async function serve(): Promise<string> {
  server = await startOpenAIServer({
    behave: request => {
      requests.push(request)
      return {kind: 'answer', text: '<answer>B</answer>'}
    },
    delayMs: 0,
  })
  return server.url
}

const asking = (url: string, ...more: string[]) => [
  ...['run', '--bench', 'vstar', '--data', 'builtin', '--limit', '6', '--model', 'openai:m', '--base-url', url],
  ...['--no-cache', '--out', join(folder, 'out'), ...more],
]
const env = () => ({LANTERN_EVAL_CACHE_DIR: join(folder, 'cache')})

it('asks once for all extractors, once more for another prompt, and never again', async () => {
  const url = await serve()
  const flags = asking(url, '--vary', 'extractor=lvr,lantern_opts', '--vary', 'prompt-style=vlmevalkit')
  const first = await cli([...flags, '--json'], {env: env()})
  expect([first.code, first.stderr.includes('4 runs in')]).toEqual([0, true])
  expect(requests).toHaveLength(2 * 6)
  const document = sensitivitySchema.parse(JSON.parse(first.stdout))
  const [bench] = document.benchmarks
  expect(bench!.variations.map(({label, n, rescored}) => [label, n, rescored])).toEqual([
    ['default', 6, false],
    ['extractor=lvr', 6, true],
    ['extractor=lantern_opts', 6, true],
    ['prompt-style=vlmevalkit', 6, false],
  ])
  expect(bench!.effects).toHaveLength(3)
  expect(JSON.parse(await readFile(join(folder, 'out', 'sensitivity.json'), 'utf8'))).toEqual(document)
  expect(await readFile(join(folder, 'out', 'sensitivity.md'), 'utf8')).toContain(
    'ways to evaluate the same checkpoint',
  )
  // The same command finds every run finished.
  const again = await cli([...flags, '--json'], {env: env()})
  expect(requests).toHaveLength(2 * 6)
  expect(JSON.parse(again.stdout)).toEqual(document)
  // Another setting joins what is there.
  const more = await cli([...flags, '--vary', 'temperature=0.5'], {env: env()})
  expect([more.code, requests.length]).toEqual([0, 3 * 6])
  expect((await readdir(join(folder, 'out'))).sort()).toEqual([
    ...['default', 'extractor=lantern_opts', 'extractor=lvr', 'prompt-style=vlmevalkit'],
    ...['sensitivity.json', 'sensitivity.md', 'temperature=0.5'],
  ])
}, 120_000)

it('a run that does not finish ends it, and the same command goes on', async () => {
  const url = await serve()
  const flags = asking(url, '--vary', 'prompt-style=vlmevalkit')
  const stopped = await cli([...flags, '--max-requests', '4'], {env: env()})
  expect([stopped.code, stopped.stderr.includes('a budget was reached')]).toEqual([4, true])
  const ended = await cli(flags, {env: env()})
  expect([ended.code, requests.length]).toEqual([0, 2 * 6])
}, 120_000)

it('tells what it would run, in each design, without asking', async () => {
  const url = await serve()
  const of = (...more: string[]) =>
    cli(asking(url, '--vary', 'extractor=lvr', '--vary', 'prompt-style=vlmevalkit', '--dry-run', ...more), {env: env()})
  const single = await of()
  expect(single.stdout.replaceAll(/\s+/g, ' ')).toContain('3 runs in')
  const all = JSON.parse((await of('--vary-all', '--json')).stdout)
  expect(all).toMatchObject({design: 'all', answers: 12, verdict: 'plan', exitCode: 0})
  expect(all.runs.map(({rescores}: {rescores: string | null}) => rescores === null)).toEqual([true, false, true, false])
  expect(requests).toHaveLength(0)
}, 120_000)

it('with a built-in model, the mode moves hops most, and groups are counted where groups are scored', async () => {
  const run = (bench: string, ...more: string[]) =>
    cli(['run', '--bench', bench, '--model', 'builtin:nano-latent', '--out', join(folder, bench), '--json', ...more], {
      env: env(),
    })
  const ended = await run('hops-pairs', '--limit', '32', '--vary', 'mode,extractor=lantern_opts')
  expect(ended.code).toBe(2)
  const {code, stdout} = await run('hops-pairs', '--limit', '32', '--vary', 'mode', '--vary', 'extractor=lantern_opts')
  expect(code).toBe(0)
  const [bench] = sensitivitySchema.parse(JSON.parse(stdout)).benchmarks
  // 4 pairs of each subtask, 3 subtasks in the headline.
  expect(bench).toMatchObject({unit: 'group', settings: [{setting: 'mode', highest: 'latent'}, {setting: 'extractor'}]})
  expect(bench!.effects.map(({setting, value, n}) => [setting, value, n])).toEqual([
    ['mode', 'direct', 12],
    ['mode', 'text-cot', 12],
    ['extractor', 'lantern_opts', 12],
  ])
  const orders = await run('hops-pairs', '--vary', 'options')
  expect([orders.code, orders.stdout.includes('more answers have to be right')]).toEqual([2, true])
}, 240_000)

it.each([
  [['--vary', 'bench'], 'cannot change bench'],
  [['--vary', 'mode', '--baseline', 'x'], 'exclude each other'],
  [['--vary-all'], 'means nothing without'],
  [['--vary', 'mode', '--model', 'builtin:nano-direct,builtin:nano-text'], 'takes one arm'],
])(
  '%j is exit 2',
  async (flags, message) => {
    const models = flags.includes('--model') ? [] : ['--model', 'builtin:nano-direct']
    const {code, stderr} = await cli(['run', '--bench', 'hops', '--limit', '5', ...models, ...flags], {env: env()})
    expect([code, stderr.replaceAll(/\s+/g, ' ').includes(message)]).toEqual([2, true])
  },
  60_000,
)
