// How close a decode step comes to its floor, the time to read the weights once.
// Emits a random 0.12B checkpoint, then measures whole steps (embedding row, graph, cache update) at two cache lengths
// and two batch sizes, and a step within a block of latents, which needs no token; in interleaved rounds. The number of
// rounds may be given.
import {existsSync, readFileSync} from 'node:fs'
import {mkdtemp, rm} from 'node:fs/promises'
import {cpus, loadavg, tmpdir} from 'node:os'
import {basename, dirname, join} from 'node:path'
import {setTimeout} from 'node:timers/promises'
import {openCheckpoint} from '../src/runners/onnx/checkpoint/checkpoint.js'
import {loadModel} from '../src/runners/onnx/model/model.js'
import {Graph} from '../src/runners/onnx/onnx-writer.js'
import {createSession, loadRuntime} from '../src/runners/onnx/ort-session.js'
import type {Checkpoint, DecoderOutput, Model, Past, Precision} from '../src/runners/onnx/types.js'
import {tinyOf, tinySizes, writeTinyCheckpoint} from '../test/support/tiny-checkpoint.js'
import {bareProducts} from './support/bare-products.js'
import {median} from './support/median.js'
import {smallSizes} from './support/small-model.js'

const threads = Number(process.env['BENCH_THREADS'] ?? cpus().length)
const rounds = Number(process.argv[2] ?? 9)
const stepsPerRound = 6
const lengths = [512, 2048]
const batches = [1, 4]
/** How the weights are held. The floors of a kind read the same number of bytes as its steps. */
const kinds: readonly {name: string; precision: Precision; weights?: 'mapped' | 'packed'}[] = [
  {name: 'fp32 mapped', precision: 'fp32', weights: 'mapped'},
  {name: 'fp32 packed', precision: 'fp32', weights: 'packed'},
  {name: 'q4', precision: 'q4'},
]

/**
 * Mean time of a step in ms. The threads of the session before spin for a while after its last step, so the clock waits
 * for them; and one step runs before it starts, as a step in the middle of a text finds its weights where the last one
 * left them.
 */
async function timed(run: () => Promise<unknown>): Promise<number> {
  await setTimeout(100)
  await run()
  const start = performance.now()
  for (let i = 0; i < stepsPerRound; i++) await run()
  return (performance.now() - start) / stepsPerRound
}

/** One decode step as in the decoding loop: embedding rows in, new cache rows out. */
function stepOf(model: Model, batch: number, length: number, withoutTokens: boolean): () => Promise<unknown> {
  const {layers, kvHeads, headDim} = model.checkpoint.text
  const rows = () => new Float32Array(batch * kvHeads * length * headDim).map((_, i) => Math.sin(i))
  const past: Past = {
    capacity: length,
    layers: Array.from({length: layers}, () => ({key: rows(), value: rows()})),
    bias: new Float32Array(batch * length),
  }
  const ids = new Int32Array(batch).fill(7)
  const positions = new Int32Array(3 * batch).fill(length)
  const totals = new Int32Array(batch).fill(length + 1)
  const append = ({delta}: DecoderOutput) => {
    for (const [i, {key, value}] of delta.entries()) {
      for (let row = 0; row < batch * kvHeads; row++) {
        const at = (row * length + length - 1) * headDim
        past.layers[i]!.key.set(key.subarray(row * headDim, (row + 1) * headDim), at)
        past.layers[i]!.value.set(value.subarray(row * headDim, (row + 1) * headDim), at)
      }
    }
  }
  const step = {batch, length: 1, positions, totals, past, withoutTokens}
  return async () => append(await model.decode({...step, embeds: model.embed(ids)}))
}

/**
 * Bare matrix products that read `megabytes` of the same weight file once.
 * `stream`: long rows, mapped, as fast as memory allows. `matmul`: rows of the model's own width, packed, which is
 * onnxruntime's default.
 */
