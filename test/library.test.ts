// The compiled package, imported by name as in a user's program.
import {execFile} from 'node:child_process'
import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {root} from './support/cli.js'

/** The output of a program run in the package's own folder, where Node resolves the package by its name. */
async function program(code: string): Promise<string> {
  const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], {cwd: root})
  return stdout
}

test('the package exports its parts by name', async () => {
  const names = JSON.parse(
    await program(`import * as all from 'lantern-eval'; console.log(JSON.stringify(Object.keys(all)))`),
  )
  expect(names).toEqual(
    expect.arrayContaining([
      'LanternError',
      'compareRuns',
      'extractAnswer',
      'loadBenchmark',
      'mcnemarExact',
      'pairedDifference',
      'readRun',
      'resultTable',
      'scoreSample',
      'wilsonInterval',
    ]),
  )
})

test('two lines of code extract an answer from a text', async () => {
  const printed = await program(
    `import {extractAnswer} from 'lantern-eval'; console.log(extractAnswer('lantern-eval', {text: 'The answer is (B).', letters: 'ABCD'}).answer)`,
  )
  expect(printed.trim()).toBe('B')
})

test('importing it prints nothing and loads no heavy module', async () => {
  // A loader that records every loaded module. Modules imported by an `await import()` inside a function do not appear.
  const loader = `let port
    export const initialize = data => { port = data.port }
    export const load = (url, context, next) => { port.postMessage(url); return next(url, context) }`
  const printed = await program(`
    import {register} from 'node:module'
    import {MessageChannel} from 'node:worker_threads'
    const {port1, port2} = new MessageChannel()
    const loaded = []
    port1.on('message', url => loaded.push(url))
    register('data:text/javascript,' + ${JSON.stringify(encodeURIComponent(loader))}, {data: {port: port2}, transferList: [port2]})
    await import('lantern-eval')
    // The loader has a thread of its own: what it tells of the package has arrived once it tells of the last module.
    const last = 'data:text/javascript,'
    await import(last)
    while (!loaded.includes(last)) await new Promise(resolve => setTimeout(resolve, 5))
    console.log(JSON.stringify(loaded))
    port1.close()`)
  const loaded: string[] = JSON.parse(printed)
  expect(loaded.some(url => url.endsWith('/dist/index.js'))).toBe(true)
  for (const heavy of ['onnxruntime-node', 'sharp', 'hyparquet', '@huggingface/hub', '@oclif/core', 'undici'])
    expect(loaded.filter(url => url.includes(`/node_modules/${heavy}/`))).toEqual([])
})

test('the tarball contains what an installed command needs, and no development files', async () => {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const {stdout} = await promisify(execFile)('npm', args, {cwd: root, env: {...process.env, NODE_OPTIONS: ''}})
  const [packed] = JSON.parse(stdout) as {files: {path: string}[]}[]
  const paths = packed!.files.map(({path}) => path)
  const needed = [
    'bin/run.js',
    'dist/index.js',
    'dist/index.d.ts',
    'oclif.manifest.json',
    'fixtures/blink/val_answers.json',
  ]
  const samples = ['blink', 'vstar', 'viscot', 'hops', 'hops-pairs'].map(
    bench => `fixtures/builtin/${bench}/builtin.json`,
  )
  const names = await readdir(join(root, 'fixtures/models'))
  const models = names.map(name => `fixtures/models/${name}/model.safetensors`)
  expect(paths).toEqual(expect.arrayContaining([...needed, ...samples, ...models]))
  expect(paths.filter(path => /goldens|replay\/|\.test\.|^(test|training|bench|scripts|src)\//.test(path))).toEqual([])
})
