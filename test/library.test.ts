// The package as a program imports it: by its name, compiled.
import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {root} from './support/cli.js'

/** What a program prints that runs in the package's own folder, where Node resolves the package by its name. */
async function program(code: string): Promise<string> {
  const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], {cwd: root})
  return stdout
}

test('the package exports its parts by name', async () => {
  const names = JSON.parse(await program(`import * as all from 'lantern-eval'; console.log(JSON.stringify(Object.keys(all)))`))
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

test('an answer is read out of a text in two lines', async () => {
  const printed = await program(
    `import {extractAnswer} from 'lantern-eval'; console.log(extractAnswer('lantern-eval', {text: 'The answer is (B).', letters: 'ABCD'}).answer)`,
  )
  expect(printed.trim()).toBe('B')
})

test('importing it prints nothing and loads no heavy module', async () => {
  // A loader that notes every module: those named in an `await import()` inside a function are not among them.
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
    console.log(JSON.stringify(loaded))
    port1.close()`)
  const loaded: string[] = JSON.parse(printed)
  expect(loaded.some(url => url.endsWith('/dist/index.js'))).toBe(true)
  for (const heavy of ['onnxruntime-node', 'sharp', 'hyparquet', '@huggingface/hub', '@oclif/core', 'undici'])
    expect(loaded.filter(url => url.includes(`/node_modules/${heavy}/`))).toEqual([])
})