async function floorOf(
  {tensors, text}: Checkpoint,
  megabytes: number,
  kind: 'stream' | 'matmul',
): Promise<() => Promise<unknown>> {
  const {Tensor} = await loadRuntime()
  const {file, offset} = tensors.get('model.embed_tokens.weight')!
  const inputs = kind === 'stream' ? Math.floor((0.98 * megabytes * 1e6) / 4 / 2048) : text.hidden
  const out = Math.floor((0.98 * megabytes * 1e6) / 4 / inputs)
  const g = new Graph('floor')
  const x = g.input('x', 'f32', [1, inputs])
  const shape = kind === 'stream' ? [out, inputs] : [inputs, out]
  const w = g.external('w', 'f32', {file, type: 'F32', shape, offset, length: 4 * out * inputs}, basename(file))
  const y = kind === 'stream' ? g.op('FusedMatMul', [x, w], {transB: 1}) : g.op('MatMul', [x, w])
  g.output('y', g.op('ReduceMax', [y], {keepdims: 0}), 'f32', [])
  const device = {provider: 'cpu', index: 0} as const
  const session = await createSession(g.encode(), {device, threads, folder: dirname(file), mapped: kind === 'stream'})
  const feeds = {x: new Tensor('float32', new Float32Array(inputs).fill(0.5), [1, inputs])}
  return () => session.run(feeds)
}

/** Memory of the process other than file pages, in MB (on Linux; elsewhere all resident memory). */
function anonymousMb(): number {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : ''
  const kilobytes = /RssAnon:\s+(\d+)/.exec(status)?.[1]
  return kilobytes === undefined ? process.memoryUsage().rss / 1e6 : Number(kilobytes) / 1000
}

async function main(): Promise<void> {
  for (const architecture of Object.keys(tinyOf)) await measure(architecture)
}

async function measure(architecture: string): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'lantern-eval-bench-'))
  try {
    const text = {...tinySizes.text, ...tinyOf[architecture]!.text, ...smallSizes}
    const changes = {...tinyOf[architecture], text}
    const checkpoint = await openCheckpoint(await writeTinyCheckpoint(join(dir, 'checkpoint'), changes))
    const options = {device: 'cpu', threads, cacheDir: join(dir, 'cache')}
    // The quantised weights are written and compared with fp32 before anything is timed.
    await (await loadModel(checkpoint, {...options, precision: 'q4'})).close()
    for (const kind of kinds) {
      const megabytes = weightMegabytes(checkpoint, kind.precision)
      const before = anonymousMb()
      const model = await loadModel(checkpoint, {...options, ...kind})
      const added = anonymousMb() - before
      console.log(
        `\n${architecture}, ${kind.name}: ${megabytes.toFixed(0)} MB read per token; loading added ${added.toFixed(0)} MB of anonymous memory`,
      )
      const runs: {name: string; batch: number; run: () => Promise<unknown>; ms: number[]}[] = []
      for (const floor of ['stream', 'matmul'] as const)
        runs.push({name: floor, batch: 1, run: await floorOf(checkpoint, megabytes, floor), ms: []})
      for (const batch of batches) {
        const products = await bareProducts(checkpoint, {...options, ...kind}, batch)
        runs.push({name: `products B=${batch}`, batch, run: products, ms: []})
      }
      for (const length of lengths) {
        for (const batch of batches) {
          const name = `P=${length} B=${batch}`
          runs.push({name, batch, run: stepOf(model, batch, length, false), ms: []})
          runs.push({name: `${name} latent`, batch, run: stepOf(model, batch, length, true), ms: []})
        }
      }
      for (const {run} of runs) await timed(run)
      for (let round = 0; round < rounds; round++) for (const one of runs) one.ms.push(await timed(one.run))
      const times = new Map(runs.map(({name, ms}) => [name, median(ms)]))
      for (const {name, batch, ms} of runs) {
        const time = times.get(name)!
        const ratios = ['stream', 'matmul', `products B=${batch}`]
          .map(floor => `${(time / times.get(floor)!).toFixed(2)} x ${floor.replace(/ B=.*/, '')}`)
          .join('  ')
        console.log(
          `${name.padEnd(18)} ${time.toFixed(1).padStart(7)} ms (least ${Math.min(...ms).toFixed(1)})  ${ratios}  ${((1000 * batch) / time).toFixed(0).padStart(5)} tokens/s`,
        )
      }
      await model.close()
    }
    console.log(
      `\n${threads} threads, load ${loadavg()[0]!.toFixed(1)} on ${cpus().length} cores; medians of ${rounds} interleaved rounds of ${stepsPerRound} steps`,
    )
  } finally {
    await rm(dir, {recursive: true, force: true})
  }
}

/** Size of all decoder weights read by a step, in MB. The embedding table counts only when it serves as the head. */
function weightMegabytes({tensors}: Checkpoint, precision: Precision): number {
  let elements = 0
  for (const [name, {shape}] of tensors) if (name.startsWith('model.')) elements += shape.reduce((a, b) => a * b, 1)
  // 4 bits plus one float32 scale per 32 weights.
  return (elements * (precision === 'q4' ? 0.5 + 4 / 32 : 4)) / 1e6
}

await main()
