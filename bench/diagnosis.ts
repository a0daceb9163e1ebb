// What the arms of a diagnosis cost together, in units of the own arm: one picture of a megapixel, short answers.
// The own arms are recorded in a first pass; the second has all other arms that look at the same picture, and the
// reading of each. At most 2.5 is wanted. What fits into memory of the first pass (`mostHeldBytes`) is not computed
// again in the second.
import {mkdtemp, rm} from 'node:fs/promises'
import {loadavg, tmpdir} from 'node:os'
import {join} from 'node:path'
import sharp from 'sharp'
import type {Generation, OwnText, Request} from '../src/core/generation.js'
import {writeLatents} from '../src/run-folder/latents.js'
import {Engine} from '../src/runners/onnx/engine.js'
import {loadCheckpoint} from '../src/runners/onnx/load.js'
import {lockBenchmark, lockOf, record, writeRun} from '../test/support/run-folders.js'
import {median} from './support/median.js'

const samples = Number(process.env['BENCH_SAMPLES'] ?? 4)
const rounds = 3
const side = 1008
/** The standard suite without the arms that look at other pictures (oracle, image:blank). */
const others = [
  ...['matched-noise', 'swap', 'swap-unrelated', 'self-swap', 'markers-only', 'no-latent', 'zeros', 'norm-noise'],
  ...['first-repeat', 'fillers', 'shuffle', 'strict', 'strict:zeros'],
]

async function main(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'lantern-eval-bench-'))
  const bank = join(dir, 'run')
  const pixels = 1024 * 1024
  const loaded = await loadCheckpoint('fixtures/models/nano-latent', {
    ...{precision: 'fp32', device: 'cpu', threads: 1, cacheDir: dir, maxPixels: pixels, minPixels: 28 * 28},
    warn: () => {},
  })
  const {start} = loaded.model.checkpoint.latent!.ids
  /** The model does not know such pictures. It is made to open a block at once, as a trained one would. */
  const model: typeof loaded.model = {
    ...loaded.model,
    async decode(input) {
      const output = await loaded.model.decode(input)
      return input.past === null ? {...output, nextTokens: Int32Array.of(start)} : output
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
        const id = `m|latent|lantern:5|${intervention}`
        const arm = {id, model: 'm', mode: 'latent', protocol: null, latentSize: null, intervention} as const
        const parts = [{type: 'image', image} as const, {type: 'text', text: question} as const]
        const decoding = {maxNewTokens: 20, temperature: 0, seed: 0}
        return {sample, arm, prompt: {system: null, parts}, decoding, ...more}
      })
    }
    let engine = new Engine(tools, {batchSize: 4, keepLatents: true, latentBank: bank})
    const timed = async (groups: readonly (readonly Request[])[]) => {
      const stream = (async function* () {
        yield* groups
      })()
      const results: Generation[] = []
      const startedAt = performance.now()
      for await (const generation of engine.generate(stream, new AbortController().signal)) results.push(generation)
      return {ms: performance.now() - startedAt, results}
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
    const answers = ['red', 'blue', 'green', 'yellow']
    const textOf = (i: number): OwnText => {
      const {tokenIds, latentAt, text} = own.find(({request}) => request.sample.id === `${i}`)!
      return {
        ids: tokenIds!,
        latentAt: latentAt!,
        places: [{before: text.slice(0, text.lastIndexOf(' ') + 1), answers}],
      }
    }
    const ratios: number[] = []
    for (let round = 0; round < rounds; round++) {
      engine = new Engine(tools, {batchSize: 4, keepLatents: true, latentBank: bank})
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
      ratios.push((first.ms + second.ms) / first.ms)
      console.log(
        `own ${(first.ms / samples).toFixed(0)} ms a sample, ${others.length} others and ${read / samples} readings ${(second.ms / samples).toFixed(0)} ms, together ${ratios.at(-1)!.toFixed(2)} times own; ${failed} failed`,
      )
    }
    const engaged = own.filter(({usage}) => usage.blocks).length
    console.log(
      `${engaged} of ${samples} engaged; prompt ${own[0]!.usage.promptTokens} tokens; load ${loadavg()[0]!.toFixed(1)}`,
    )
    console.log(`median ${median(ratios).toFixed(2)} times the own arm (wanted: at most 2.5)`)
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
