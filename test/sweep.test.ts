// Sweeps by several real workers: killed, stopped and resumed, beside each other, and on a disk that refuses.
import type {ChildProcess} from 'node:child_process'
import {mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {Ajv2020} from 'ajv/dist/2020.js'
import {random} from '../src/core/random.js'
import type {SweepStatus} from '../src/evaluation/sweep/status.js'
import {readLog} from '../src/run-folder/reader.js'
import {type CliOptions, cli, root, startCli} from './support/cli.js'
import {type OpenAIServer, startOpenAIServer} from './support/openai-server.js'
import {mergedRecords} from './support/sweeps.js'

let cwd: string
let server: OpenAIServer | undefined
const workers: ChildProcess[] = []
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'sweep-'))
})
afterEach(async () => {
  // A worker that was stopped keeps its connection for ever.
  for (const child of workers.splice(0)) child.kill('SIGKILL')
  await server?.close()
  server = undefined
  await rm(cwd, {recursive: true})
})

const env = () => ({OPENAI_API_KEY: 'key-for-the-test', LANTERN_EVAL_CACHE_DIR: join(cwd, 'cache')})
/** Starts a worker, which does not outlive its test. */
function work(args: readonly string[], options: CliOptions) {
  const started = startCli(['sweep', 'work', ...args], options)
  workers.push(started.child)
  return started
}

const sweep = (...args: string[]) => cli(['sweep', ...args], {cwd, env: env()})
const run = 'hops-builtin_nano-latent'

async function plan(lines: readonly string[], ...dirs: string[]): Promise<void> {
  await writeFile(join(cwd, 'sweep.yaml'), lines.join('\n'))
  for (const dir of dirs) expect(await sweep('plan', 'sweep.yaml', '--out', dir)).toMatchObject({code: 0})
}

const control = (models: string, shards: number, limit: number) => [
  ...[`models: [${models}]`, 'benchmarks: [hops]', 'modes: [latent]', 'interventions: [own, zeros]'],
  ...[`shards: ${shards}`, `limit: ${limit}`],
]

async function status(dir: string): Promise<SweepStatus> {
  const {stdout} = await sweep('status', dir, '--json')
  return JSON.parse(stdout)
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await sleep(20)
}

test('1, 4 and 8 workers give the same records, whoever is killed', async () => {
  const dirs = {w1: 1, w4: 4, w8: 8}
  await plan(control('builtin:nano-latent', 8, 8), ...Object.keys(dirs))
  const rng = random('sweep test', 'kills')
  for (const [dir, count] of Object.entries(dirs)) {
    const begun = Array.from({length: count}, () => work([dir], {cwd}))
    // Half of several are killed; whoever is left takes their units over.
    const killed = begun.slice(0, count >> 1)
    for (const {child} of killed) {
      await sleep(300 + rng.integer(700))
      child.kill('SIGKILL')
    }
    const left = await Promise.all(begun.slice(killed.length).map(({ended}) => ended))
    expect(left.map(({code}) => code)).toEqual(left.map(() => 0))
    expect(await status(dir)).toMatchObject({done: 8, running: 0, failed: 0, dead: 0, missing: 0})
    expect(await sweep('merge', dir)).toMatchObject({code: 0})
  }
  const alone = await mergedRecords(join(cwd, 'w1'), run)
  expect(alone).toHaveLength(16)
  for (const dir of ['w4', 'w8']) {
    expect(await mergedRecords(join(cwd, dir), run)).toEqual(alone)
    const lock = async (of: string) => JSON.parse(await readFile(join(cwd, of, 'runs', run, 'lock.json'), 'utf8')).hash
    expect(await lock(dir)).toBe(await lock('w1'))
  }
}, 180_000)

