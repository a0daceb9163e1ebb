// The package as users get it: packed, installed into an empty folder without any cache of ours, and used there.
import {execFile} from 'node:child_process'
import {mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {root} from './support/cli.js'

const execute = promisify(execFile)

/** It has 12.9 MB, mostly the weights of the six built-in models. More must be a decision. */
const mostBytes = 15e6

let folder: string
let app: string
let tarball: string
/** Without what this shell, jest or npm set; npm itself would otherwise act on this repository. */
const env = () => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|LANTERN_EVAL_|NODE_OPTIONS)/.test(name)),
  ),
  ONNXRUNTIME_NODE_INSTALL: 'skip',
  LANTERN_EVAL_CACHE_DIR: join(folder, 'cache'),
  HF_HOME: join(folder, 'hub'),
  NO_COLOR: '1',
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packed-'))
  app = join(folder, 'app')
  await mkdir(app)
  await writeFile(join(app, 'package.json'), '{"private": true, "type": "module"}\n')
  // `prepare` would remove dist/ while other tests use it.
  await execute('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {cwd: root, env: env()})
  tarball = join(folder, (await readdir(folder)).find(name => name.endsWith('.tgz'))!)
  const flags = ['--prefer-offline', '--no-audit', '--no-fund']
  await execute('npm', ['install', ...flags, tarball], {cwd: app, env: env()})
}, 300_000)
afterAll(() => rm(folder, {recursive: true}))

/** Runs the installed command. No proxy answers at port 9, so anything that asks the network fails. */
function installed(...args: string[]) {
  const offline = {HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9'}
  return execute(join(app, 'node_modules/.bin/lantern-eval'), args, {cwd: app, env: {...env(), ...offline}})
}

test('it is small', async () => {
  expect((await stat(tarball)).size).toBeLessThan(mostBytes)
})

test('its help lists the commands', async () => {
  const {stdout} = await installed('--help')
  for (const command of ['run', 'compare', 'leaderboard', 'bench', 'doctor']) expect(stdout).toContain(command)
})

test('it runs the built-in models on the built-in samples, without network', async () => {
  await installed('run', '--limit', '20', '--out', 'run')
  const {rows} = JSON.parse(await readFile(join(app, 'run', 'summary.json'), 'utf8'))
  expect(rows.map(({model}: {model: string}) => model).sort()).toEqual(
    ['direct', 'latent', 'placebo', 'text'].map(name => `builtin:nano-${name}`),
  )
})

test('its types check in a strict program that checks libraries too, without the types of Node', async () => {
  await writeFile(
    join(app, 'user.ts'),
    `import {type Benchmark, compareRuns, defineBenchmark, defineRunner, extractAnswer, LanternError, readRun} from 'lantern-eval'
import {type LogRecord, type Sample, wilsonInterval} from 'lantern-eval'
const sample: Sample = {id: '1', benchmark: 'mine', subtask: 'all', images: [], question: 'Which?', gold: 'A'}
const width: number = wilsonInterval(3, 10).high - wilsonInterval(3, 10).low
const answer: string | null = extractAnswer('lantern-eval', {text: 'The answer is (B).', letters: 'ABCD'}).answer
export const used = [sample, width, answer, LanternError, compareRuns, readRun, defineBenchmark, defineRunner]
export type Mine = [Benchmark, LogRecord]
`,
  )
  const options = {module: 'nodenext', target: 'es2023', strict: true, noEmit: true, skipLibCheck: false, types: []}
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const check = async () => {
    await writeFile(join(app, 'tsconfig.json'), JSON.stringify({compilerOptions: options, files: ['user.ts']}))
    return execute(process.execPath, [tsc, '-p', app], {cwd: app, env: env()}).catch(error => error)
  }
  expect((await check()).stdout).toBe('')
  await writeFile(join(app, 'user.ts'), `import {wilsonInterval} from 'lantern-eval'\nwilsonInterval('3')\n`)
  expect((await check()).stdout).toContain('error TS')
})

test('an older Node is told which one is needed, and nothing else', async () => {
  const older = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"18.20.4"})'
  const bin = join(app, 'node_modules/lantern-eval/bin/run.js')
  const run = execute(process.execPath, ['--import', older, bin, 'run'], {cwd: app, env: env()})
  await expect(run).rejects.toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(
      /^error lantern-eval needs Node 20\.19 or newer; this is v[\d.]+\.\n {2}try Install /,
    ),
  })
})
