// `serve` as a process: a run that asks it for its latents gives the records of a local run, and signals end it.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {readdir, readFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {cli, type Ended, startCli} from './support/cli.js'
import {rawConnection} from './support/served-model.js'

const model = 'builtin:nano-latent'
const folder = mkdtempSync(join(tmpdir(), 'serve-process-'))
afterAll(() => rmSync(folder, {recursive: true}))

interface Serving {
  readonly url: string
  readonly ended: Promise<Ended>
  signal(name: NodeJS.Signals): void
}

async function serve(...more: readonly string[]): Promise<Serving> {
  const {child, ended} = startCli(['serve', '--model', model, '--port', '0', '--json', ...more])
  const url = await new Promise<string>((resolve, reject) => {
    let said = ''
    child.stdout!.on('data', data => {
      said += data
      const found = /"url": "([^"]+)"/.exec(said)?.[1]
      if (found) resolve(found)
    })
    ended.then(({stderr}) => reject(new Error(stderr)), reject)
  })
  return {url, ended, signal: name => child.kill(name)}
}

type Line = Record<string, unknown> & {readonly arm: string; readonly id: string}

/** The records of a run by arm and sample, without times and without what names the model. */
function recordsOf(run: string, ref: string): Record<string, unknown> {
  const lines = readFileSync(join(folder, run, 'log.jsonl'), 'utf8')
    .trim()
    .split('\n')
  const records = lines.map(line => JSON.parse(line) as Line).filter(({type}) => type === 'sample')
  return Object.fromEntries(
    records.map(({timing: _, arm, ...record}) => [`${arm.replace(ref, 'MODEL')} ${record.id}`, record]),
  )
}

/** The tensors of every file of latents: their description and bytes, without what is kept beside them. */
async function tensorsOf(run: string, ref: string): Promise<Record<string, unknown>> {
  const root = join(folder, run, 'latents')
  const files = (await readdir(root, {recursive: true})).filter(file => file.endsWith('.safetensors'))
  const read = async (file: string) => {
    const bytes = await readFile(join(root, file))
    const end = 8 + Number(bytes.readBigUInt64LE())
    const {__metadata__: _, ...header} = JSON.parse(bytes.subarray(8, end).toString())
    return [file.replace(encodeURIComponent(ref), 'MODEL'), {header, bytes: bytes.subarray(end).toString('base64')}]
  }
  return Object.fromEntries(await Promise.all(files.map(read)))
}

describe('with a server', () => {
  let serving: Serving
  const asked = ['--bench', 'hops', '--data', 'builtin', '--limit', '15']
  const remote = `openai:${model}`
  beforeAll(async () => {
    // One row at a time on both sides: sums over a batch differ in their last bit with the rows beside them.
    serving = await serve('--batch-size', '1')
  }, 60_000)
  afterAll(async () => {
    serving?.signal('SIGTERM')
    await serving?.ended
  })

  it('records the answers and latents of a local run', async () => {
    const interventions = 'own,zeros,noise,swap,matched-noise,shuffle,oracle,other-image,image:other,same-steps'
    const more = [...asked, '--mode', 'latent,text-cot', '--intervention', interventions, '--save-latents']
    const local = await cli(['run', '--model', model, '--batch-size', '1', ...more, '--out', join(folder, 'local')])
    const observed = ['--base-url', serving.url, '--observe-latents', '--concurrency', '4']
    const served = await cli(['run', '--model', remote, ...observed, ...more, '--out', join(folder, 'served')])
    expect([served.code, served.stderr]).toEqual([local.code, expect.not.stringContaining('Error')])
    const expected = recordsOf('local', model)
    // Nine latent arms; text chains of thought have the plain arm, the other picture and own steps.
    expect(Object.keys(expected)).toHaveLength(15 * 12)
    expect(recordsOf('served', remote)).toEqual(expected)
    const tensors = await tensorsOf('local', model)
    expect(Object.keys(tensors).length).toBeGreaterThan(15 * 6)
    expect(await tensorsOf('served', remote)).toEqual(tensors)
  }, 240_000)

  it('is diagnosed as the local checkpoint is', async () => {
    const verdictOf = async (ref: string, more: readonly string[]) => {
      const suite = ['--suite', 'quick', '--bench', 'hops', '--data', 'builtin', '--limit', '30']
      const out = join(folder, `diagnosis-${ref.length}`)
      const {stdout} = await cli(['diagnose', '--model', ref, ...more, ...suite, '--out', out, '--json'])
      const {verdict, results} = JSON.parse(stdout)
      return {verdict, effects: results[0].effects}
    }
    const local = await verdictOf(model, ['--batch-size', '1'])
    const observed = ['--base-url', serving.url, '--observe-latents', '--concurrency', '4']
    expect(await verdictOf(remote, observed)).toEqual(local)
    const standard = await cli(['diagnose', '--model', remote, ...observed, '--bench', 'hops', '--data', 'builtin'])
    expect([standard.code, standard.stderr]).toEqual([2, expect.stringContaining('--suite quick')])
  }, 240_000)
})

describe('a signal', () => {
  /** The beginning of a request that takes a while; resolves once it is being answered. */
  async function longAnswer(url: string) {
    const messages = [{role: 'user', content: 'Count.'}]
    const body = {model, messages, temperature: 0, max_tokens: 600, stream: true, latents: null}
    const reply = await fetch(`${url}/chat/completions`, {method: 'POST', body: JSON.stringify(body)})
    const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader()
    const first = (await reader.read()).value ?? ''
    return {
      async rest() {
        let text = first
        for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value
        return text
      },
    }
  }

  it('lets running requests finish, refuses new ones and ends with 0', async () => {
    const {url, ended, signal} = await serve()
    const body = JSON.stringify({model, messages: [{role: 'user', content: 'x'}]})
    const lines = [`POST ${new URL(url).pathname}/chat/completions HTTP/1.1`, 'host: x']
    const late = rawConnection(url, [...lines, `content-length: ${body.length}`, '', ''].join('\r\n'))
    const {rest} = await longAnswer(url)
    signal('SIGTERM')
    const text = await rest()
    expect(text.trimEnd()).toMatch(/data: \[DONE\]$/)
    late.socket.write(body)
    expect(await late.reply).toMatch(/^HTTP\/1\.1 503 .*"The server is stopping\."/s)
    const {code, stderr} = await ended
    expect([code, stderr]).toEqual([0, expect.stringContaining('Stopping')])
    await expect(fetch(`${url}/models`)).rejects.toThrow()
  }, 120_000)

  it('ends it at once the second time', async () => {
    const {url, ended, signal} = await serve()
    const {rest} = await longAnswer(url)
    const broken = rest().then(
      text => text.includes('[DONE]'),
      () => false,
    )
    signal('SIGTERM')
    await new Promise(resolve => setTimeout(resolve, 50))
    signal('SIGTERM')
    // Shells report it as 130.
    expect((await ended).signal).toBe('SIGINT')
    expect(await broken).toBe(false)
  }, 120_000)
})