describe('of a slow endpoint', () => {
  const out = () => join(cwd, 'slow', 'units', 'blink-openai_m-shard-1-of-1')
  const ids = async () => {
    const found: string[] = []
    for await (const {id} of readLog(out())) found.push(id)
    return found
  }
  // Short, so that the test is; the lease of a holder stands in its file.
  const quick = () => ({cwd, env: {...env(), LANTERN_EVAL_LEASE_SECONDS: '2'}})

  /** Whether replies are kept back: then a unit lasts until its worker is killed. */
  let silent: boolean

  beforeEach(async () => {
    silent = false
    const answer = {kind: 'answer', text: '<answer>B</answer>'} as const
    server = await startOpenAIServer({behave: () => (silent ? {kind: 'hang'} : answer), delayMs: 400})
    const settings = [`base-url: ${server.url}`, 'data: [builtin]', 'concurrency: 1', 'cache: false', 'limit: 20']
    await plan(['models: ["openai:m"]', 'benchmarks: [blink]', ...settings], 'slow')
  })

  test('a worker that was stopped past its lease leaves the unit to whoever took it over', async () => {
    const first = work(['slow', '--index', '0'], quick())
    await until(async () => (await ids().catch(() => [])).length > 3)
    first.child.kill('SIGSTOP')
    const second = work(['slow'], quick())
    const before = (await ids()).length
    await until(async () => (await ids()).length > before + 2)
    // The second must still have the unit when the first looks.
    second.child.kill('SIGSTOP')
    first.child.kill('SIGCONT')
    const stopped = await first.ended
    expect(stopped).toMatchObject({code: 4, stderr: expect.stringContaining('this worker, which had stood still')})
    expect(stopped.stderr).toContain('nothing left to do')
    second.child.kill('SIGCONT')
    const {code, stdout, stderr} = await second.ended
    expect({code, stderr}).toMatchObject({code: 0, stderr: expect.stringContaining('taken over from process')})
    expect(stdout).toContain('1 unit done, 0 failed, 0 lost')
    expect(await sweep('merge', 'slow')).toMatchObject({code: 0})
    const written = await ids()
    expect(new Set(written).size).toBe(written.length)
    expect(await mergedRecords(join(cwd, 'slow'), 'blink-openai_m')).toHaveLength(written.length)
    expect(await readdir(out())).not.toContain('writer.lock')
  }, 120_000)

  test('`retry` frees the claim of a dead worker, and its records are kept', async () => {
    const first = work(['slow'], {cwd, env: env()})
    await until(async () => (await ids().catch(() => [])).length > 3)
    silent = true
    expect(await status('slow')).toMatchObject({running: 1, dead: 0})
    expect(await sweep('work', 'slow', '--index', '0')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`Unit 0 is being worked on by process ${first.child.pid}`),
    })
    expect(await sweep('retry', 'slow')).toMatchObject({code: 0, stdout: '0 units are free again\n'})
    first.child.kill('SIGKILL')
    await first.ended
    expect(await status('slow')).toMatchObject({running: 0, dead: 1, missing: 0})
    expect(await sweep('retry', 'slow')).toMatchObject({code: 0, stdout: '1 unit is free again\n'})
    expect(await status('slow')).toMatchObject({dead: 0, missing: 1})
    silent = false
    const asked = server!.requests.length
    const kept = (await ids()).length
    expect(await sweep('work', 'slow')).toMatchObject({code: 0})
    const written = await ids()
    expect(new Set(written).size).toBe(written.length)
    expect(server!.requests.length - asked).toBe(written.length - kept)
  }, 120_000)
})

test('a unit that fails stops no other, `status` says why, and `retry` frees it', async () => {
  await plan(control('builtin:nano-latent, ./late', 3, 6), 'one')
  const [free, one] = await Promise.all([sweep('work', 'one'), sweep('work', 'one', '--index', '1')])
  // The free worker may have been there first.
  expect([0, 2]).toContain(one.code)
  expect(free).toMatchObject({code: 4, stderr: expect.stringContaining('failed: ')})
  const now = await status('one')
  expect(now).toMatchObject({units: 6, done: 3, failed: 3, running: 0, dead: 0, missing: 0, etaSeconds: null})
  expect(now.failures.map(({index}) => index)).toEqual([3, 4, 5])
  expect(now.failures[0]!.reason).toContain('late')
  const schema = JSON.parse(await readFile(join(root, 'schemas', 'sweep-status.schema.json'), 'utf8'))
  expect(new Ajv2020().validate(schema, now)).toBe(true)
  expect(await sweep('merge', 'one')).toMatchObject({code: 4, stderr: expect.stringContaining('not done: 3, 4, 5.')})
  // A unit by its index is run again, and fails again.
  expect(await sweep('work', 'one', '--index', '4')).toMatchObject({code: 4})
  expect(await sweep('work', 'one', '--index', '0')).toMatchObject({code: 0, stderr: 'Unit 0 is done already.\n'})
  expect(await sweep('work', 'one', '--index', '6')).toMatchObject({code: 2, stderr: expect.stringContaining('0 to 5')})
  expect(await sweep('retry', 'one')).toMatchObject({stdout: '3 units are free again\n'})
  expect(await status('one')).toMatchObject({done: 3, failed: 0, missing: 3, failures: []})
}, 120_000)

