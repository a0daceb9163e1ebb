// `bench pull` and `cache` as processes against a local hub; `run` then finds what was pulled.
import {randomBytes} from 'node:crypto'
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {cli, startCli} from './support/cli.js'
import {commit, type HubServer, startHubServer} from './support/hub-server.js'
import {startOpenAIServer} from './support/openai-server.js'

const drawn = fileURLToPath(new URL('../fixtures/builtin/blink/', import.meta.url))

let home: string
let hub: HubServer
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'pull-'))
})
afterEach(async () => {
  await hub.close()
  await rm(home, {recursive: true, force: true})
})

const env = () => ({HF_HOME: join(home, 'hf'), HF_ENDPOINT: hub.endpoint, LANTERN_EVAL_CACHE_DIR: join(home, 'cache')})

async function serveDrawnBlink(): Promise<void> {
  const subtasks = (await readdir(drawn, {withFileTypes: true}))
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
  const path = (name: string) => `${name}/val-00000-of-00001.parquet`
  hub = await startHubServer(
    await Promise.all(
      subtasks.map(async name => ({path: path(name), bytes: await readFile(join(drawn, path(name))), lfs: true})),
    ),
  )
}

it('fetches a benchmark, reports what and how much, and run finds it', async () => {
  await serveDrawnBlink()
  const pulled = await cli(['bench', 'pull', 'blink'], {env: env()})
  expect(pulled).toMatchObject({code: 0})
  expect(pulled.stdout).toContain('blink val: 6 files')
  expect(pulled.stderr).toMatch(/blink {2}6 files, [\d.]+ [kM]B/)

  const again = await cli(['bench', 'pull', 'blink', '--json'], {env: env()})
  expect(JSON.parse(again.stdout)).toMatchObject({pulled: [{bench: 'blink', fetched: 0}], exitCode: 0})

  const model = await startOpenAIServer({behave: () => ({kind: 'answer', text: '<answer>A</answer>'})})
  try {
    const out = join(home, 'run')
    const args = [
      'run',
      '--bench',
      'blink',
      '--model',
      'openai:m',
      '--base-url',
      model.url,
      '--limit',
      '12',
      '--out',
      out,
      '--json',
    ]
    const run = await cli(args, {env: env()})
    expect(JSON.parse(run.stdout).rows[0]).toMatchObject({bench: 'blink', n: 12})
  } finally {
    await model.close()
  }
})

it('fetches what a definition of one’s own names, at its revision and no more, and run finds it', async () => {
  const items = ['x', 'y'].map(id => `${JSON.stringify({id, question: 'Which?', options: ['a', 'b'], answer: 'b'})}\n`)
  hub = await startHubServer([
    {path: 'data/test-0.jsonl', bytes: Buffer.from(items[0]!), lfs: false},
    {path: 'data/test-1.jsonl', bytes: Buffer.from(items[1]!), lfs: false},
    {path: 'data/train-0.jsonl', bytes: randomBytes(1000), lfs: false},
  ])
  const source = `{repo: somebody/set, revision: ${commit}, files: ["data/test-*.jsonl"], licence: CC0}`
  await writeFile(join(home, 'far.yaml'), `id: far\ndata: data/test-*.jsonl\nsource: ${source}\n`)
  await writeFile(join(home, 'answers.jsonl'), '{"id": "x", "text": "B"}\n{"id": "y", "text": "A"}\n')
  const here = (...args: string[]) => cli(args, {cwd: home, env: env()})
  const run = () => here('run', '--bench', './far.yaml', '--model', 'replay:answers.jsonl', '--out', 'run', '--json')
  expect(await run()).toMatchObject({code: 4, stdout: expect.stringContaining('bench pull')})
  const pulled = await here('bench', 'pull', 'far.yaml')
  expect({code: pulled.code, stderr: pulled.stderr}).toMatchObject({code: 0})
  expect(pulled.stdout).toMatch(/far test: 2 files[\s\S]*licence CC0/)
  expect(JSON.parse((await run()).stdout).rows[0]).toMatchObject({bench: 'far', n: 2, score: 0.5, sample: 'custom'})
})

it('exits with 130 on Ctrl-C and resumes later', async () => {
  hub = await startHubServer([{path: 'Art_Style/val-00000-of-00001.parquet', bytes: randomBytes(4_000_000), lfs: true}])
  hub.trouble = (_path, attempt) => (attempt === 0 ? {kind: 'stall', after: 1_000_000} : undefined)
  const {child, ended} = startCli(['bench', 'pull', 'blink'], {env: env()})
  while (hub.transfers.length === 0) await new Promise(resolve => setTimeout(resolve, 50))
  await new Promise(resolve => setTimeout(resolve, 500))
  child.kill('SIGINT')
  expect((await ended).code).toBe(130)
  expect(await cli(['bench', 'pull', 'blink'], {env: env()})).toMatchObject({code: 0})
  expect(hub.transfers.at(-1)!.range).toMatch(/^bytes=[1-9]/)
})

it('shows the cache, and empties it only on request', async () => {
  await serveDrawnBlink()
  expect(JSON.parse((await cli(['cache', 'dir', '--json'], {env: env()})).stdout)).toMatchObject({
    dir: join(home, 'cache'),
    bytes: 0,
  })
  expect(JSON.parse((await cli(['cache', 'prune', '--json'], {env: env()})).stdout)).toMatchObject({removed: false})
  expect(JSON.parse((await cli(['cache', 'prune', '--json', '--yes'], {env: env()})).stdout)).toMatchObject({
    removed: true,
  })
})

it('says no credential of HF_ENDPOINT, whatever goes wrong, and sends it to the hub alone', async () => {
  await serveDrawnBlink()
  const secret = 'pa%2Fss-word-1'
  const endpoint = hub.endpoint.replace('://', `://somebody:${secret}@`)
  const said: string[] = []
  const pull = async () => {
    const {code, stdout, stderr} = await cli(['bench', 'pull', 'blink', '--log-level', 'debug'], {
      env: {...env(), HF_ENDPOINT: endpoint},
    })
    said.push(stdout, stderr)
    return code
  }
  hub.trouble = () => ({kind: 'status', status: 403})
  expect(await pull()).toBe(4)
  hub.refuse = {status: 500, code: 'pa/ss-word-1'}
  expect(await pull()).toBe(4)
  hub.refuse = null
  hub.trouble = () => undefined
  expect(await pull()).toBe(0)
  expect(said.join('\n')).not.toMatch(/pa(%2F|\/)ss-word/i)
  const authorization = `Basic ${Buffer.from('somebody:pa/ss-word-1').toString('base64')}`
  expect(hub.transfers.filter(({cdn}) => !cdn).every(one => one.authorization === authorization)).toBe(true)
  expect(hub.transfers.filter(({cdn}) => cdn).every(one => one.authorization === undefined)).toBe(true)
})
