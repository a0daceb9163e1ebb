// One side of the remote bench in a separate process: `floor` is a bare undici loop, `session` is our runner without
// the cache, `session-cache` with it.
// Prints the measurements as JSON.
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {Pool} from 'undici'
import type {Request} from '../src/core/generation.js'
import {openRunner} from '../src/runners/index.js'

const [side, url, folder, count, inFlight, cacheDir] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
]
const names = Array.from({length: Number(count)}, (_, index) => join(folder, `${index}.png`))
const question = 'How many cards are there? Answer with the letter.'

async function floor(): Promise<number> {
  const pool = new Pool(new URL(url).origin, {connections: null})
  const rest = names.values()
  let answers = 0
  const worker = async () => {
    for (const name of rest) {
      const data = (await readFile(name)).toString('base64')
      const content = [
        {type: 'image_url', image_url: {url: `data:image/png;base64,${data}`}},
        {type: 'text', text: question},
      ]
      const body = JSON.stringify({model: 'm', messages: [{role: 'user', content}], max_tokens: 16, temperature: 0})
      const reply = await pool.request({
        method: 'POST',
        path: '/v1/chat/completions',
        headers: {'content-type': 'application/json'},
        body,
      })
      const {choices} = (await reply.body.json()) as {choices: {message: {content: string}}[]}
      if (choices[0]!.message.content === 'A') answers++
    }
  }
  await Promise.all(Array.from({length: Number(inFlight)}, worker))
  await pool.close()
  return answers
}

async function session(cache: boolean): Promise<number> {
  const runner = await openRunner('openai:m', {
    common: {seed: 0, benchmarks: ['blink'], keepLatents: false, env: {}, cacheDir, notify: () => {}},
    local: {device: 'cpu'},
    remote: {baseUrls: {'*': url}, concurrency: Number(inFlight), timeoutMs: 60_000, maxRetries: 5, cache},
  })
  const arm = {
    id: 'openai:m|direct',
    model: 'openai:m',
    mode: 'direct',
    protocol: null,
    latentSize: null,
    intervention: null,
  } as const
  async function* groups(): AsyncGenerator<Request[]> {
    for (const [index, name] of names.entries()) {
      const image = {source: name, orientation: 'ignore', bytes: () => readFile(name)} as const
      yield [
        {
          sample: {id: String(index), benchmark: 'blink', subtask: 's', images: [image], question, gold: 'A'},
          arm,
          prompt: {
            system: null,
            parts: [
              {type: 'image', image},
              {type: 'text', text: question},
            ],
          },
          decoding: {maxNewTokens: 16, temperature: 0, seed: 0},
        },
      ]
    }
  }
  let answers = 0
  for await (const {text} of runner.generate(groups(), new AbortController().signal)) if (text === 'A') answers++
  await runner.close()
  return answers
}

const cpu = process.cpuUsage()
const started = performance.now()
const answers = side === 'floor' ? await floor() : await session(side === 'session-cache')
const seconds = (performance.now() - started) / 1000
const {user, system} = process.cpuUsage(cpu)
console.log(
  JSON.stringify({answers, seconds, cpuMs: (user + system) / 1000, rssMb: process.resourceUsage().maxRSS / 1024}),
)
