// What the arms of a diagnosis cost together, in units of the own arm: one picture of a megapixel, short answers.
// The own arms are recorded in a first pass; the second has all other arms that look at the same picture, and the
// reading of each. At most 2.5 is wanted. What fits into memory of the first pass (`mostHeldBytes`) is not computed
// again in the second. Costs are processor time, which other work on the machine moves less than the clock. Two models:
// nano-latent, and a random checkpoint of 0.14 B parameters, of which each step reads 123 M (sizes as in decode.ts).
import {mkdtemp, rm} from 'node:fs/promises'
import {loadavg, tmpdir} from 'node:os'
import {join} from 'node:path'
import sharp from 'sharp'
import type {Generation, OwnText, Request} from '../src/core/generation.js'
import {writeLatents} from '../src/run-folder/latents.js'
import {Engine} from '../src/runners/onnx/engine.js'
import {loadCheckpoint} from '../src/runners/onnx/load.js'
import {defaultBatchSize} from '../src/runners/onnx/options.js'
import {lockBenchmark, lockOf, record, writeRun} from '../test/support/run-folders.js'
import {tinySizes, writeTinyCheckpoint} from '../test/support/tiny-checkpoint.js'
import {median} from './support/median.js'

const samples = Number(process.env['BENCH_SAMPLES'] ?? 4)
const threads = Number(process.env['BENCH_THREADS'] ?? 1)
const rounds = 3
/** A block of five latents between its marks, and an answer of a few words. */
const latentSize = 5
const maxNewTokens = 20
const side = 1008
/** The standard suite without the arms that look at other pictures (oracle, image:blank). */
const others = [
  ...['matched-noise', 'swap', 'swap-unrelated', 'self-swap', 'markers-only', 'no-latent', 'zeros', 'norm-noise'],
  ...['first-repeat', 'fillers', 'shuffle', 'strict', 'strict:zeros'],
]

type Loaded = Awaited<ReturnType<typeof loadCheckpoint>>

interface Subject {
  readonly name: string
  /** The folder of its checkpoint; `dir` is empty. */
  readonly folder: (dir: string) => string | Promise<string>
  /** What the model says behind the token that it would say. */
  readonly says: (token: number) => number
  /** What its answer is compared with, and where in its text that stands. */
  readonly answers: readonly string[]
  readonly before: (text: string) => string
}

/** 123 M parameters of text, most of them in the head, and 16 M in the vision tower: shares of a small real model. */
const {text, vision} = tinySizes
const larger = {
  text: {
    ...{...text, layers: 16, hidden: 512, heads: 8, kvHeads: 2, headDim: 64, intermediate: 1408},
    ...{vocabulary: 151_936, mropeSection: [8, 12, 12] as const},
  },
  vision: {...vision, depth: 8, hidden: 384, heads: 6, intermediate: 1152, window: 112, fullAttentionBlocks: [3, 7]},
  latentSize,
} as const

const subjects: readonly Subject[] = [
  {
    name: 'nano-latent',
    folder: () => 'fixtures/models/nano-latent',
    says: token => token,
    answers: ['red', 'blue', 'green', 'yellow'],
    before: said => said.slice(0, said.lastIndexOf(' ') + 1),
  },
  {
    name: 'random 0.12B',
    folder: dir => writeTinyCheckpoint(join(dir, 'checkpoint'), larger),
    // Some small letter. It would end or open blocks anywhere; so each of its answers is as long as it may be.
    says: token => 97 + (token % 26),
    answers: ['A', 'B', 'C', 'D'],
    before: said => said.slice(0, -2),
  },
]

async function main(): Promise<void> {
  const asked = process.argv.slice(2)
  for (const subject of subjects) if (asked.length === 0 || asked.includes(subject.name)) await measure(subject)
}

