// How close a decode step comes to its floor, the time to read the weights once. Emits a random 0.12B checkpoint, then measures
// whole steps (embedding row, graph, cache update) at two cache lengths and two batch sizes, in interleaved rounds.
import {mkdtemp, rm} from 'node:fs/promises'
import {cpus, loadavg, tmpdir} from 'node:os'
import {basename, dirname, join} from 'node:path'
import {Graph} from '../src/runners/onnx/onnx-writer.js'
import {createSession, loadRuntime} from '../src/runners/onnx/ort-session.js'
import {openCheckpoint} from '../src/runners/onnx/qwen2-5-vl/checkpoint.js'
import {loadModel} from '../src/runners/onnx/qwen2-5-vl/model.js'
import type {Checkpoint, DecoderOutput, Model, Past, Precision} from '../src/runners/onnx/qwen2-5-vl/types.js'
import {tinySizes, writeTinyCheckpoint} from '../test/support/tiny-checkpoint.js'

const threads = cpus().length
const rounds = 5
const stepsPerRound = 6
const lengths = [512, 2048]
const batches = [1, 4]
const precisions: Precision[] = ['fp32', 'q4']

/** 123 M parameters read per token, 492 MB in float32; most of them in the head, as in a small real model. */
const sizes = {
  ...tinySizes.text,
  layers: 16,
  hidden: 512,
  heads: 8,
  kvHeads: 2,
  headDim: 64,
  intermediate: 1408,
  vocabulary: 151_936,
  mropeSection: [8, 12, 12] as const,
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!

async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  for (let i = 0; i < stepsPerRound; i++) await run()
  return (performance.now() - start) / stepsPerRound
}

/** One decode step as a loop makes it: embedding rows in, new cache rows out. */
function stepOf(model: Model, batch: number, length: number): () => Promise<unknown> {
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
  return async () => append(await model.decode({batch, length: 1, embeds: model.embed(ids), positions, totals, past}))
}

/** A bare matrix product that reads `megabytes` of the same weight file, mapped in the same way. */
async function floorOf({tensors}: Checkpoint, megabytes: number): Promise<() => Promise<unknown>> {
  const {Tensor} = await loadRuntime()
  const {file, offset} = tensors.get('model.embed_tokens.weight')!
  const out = 2048
  const inputs = Math.floor((megabytes * 1e6) / 4 / out)
  const g = new Graph('floor')
  const x = g.input('x', 'f32', [1, inputs])
  const w = g.external('w', 'f32', {file, type: 'F32', shape: [out, inputs], offset, length: 4 * out * inputs}, basename(file))
  g.output('y', g.op('FusedMatMul', [x, w], {transB: 1}), 'f32', [1, out])
  const device = {provider: 'cpu', index: 0} as const
  const session = await createSession(g.encode(), {device, threads, folder: dirname(file), mapped: true})
  const feeds = {x: new Tensor('float32', new Float32Array(inputs).fill(0.5), [1, inputs])}
  return () => session.run(feeds)
}

export async function benchDecode(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'lantern-eval-bench-'))
  try {
    const checkpoint = await openCheckpoint(await writeTinyCheckpoint(join(dir, 'checkpoint'), {text: sizes}))
    const variants: {name: string; batch: number; floor: string; run: () => Promise<unknown>; ms: number[]}[] = []
    for (const precision of precisions) {
      const before = process.memoryUsage().rss
      const model = await loadModel(checkpoint, {precision, device: 'cpu', threads, cacheDir: join(dir, 'cache')})
      const megabytes = weightMegabytes(checkpoint, precision)
      console.log(
        `${precision}: ${megabytes.toFixed(0)} MB read per token; loading added ${((process.memoryUsage().rss - before) / 1e6).toFixed(0)} MB RSS`,
      )
      const floor = `floor ${precision}`
      variants.push({name: floor, batch: 1, floor, run: await floorOf(checkpoint, megabytes), ms: []})
      for (const length of lengths) {
        for (const batch of batches) {
          variants.push({name: `${precision} P=${length} B=${batch}`, batch, floor, run: stepOf(model, batch, length), ms: []})
        }
      }
    }
    for (const {run} of variants) await timed(run)
    for (let round = 0; round < rounds; round++) for (const variant of variants) variant.ms.push(await timed(variant.run))

    console.log(`${threads} threads, load ${loadavg()[0]!.toFixed(1)}, medians of ${rounds} rounds of ${stepsPerRound} steps`)
    for (const {name, batch, floor, ms} of variants) {
      const time = median(ms)
      const base = median(variants.find(variant => variant.name === floor)!.ms)
      const rate = ((1000 * batch) / time).toFixed(0)
      console.log(
        `${name.padEnd(16)} ${time.toFixed(1).padStart(7)} ms/step  ${(time / base).toFixed(2)} x floor  ${rate.padStart(5)} tokens/s`,
      )
    }
  } finally {
    await rm(dir, {recursive: true, force: true})
  }
}

/** Bytes of every decoder weight a step reads; of the embedding table only as the head. */
function weightMegabytes({tensors}: Checkpoint, precision: Precision): number {
  let elements = 0
  for (const [name, {shape}] of tensors) if (name.startsWith('model.')) elements += shape.reduce((a, b) => a * b, 1)
  // 4 bits and one float32 scale per 32 weights.
  return (elements * (precision === 'q4' ? 0.5 + 4 / 32 : 4)) / 1e6
}

await benchDecode()