test('two merges at once give one run; unequal locks and an edited plan are refused', async () => {
  await plan(control('builtin:nano-latent', 2, 4), 'one')
  expect(await sweep('work', 'one')).toMatchObject({code: 0})
  const merges = await Promise.all([sweep('merge', 'one'), sweep('merge', 'one')])
  const codes = merges.map(({code}) => code).sort()
  expect(codes[0]).toBe(0)
  // The other found the first at work, or all of it done.
  expect([0, 2]).toContain(codes[1])
  expect(await sweep('merge', 'one')).toMatchObject({code: 0})
  expect(await mergedRecords(join(cwd, 'one'), run)).toHaveLength(8)

  const unit = join(cwd, 'one', 'units', `${run}-shard-2-of-2`)
  await rename(unit, join(cwd, 'kept'))
  const other = ['run', '--bench', 'hops', '--model', 'builtin:nano-latent', '--mode', 'latent', '--limit', '4']
  await cli([...other, '--shard', '2/2', '--intervention', 'own,zeros', '--seed', '7', '--out', unit], {cwd})
  await rm(join(cwd, 'one', 'runs'), {recursive: true})
  expect(await sweep('merge', 'one')).toMatchObject({code: 5, stderr: expect.stringContaining('seed')})
  await rm(unit, {recursive: true})
  expect(await sweep('merge', 'one')).toMatchObject({code: 2, stderr: expect.stringContaining('shard-2-of-2')})
  await rename(join(cwd, 'kept'), unit)
  expect(await sweep('merge', 'one')).toMatchObject({code: 0})

  const edited = {'plan.json': ['work', 'status', 'retry', 'merge'], 'units.jsonl': ['merge']}
  for (const [name, commands] of Object.entries(edited)) {
    const path = join(cwd, 'one', name)
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('"limit": 4', '"limit": 5').replace('"hops"', '"attr"'))
    for (const command of commands)
      expect(await sweep(command, 'one')).toMatchObject({code: 5, stderr: expect.stringContaining('was changed')})
    await writeFile(path, text)
  }
}, 120_000)

test('more shards than samples leave some empty, and the run is whole', async () => {
  await plan(control('builtin:nano-latent', 3, 2), 'one')
  expect(await sweep('work', 'one')).toMatchObject({
    code: 0,
    stdout: '3 units done, 0 failed, 0 lost to other workers\n',
  })
  expect(await sweep('merge', 'one')).toMatchObject({code: 0})
  expect(await mergedRecords(join(cwd, 'one'), run)).toHaveLength(4)
}, 60_000)

test('a folder of claims that cannot be written or read is told in a sentence, and costs no unit', async () => {
  await plan(control('builtin:nano-latent', 1, 2), 'one')
  const claims = join(cwd, 'one', 'claims')
  await rm(claims, {recursive: true})
  expect(await sweep('work', 'one')).toMatchObject({code: 2, stderr: expect.stringContaining('cannot be read')})
  // Nothing can be made there, whoever tries.
  await symlink('/proc', claims)
  expect(await sweep('work', 'one')).toMatchObject({code: 4, stderr: expect.stringContaining('cannot be written')})
  await rm(claims)
  await mkdir(claims)
  expect(await sweep('work', 'one')).toMatchObject({
    code: 0,
    stdout: '1 unit done, 0 failed, 0 lost to other workers\n',
  })
}, 60_000)
