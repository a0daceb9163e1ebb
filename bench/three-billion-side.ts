// One start of the random 3B checkpoint in a process of its own, for three-billion.ts: prints a JSON line when the
// model is ready, after its first token, and after its steps beside the bare products of the same weights.
import {setTimeout as sleep} from 'node:timers/promises'
import {openCheckpoint} from '../src/runners/onnx/checkpoint/checkpoint.js'
import {KvCache} from '../src/runners/onnx/kv-cache.js'
import {loadModel} from '../src/runners/onnx/model/model.js'
import type {Precision} from '../src/runners/onnx/types.js'
import {bareProducts} from './support/bare-products.js'
import {median} from './support/median.js'

const [dir, cacheDir, precision, weights, what] = process.argv.slice(2) as [
  string,
  string,
  Precision,
  'mapped' | 'packed',
  'start' | 'steps',
]
/** As long as the prompt of the figures of version 0.1. */
const promptLength = 131
const rounds = 9

const started = performance.now()
const tell = (facts: object) => console.log(JSON.stringify(facts))
const checkpoint = await openCheckpoint(dir)
let told = -1
const model = await loadModel(checkpoint, {
  precision,
  weights,
  device: 'cpu',
  cacheDir,
  notify(doing, bytes) {
    const tenth = Math.floor((10 * (bytes?.done ?? 0)) / (bytes?.total ?? 1))
    if (tenth !== told)
      console.error(`${doing} ${tenth * 10} %, ${((performance.now() - started) / 1000).toFixed(0)} s`)
    told = tenth
  },
})
tell({readyMs: performance.now() - started})

const ids = Int32Array.from({length: promptLength}, (_, i) => i % 256)
const firstAt = performance.now()
const output = await model.decode({
  batch: 1,
  length: promptLength,
  embeds: model.embed(ids),
  positions: Int32Array.from({length: 3 * promptLength}, (_, i) => i % promptLength),
  totals: Int32Array.of(promptLength),
  past: null,
  want: {hidden: true, logits: true},
})
tell({firstTokenMs: performance.now() - firstAt})

const cache = new KvCache(checkpoint.text, 1)
cache.add(output.delta, promptLength)
const step = async (withoutTokens = false) => {
  const length = cache.lengths[0]!
  const {delta} = await model.decode({
    batch: 1,
    length: 1,
    embeds: model.embed([7]),
    positions: new Int32Array(3).fill(length),
    totals: Int32Array.of(length + 1),
    past: cache.past(),
    withoutTokens,
    want: {hidden: true},
  })
  cache.append(delta)
}
const timed = async (run: () => Promise<unknown>) => {
  const at = performance.now()
  await run()
  return performance.now() - at
}
await step()
const alone: number[] = []
for (let round = 0; round < rounds; round++) alone.push(await timed(() => step()))
// The parent notes the peak of memory before the second set of weights.
tell({stepMs: median(alone)})
await sleep(500)
if (what === 'steps') {
  const bare = await bareProducts(checkpoint, {precision, weights, device: 'cpu', cacheDir})
  await bare()
  const steps: number[] = []
  const floors: number[] = []
  const latents: number[] = []
  for (let round = 0; round < rounds; round++) {
    floors.push(await timed(bare))
    steps.push(await timed(() => step()))
    latents.push(await timed(() => step(true)))
  }
  tell({
    floorMs: median(floors),
    besideMs: median(steps),
    latentMs: median(latents),
    least: Math.min(...steps),
    most: Math.max(...steps),
    leastFloor: Math.min(...floors),
    mostFloor: Math.max(...floors),
  })
}
await model.close()
