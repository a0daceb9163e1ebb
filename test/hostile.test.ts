// The whole program against a hostile machine: too few open files, folders that nobody can make, a reader that goes
// away, files that do not end, a command that was killed. Each ends with a sentence and a code of the table.
import {spawn} from 'node:child_process'
import {truncateSync} from 'node:fs'
import {mkdtemp, readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {cli, type Ended, endWithTests, root, startCli} from './support/cli.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-'))
})
afterEach(() => rm(folder, {recursive: true, force: true}))

/** Runs a line of bash in which `$L` is the program. */
function bash(line: string): Promise<Ended> {
  const env = {...process.env, NO_COLOR: '1', L: `${process.execPath} ${join(root, 'bin/run.js')}`, F: folder}
  const child = spawn('bash', ['-c', line], {env, stdio: ['ignore', 'pipe', 'pipe']})
  endWithTests(child)
  const said = {stdout: '', stderr: ''}
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', chunk => {
      said[name] += chunk
    })
  return new Promise(resolve => child.on('close', (code, signal) => resolve({code, signal, ...said})))
}

const run = (...more: string[]) => ['run', '--limit', '2', '--model', 'builtin:nano-direct', ...more]
const onLinux = process.platform === 'linux' ? describe : describe.skip

onLinux('where few files may be open', () => {
  test.each([30, 60, 90])('%i', async most => {
    const told = await bash(`ulimit -n ${most}; $L ${run().join(' ')} --out $F/run`)
    expect(told).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/^error .* too few open files\.\n {2}try Allow more/),
    })
    expect(told.stderr).not.toMatch(/^ +at /m)
    const json = await bash(`ulimit -n ${most}; $L ${run().join(' ')} --out $F/run --json`)
    expect(JSON.parse(json.stdout)).toMatchObject({error: {code: 'disk'}, exitCode: 4})
  })
})

onLinux('where no folder can be made', () => {
  test('every command that makes one says so', async () => {
    const refused = /cannot be made: /
    expect(await cli(run('--out', '/proc/x'))).toMatchObject({code: 4, stderr: expect.stringMatching(refused)})
    expect(await cli(run('--out', '/dev/null'))).toMatchObject({
      code: 4,
      stderr: 'error /dev/null cannot be made: /dev/null is not a folder.\n  try Give another --out.\n',
    })
    expect(await cli(['bench', 'make', 'hops', '--out', '/proc/x'])).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(refused),
    })
    const made = join(folder, 'run')
    await cli(run('--out', made))
    const table = ['leaderboard', made, '--format', 'json=/proc/x/a.json']
    expect(await cli(table)).toMatchObject({code: 4, stderr: expect.stringMatching(refused)})
  })

  test('a cache there only costs time', async () => {
    const env = {LANTERN_EVAL_CACHE_DIR: '/proc/x', HF_HOME: '/proc/y'}
    expect(await cli(run('--out', join(folder, 'run')), {env})).toMatchObject({code: 0})
    expect(await cli(['doctor'], {env})).toMatchObject({
      code: 4,
      stdout: expect.stringMatching(/cache folder +failed +\/proc\/x cannot be made/),
    })
  })
})

test('a reader that goes away changes no exit code and leaves no hold', async () => {
  const told = await bash(`$L ${run().join(' ')} --out $F/run 2>&1 | head -1; echo "\${PIPESTATUS[0]}"`)
  expect(told.stdout).toMatch(/\n0\n$/)
  expect(await readdir(join(folder, 'run'))).not.toContain('writer.lock')
  for (const closed of ['>&-', '2>&-', '>&- 2>&-']) {
    expect(await bash(`$L leaderboard $F/run ${closed}`)).toMatchObject({code: 0})
    expect(await bash(`$L nonsense ${closed}`)).toMatchObject({code: 2})
  }
})

test('a log whose tail never ends is refused by every reader', async () => {
  const made = join(folder, 'run')
  await cli(run('--out', made))
  truncateSync(join(made, 'log.jsonl'), 600 << 20)
  for (const command of [
    ['inspect', made, '--json'],
    ['rescore', made, '--out', join(folder, 'again')],
    ['leaderboard', made],
    ['merge', made, '--out', join(folder, 'merged')],
    run('--out', made),
  ]) {
    const {code, stdout, stderr} = await cli(command)
    expect([command[0], code, stdout + stderr]).toEqual([command[0], 2, expect.stringMatching(/is longer than 32 MB/)])
  }
})

test('data whose drawing was killed are refused, and the same command draws them again', async () => {
  const out = join(folder, 'hops')
  const make = ['bench', 'make', 'hops', '--n', '200', '--out', out]
  const {child, ended} = startCli(['bench', 'make', 'hops', '--n', '100000', '--out', out])
  const drawn = async () => (await readdir(out).catch(() => [])).some(name => name.endsWith('.png'))
  while (!(await drawn())) await new Promise(resolve => setTimeout(resolve, 20))
  child.kill('SIGKILL')
  await ended
  const verify = ['bench', 'verify', 'hops', '--data', out]
  expect(await cli(verify)).toMatchObject({code: 2, stderr: expect.stringMatching(/hops is not finished/)})
  expect(await cli(run('--bench', 'hops', '--data', out, '--out', join(folder, 'run')))).toMatchObject({code: 2})
  // Another recipe would leave samples of the first among its own.
  expect(await cli(make)).toMatchObject({code: 2, stderr: expect.stringMatching(/is not empty/)})
})
