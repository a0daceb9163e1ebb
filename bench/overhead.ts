// The cost of the harness around the model, on the tiny checkpoints of the goldens.
// Measures everything in a sample except session.run, a whole 48-token sample, and eight interventions on a
// one-megapixel picture relative to one arm. Fails when the fastest round misses a bound; the fastest counts because
// other work on the machine only adds time.
// Usage: npm run bench -- overhead [GOLDENS]. Without a folder, the shared goldens are used where they exist, otherwise
// the committed ones.
import {existsSync} from 'node:fs'
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {cpus, loadavg, tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import sharp from 'sharp'
import type {Arm, Generation, Request} from '../src/core/generation.js'
import type {ImageRef} from '../src/core/sample.js'
import {Engine} from '../src/runners/onnx/engine.js'
import {loadCheckpoint} from '../src/runners/onnx/load.js'
import type {PromptTools} from '../src/runners/onnx/prepared-inputs.js'
import type {Model} from '../src/runners/onnx/types.js'
import {median} from './support/median.js'

const rounds = 25
const bounds = {overheadMs: 10, sampleMs: 45, eightArms: 2}
/** The authors' PyTorch loop on two cores, tiny-fp32 (design/checkpoints.md, "Numbers"). */
const pytorchMsPerToken = 4.4

const shared = fileURLToPath(new URL('../../shared/data/goldens/', import.meta.url))
const committed = fileURLToPath(new URL('../fixtures/goldens/', import.meta.url))
const goldens = process.argv[2] ?? (existsSync(shared) ? shared : committed)
interface Case {
  readonly id: string
  readonly images: readonly string[]
  readonly question: string
  readonly max_new_tokens: number
}

const arm = (intervention: string): Arm => ({
  id: intervention,
  model: 'bench',
  mode: 'latent',
  protocol: 'lantern',
  latentSize: null,
  intervention,
})

function requests(
  id: string,
  images: readonly ImageRef[],
  question: string,
  interventions: readonly string[],
  maxNewTokens: number,
) {
  const sample = {
    id,
    benchmark: 'bench',
    subtask: '',
    images,
    question,
    gold: null,
    boxes: [[10, 10, 200, 200]] as const,
  }
  const parts = [...images.map(image => ({type: 'image', image}) as const), {type: 'text', text: question} as const]
  const decoding = {maxNewTokens, temperature: 0, seed: 0}
  return interventions.map((name): Request => ({sample, arm: arm(name), prompt: {system: null, parts}, decoding}))
}

/** Milliseconds for one group, and how many of them were spent in the model. */
async function measure(tools: PromptTools & {readonly model: Model}, group: readonly Request[], batchSize: number) {
  let inModel = 0
  const timed = <A extends unknown[], R>(run: (...args: A) => Promise<R>) => {
    return async (...args: A) => {
      const start = performance.now()
      const result = await run(...args)
      inModel += performance.now() - start
      return result
    }
  }
  const model = {...tools.model, vision: timed(tools.model.vision), decode: timed(tools.model.decode)}
  const engine = new Engine({...tools, model}, {batchSize, keepLatents: true})
  const start = performance.now()
  const results: Generation[] = []
  const groups = (async function* () {
    yield group
  })()
  for await (const generation of engine.generate(groups, new AbortController().signal)) {
    if (generation.error) throw new Error(generation.error.message)
    results.push(generation)
  }
  const total = performance.now() - start
  return {
    total,
    inModel,
    overhead: total - inModel,
    tokens: results.reduce((sum, {tokenIds}) => sum + tokenIds!.length, 0),
  }
}

const cacheDir = await mkdtemp(join(tmpdir(), 'lantern-eval-overhead-'))
const missed: string[] = []
console.log(
  `${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)}, Node ${process.version}, fastest and median of ${rounds} rounds, one thread`,
)
for (const name of ['tiny-fp32', 'nano-latent'].filter(checkpoint =>
  existsSync(join(goldens, 'checkpoints', checkpoint)),
)) {
  const load = {precision: 'fp32', device: 'cpu', threads: 1, cacheDir, warn: () => {}} as const
  const tools = await loadCheckpoint(join(goldens, 'checkpoints', name), load)
  const {cases} = JSON.parse(await readFile(join(goldens, `decode-${name}.json`), 'utf8')) as {cases: Case[]}
  const [item] = cases
  const file = (source: string): ImageRef => ({
    source,
    orientation: 'ignore',
    bytes: () => readFile(join(goldens, 'images', source)),
  })
  const one = requests(item!.id, item!.images.map(file), item!.question, ['own'], item!.max_new_tokens)
  await measure(tools, one, 1)
  const samples: {total: number; overhead: number; tokens: number}[] = []
  for (let i = 0; i < rounds; i++) samples.push(await measure(tools, one, 1))
  const {tokens} = samples[0]!
  const [total, overhead] = (['total', 'overhead'] as const).map(part =>
    Math.min(...samples.map(sample => sample[part])),
  ) as [number, number]
  const [usualTotal, usualOverhead] = (['total', 'overhead'] as const).map(part =>
    median(samples.map(sample => sample[part])),
  )
  console.log(
    `${name}: ${tokens} tokens in ${total.toFixed(1)} ms (median ${usualTotal!.toFixed(1)}), ${(total / tokens).toFixed(2)} a token with everything ` +
      `(the authors' loop ${pytorchMsPerToken}); outside the model ${overhead.toFixed(1)} ms (median ${usualOverhead!.toFixed(1)})`,
  )
  if (overhead > bounds.overheadMs) missed.push(`${name}: overhead ${overhead.toFixed(1)} ms > ${bounds.overheadMs}`)
  if (name === 'tiny-fp32' && total > bounds.sampleMs)
    missed.push(`${name}: sample ${total.toFixed(1)} ms > ${bounds.sampleMs}`)

  const noise = {
    create: {
      width: 1250,
      height: 800,
      channels: 3,
      background: '#777',
      noise: {type: 'gaussian', mean: 120, sigma: 40},
    },
  } as const
  const png = await sharp(noise).png().toBuffer()
  const large: ImageRef = {source: 'noise.png', orientation: 'ignore', bytes: async () => png}
  // With the limits of a real processor, so that the picture keeps its megapixel.
  const real = {...tools, limits: {minPixels: 3136, maxPixels: 12_845_056}}
  const eight: string[] = [
    'own',
    'zeros',
    'noise',
    'first-repeat',
    'oracle',
    'random-crop',
    'markers-only',
    'no-latent',
  ]
  const ratios: number[] = []
  for (let i = 0; i < 3; i++) {
    const single = await measure(real, requests('large', [large], 'What is it?', ['own'], 16), 4)
    const all = await measure(real, requests('large', [large], 'What is it?', eight, 16), 4)
    ratios.push(all.total / single.total)
  }
  const ratio = median(ratios)
  console.log(`${name}: eight interventions on a megapixel cost ${ratio.toFixed(2)} x one arm`)
  if (ratio > bounds.eightArms)
    missed.push(`${name}: eight interventions cost ${ratio.toFixed(2)} x one arm > ${bounds.eightArms}`)
  await tools.model.close()
}
await rm(cacheDir, {recursive: true})
for (const line of missed) console.log(`MISSED ${line}`)
process.exit(missed.length > 0 ? 1 : 0)
