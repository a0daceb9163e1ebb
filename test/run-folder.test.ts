// A run folder and several processes: what happens to it during a run, and to a folder edited afterwards.
import {mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {readLog, settledRecords} from '../src/run-folder/reader.js'
import {cli, startCli} from './support/cli.js'
import {type OpenAIServer, startOpenAIServer} from './support/openai-server.js'

let folder: string
let server: OpenAIServer
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-folder-'))
})
afterEach(async () => {
  await server?.close()
  await rm(folder, {recursive: true, force: true})
})

async function serve(delayMs = 0): Promise<void> {
  server = await startOpenAIServer({behave: () => ({kind: 'answer', text: '<answer>B</answer>'}), delayMs})
}

const out = () => join(folder, 'a')
const env = () => ({OPENAI_API_KEY: 'key-for-the-test', LANTERN_EVAL_CACHE_DIR: join(folder, 'cache')})
const asking = (...more: string[]) => {
  const where = ['--data', 'builtin', '--base-url', server.url, '--out', out(), '--no-cache']
  return ['run', '--bench', 'blink', '--model', 'openai:m', ...where, '--concurrency', '2', ...more]
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await new Promise(resolve => setTimeout(resolve, 10))
}

async function ids(): Promise<string[]> {
  const found: string[] = []
  for await (const {id} of readLog(out())) found.push(id)
  return found
}

it('stops a suspended writer that comes back to a folder held by another process', async () => {
  await serve(40)
  const first = startCli(asking(), {env: {...env(), LANTERN_EVAL_LEASE_SECONDS: '2'}})
  await until(async () => (await ids()).length > 3)
  first.child.kill('SIGSTOP')
  const hold = join(out(), 'writer.lock')
  const old = new Date(Date.now() - 120_000)
  await utimes(hold, old, old)
  const second = startCli(asking(), {env: env()})
  const asked = server.requests.length
  await until(() => server.requests.length > asked + 4)
  // The second must still hold the folder when the first looks.
  second.child.kill('SIGSTOP')
  first.child.kill('SIGCONT')
  const stopped = await first.ended
  expect(stopped.code).toBe(4)
  expect(stopped.stderr).toContain(`process ${second.child.pid}`)
  expect(JSON.parse(await readFile(hold, 'utf8'))).toMatchObject({pid: second.child.pid})
  second.child.kill('SIGCONT')
  expect((await second.ended).code).toBe(0)
  const written = await ids()
  expect(new Set(written).size).toBe(written.length)
  expect(await readdir(out())).not.toContain('writer.lock')
})

it.each([1, 2])('reports a log that was removed during the run, with %i requests in flight', async concurrency => {
  await serve(40)
  const asked = asking('--json').map((part, at, all) => (all[at - 1] === '--concurrency' ? `${concurrency}` : part))
  const {ended} = startCli(asked, {env: env()})
  await until(async () => (await ids()).length > 3)
  await rm(join(out(), 'log.jsonl'))
  const {code, stdout} = await ended
  expect(code).toBe(4)
  expect(JSON.parse(stdout)).toMatchObject({
    verdict: 'infrastructure',
    exitCode: 4,
    error: {message: expect.stringContaining('was removed')},
  })
  expect(await readdir(out())).not.toContain('summary.json')
})

it('is released by a run whose output nobody reads any more, and the exit code is the run’s own', async () => {
  await serve(20)
  const {child, ended} = startCli(asking('--limit', '12'), {env: env()})
  child.stderr!.destroy()
  child.stdout!.destroy()
  expect((await ended).code).toBe(0)
  expect(await settledRecords(out())).toHaveLength(12)
  expect(await readdir(out())).not.toContain('writer.lock')
})

it.each([
  ['null', (path: string) => writeFile(path, 'null')],
  ['a dangling link', (path: string) => symlink(join(folder, 'nowhere'), path)],
])('is not held by %s', async (_, put) => {
  await serve()
  await mkdir(out())
  await put(join(out(), 'writer.lock'))
  expect((await cli(asking('--limit', '4'), {env: env()})).code).toBe(0)
  expect(await settledRecords(out())).toHaveLength(4)
})

it('that was edited is exit 5 if named; a scan leaves it out and ends with 5', async () => {
  await serve()
  const inResults = (name: string) => asking('--limit', '4').map(arg => (arg === out() ? join('results', name) : arg))
  for (const name of ['edited', 'whole']) await cli(inResults(name), {env: env(), cwd: folder})
  const lock = join(folder, 'results', 'edited', 'lock.json')
  await writeFile(lock, (await readFile(lock, 'utf8')).replace('"kind": "builtin"', '"kind": "official"'))
  // A folder of a run without samples is not a run.
  await mkdir(join(folder, 'results', 'begun'))
  await writeFile(join(folder, 'results', 'begun', 'lock.json'), await readFile(lock))

  const named = await cli(['leaderboard', 'results/edited', '--json'], {cwd: folder})
  expect([named.code, JSON.parse(named.stdout).error.code]).toEqual([5, 'provenance'])
  for (const args of [['leaderboard'], ['leaderboard', 'results']]) {
    const scan = await cli([...args, '--json'], {cwd: folder})
    const {rows, warnings, exitCode} = JSON.parse(scan.stdout)
    expect([scan.code, exitCode]).toEqual([5, 5])
    expect(rows.map(({run}: {run: string}) => run)).toEqual([join('results', 'whole')])
    expect(warnings.filter((text: string) => text.includes('edited'))).toHaveLength(1)
  }
  for (const command of [
    ['inspect', 'results/edited'],
    ['rescore', 'results/edited', '--out', 'again'],
    inResults('edited'),
  ])
    expect((await cli(command, {env: env(), cwd: folder})).code).toBe(5)
})

it('with records that cannot be true reports them beside the table and does not count them', async () => {
  await serve()
  await cli(asking('--limit', '4'), {env: env()})
  const log = join(out(), 'log.jsonl')
  const [first, ...others] = (await readFile(log, 'utf8')).trim().split('\n')
  const invented = {...JSON.parse(first!), id: 'val_Counting_9999'}
  await writeFile(log, [...others, JSON.stringify(invented), ''].join('\n'))
  const {stdout} = await cli(['leaderboard', out(), '--json'])
  const {rows, warnings} = JSON.parse(stdout)
  expect(rows[0]).toMatchObject({n: 3, total: 4})
  expect(warnings).toEqual(
    expect.arrayContaining([expect.stringMatching(/1 log record is not counted: line 4, val_Counting_9999/)]),
  )
})
