// What `serve` gives 1, 4 and 8 clients at once: tokens a second, against one client in the same run.
// Starts the compiled command on a random checkpoint of 34 M parameters with a batch of 8. Each client sends its next
// request when it has its answer. Rounds are interleaved; their number may be given. Beside it: a local session with
// as many rows, which shows what is lost by the way over HTTP, and by rows that come and go.
import {spawn} from 'node:child_process'
import {mkdtemp, rm} from 'node:fs/promises'
import {cpus, loadavg, tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import type {Request} from '../src/core/generation.js'
import {decodeStepsOf} from '../src/core/generation.js'
import {openRunner} from '../src/runners/index.js'
import {runnerOptions} from '../test/support/runner-options.js'
import {tinySizes, writeTinyCheckpoint} from '../test/support/tiny-checkpoint.js'
import {median} from './support/median.js'
import {smallSizes} from './support/small-model.js'

const rounds = Number(process.argv[2] ?? 5)
const clients = [1, 4, 8]
const requestsEach = 2
const batchSize = 8
const newTokens = 32
// The words are those of the tokenizer, so that every id has a text; layers make up for the smaller head.
const text = {...tinySizes.text, ...smallSizes, vocabulary: tinySizes.text.vocabulary, layers: 12}

/** Equal questions are no use: their prompts would be shared. */
const question = (client: number, n: number) => `Question ${client}.${n}: ${'which colour is the star? '.repeat(4)}`

async function served(dir: string): Promise<{url: string; stop: () => Promise<unknown>}> {
  const bin = fileURLToPath(new URL('../bin/run.js', import.meta.url))
  const args = ['serve', '--model', dir, '--port', '0', '--json', '--batch-size', String(batchSize)]
  const child = spawn(process.execPath, [bin, ...args, '--weights', 'packed'], {stdio: ['ignore', 'pipe', 'inherit']})
  const ended = new Promise(resolve => child.once('close', resolve))
  const url = await new Promise<string>((resolve, reject) => {
    let said = ''
    child.stdout.on('data', data => {
      said += data
      const found = /"url": "([^"]+)"/.exec(said)?.[1]
      if (found) resolve(found)
    })
    void ended.then(code => reject(new Error(`serve ended with ${code}`)))
  })
  const stop = () => {
    child.kill('SIGTERM')
    return ended
  }
  return {url, stop}
}

/** Tokens a second of so many clients together. */
async function rateOf(url: string, model: string, count: number): Promise<number> {
  const client = async (number: number) => {
    let tokens = 0
    for (let n = 0; n < requestsEach; n++) {
      const body = {model, messages: [{role: 'user', content: question(number, n)}], latents: null}
      const settings = {temperature: 0, max_tokens: newTokens}
      const init = {method: 'POST', body: JSON.stringify({...body, ...settings})}
      const reply = await fetch(`${url}/chat/completions`, init)
      const {usage} = (await reply.json()) as {usage: {completion_tokens: number}}
      tokens += usage.completion_tokens
    }
    return tokens
  }
  const start = performance.now()
  const tokens = await Promise.all(Array.from({length: count}, (_, number) => client(number)))
  return (1000 * tokens.reduce((sum, one) => sum + one)) / (performance.now() - start)
}

/** Tokens a second of a local session with as many rows, which has all requests from the start. */
async function localRate(session: Awaited<ReturnType<typeof openRunner>>, model: string): Promise<number> {
  const arm = {
    id: `${model}|direct`,
    model,
    mode: 'direct',
    protocol: null,
    latentSize: null,
    intervention: null,
  } as const
  async function* groups(): AsyncGenerator<Request[]> {
    for (let n = 0; n < requestsEach; n++)
      for (let number = 0; number < batchSize; number++) {
        const id = `${number}.${n}`
        const sample = {id, benchmark: 'bench', subtask: '', images: [], question: '', gold: null}
        const prompt = {system: null, parts: [{type: 'text', text: question(number, n)}]} as const
        yield [{sample, arm, prompt, decoding: {maxNewTokens: newTokens, temperature: 0, seed: 0}}]
      }
  }
  const start = performance.now()
  let tokens = 0
  for await (const {usage} of session.generate(groups(), new AbortController().signal)) tokens += decodeStepsOf(usage)!
  return (1000 * tokens) / (performance.now() - start)
}

const folder = await mkdtemp(join(tmpdir(), 'bench-serve-'))
try {
  const dir = await writeTinyCheckpoint(join(folder, 'checkpoint'), {text})
  const {url, stop} = await served(dir)
  const common = {cacheDir: join(folder, 'cache')}
  const session = await openRunner(dir, runnerOptions({common, local: {batchSize, weights: 'packed'}}))
  const rates = new Map<string, number[]>()
  try {
    for (let round = -1; round < rounds; round++) {
      for (const count of clients) note(round, `${count} clients`, await rateOf(url, dir, count))
      note(round, `local, ${batchSize} rows`, await localRate(session, dir))
    }
  } finally {
    await session.close()
    await stop()
  }
  const floor = rates.get('1 clients')!
  for (const [name, values] of rates) {
    const ratio = median(values.map((value, round) => value / floor[round]!))
    console.log(`${name.padEnd(14)} ${median(values).toFixed(0).padStart(5)} tokens/s  x${ratio.toFixed(2)}`)
  }
  console.log(
    `load ${loadavg()[0]!.toFixed(1)} on ${cpus().length} cores; medians of ${rounds} interleaved rounds, ${requestsEach} requests a client, ${newTokens} tokens each`,
  )

  /** The first round only warms up. */
  function note(round: number, name: string, rate: number): void {
    if (round >= 0) rates.set(name, [...(rates.get(name) ?? []), rate])
  }
} finally {
  await rm(folder, {recursive: true})
}