async function measure({name, folder, says, answers, before}: Subject): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'lantern-eval-bench-'))
  const bank = join(dir, 'run')
  const pixels = 1024 * 1024
  const loaded = await loadCheckpoint(await folder(dir), {
    ...{precision: 'fp32', device: 'cpu', threads, cacheDir: join(dir, 'cache')},
    ...{maxPixels: pixels, minPixels: 28 * 28, warn: () => {}},
  })
  const {start} = loaded.model.checkpoint.latent!.ids
  /** The model does not know such pictures. It is made to open a block at once, as a trained one would. */
  const model: Loaded['model'] = {
    ...loaded.model,
    async decode(input) {
      const output = await loaded.model.decode(input)
      return {...output, nextTokens: input.past === null ? Int32Array.of(start) : output.nextTokens.map(says)}
    },
  }
  const tools = {...loaded, model}
  try {
    const pictures = await Promise.all(Array.from({length: samples}, (_, i) => picture(i)))
    const group = (i: number, interventions: readonly string[], more: Partial<Request> = {}): Request[] => {
      const image = {source: `${i}.png`, orientation: 'ignore', bytes: async () => pictures[i]!} as const
      const question = 'Follow the arrows from E. What colour is the end?\nEnd with: <answer>ANSWER</answer>'
      const sample = {id: `${i}`, benchmark: 'hops', subtask: `s${i % 2}`, images: [image], question, gold: null}
      return interventions.map(intervention => {
        const id = `m|latent|lantern:${latentSize}|${intervention}`
        const arm = {id, model: 'm', mode: 'latent', protocol: null, latentSize: null, intervention} as const
        const parts = [{type: 'image', image} as const, {type: 'text', text: question} as const]
        const decoding = {maxNewTokens, temperature: 0, seed: 0}
        return {sample, arm, prompt: {system: null, parts}, decoding, ...more}
      })
    }
    let engine = new Engine(tools, {batchSize: defaultBatchSize, keepLatents: true, latentBank: bank})
    const timed = async (groups: readonly (readonly Request[])[]) => {
      const stream = (async function* () {
        yield* groups
      })()
      const results: Generation[] = []
      const startedAt = performance.now()
      const before = process.cpuUsage()
      for await (const generation of engine.generate(stream, new AbortController().signal)) results.push(generation)
      const {user, system} = process.cpuUsage(before)
      return {ms: performance.now() - startedAt, cpuMs: (user + system) / 1000, results}
    }
    const all = Array.from({length: samples}, (_, i) => i)
    const {results: own} = await timed(all.map(i => group(i, ['own'])))
    for (const {request, latents} of own)
      await writeLatents(bank, {arm: request.arm.id, bench: 'hops', id: request.sample.id}, latents!)
    const records = own.map(({request: {arm, sample}, seen}) =>
      record(
        {arm: arm.id, bench: 'hops', subtask: sample.subtask, id: sample.id, outcome: 'correct'},
        {gold: [sample.id], letters: [], seen: seen as never},
      ),
    )
    writeRun(bank, lockOf([own[0]!.request.arm], [lockBenchmark('hops', {s0: 0, s1: 0})]), records)
    const textOf = (i: number): OwnText => {
      const {tokenIds, latentAt, text} = own.find(({request}) => request.sample.id === `${i}`)!
      return {
        ids: tokenIds!,
        latentAt: latentAt!,
        places: [{before: before(text), answers}],
      }
    }
    const ratios: number[] = []
    for (let round = 0; round < rounds; round++) {
      engine = new Engine(tools, {batchSize: defaultBatchSize, keepLatents: true, latentBank: bank})
      const first = await timed(all.map(i => group(i, ['own'], {again: true})))
      const second = await timed(
        all.map(i =>
          group(i, [...others, 'own'], {reading: textOf(i)}).map(request =>
            request.arm.intervention === 'own' ? {...request, onlyRead: true} : request,
          ),
        ),
      )
      const failed = second.results.filter(({stop}) => stop === 'error').length
      const read = second.results.filter(({forced}) => forced !== undefined).length
      ratios.push((first.cpuMs + second.cpuMs) / first.cpuMs)
      const each = ({ms, cpuMs}: {ms: number; cpuMs: number}) =>
        `${(cpuMs / samples).toFixed(0)} ms (by the clock ${(ms / samples).toFixed(0)})`
      console.log(
        `${name}: own ${each(first)} a sample, ${others.length} others and ${read / samples} readings ${each(second)}, together ${ratios.at(-1)!.toFixed(2)} times own (by the clock ${((first.ms + second.ms) / first.ms).toFixed(2)}); ${failed} failed`,
      )
    }
    const engaged = own.filter(({usage}) => usage.blocks).length
    console.log(
      `${name}: ${engaged} of ${samples} engaged; prompt ${own[0]!.usage.promptTokens} tokens, own answer ${own[0]!.tokenIds!.length}; ${threads} threads; load ${loadavg()[0]!.toFixed(1)}`,
    )
    console.log(`${name}: median ${median(ratios).toFixed(2)} times the own arm (wanted: at most 2.5)`)
  } finally {
    await loaded.model.close()
    await rm(dir, {recursive: true})
  }
}

/** A picture of 36 x 36 image tokens, another one for each seed. */
async function picture(seed: number): Promise<Uint8Array> {
  const pixels = Uint8Array.from({length: 3 * side * side}, (_, i) => (Math.floor(i / 97) * (seed + 7)) % 256)
  return sharp(pixels, {raw: {width: side, height: side, channels: 3}})
    .png()
    .toBuffer()
}

await main()
