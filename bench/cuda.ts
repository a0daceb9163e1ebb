// What a GPU gives: goldens, the Loop graph against steps, and speed beside transformers. Takes ten minutes at most.
// `-- --out FILE` also writes the Markdown table. `--device cpu --tiny` proves the script where there is no GPU.
// Speed is that of a random decoder of LanteRn-3B's shape, in fp16 on a GPU; `cuda-side.py` measures transformers'
// `generate` of the same shape with the Python that PYTHON names. Each part has a time of its own: what does not fit is
// left out, and said. Fails when a golden or the Loop graph differs.
import {spawnSync} from 'node:child_process'
import {existsSync, readdirSync} from 'node:fs'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {parseArgs} from 'node:util'
import {messageOf} from '../src/core/errors.js'
import {openCheckpoint} from '../src/runners/onnx/checkpoint/checkpoint.js'
import {loadModel} from '../src/runners/onnx/model/model.js'
import type {LoopInput, Model, Precision} from '../src/runners/onnx/types.js'
import {committedGoldens, GoldenTensors, readJson} from '../test/support/goldens.js'
import {tinySizes, writeTinyCheckpoint} from '../test/support/tiny-checkpoint.js'

const {values: flags} = parseArgs({
  options: {
    device: {type: 'string', default: 'cuda'},
    tiny: {type: 'boolean', default: false},
    out: {type: 'string'},
  },
})
const {device, tiny} = flags
const began = performance.now()
const seconds = () => (performance.now() - began) / 1000
/** Ends of the parts, in seconds from the start. */
const ends = {goldens: 90, loop: 120, write: 300, speed: 480, transformers: 590} as const
const late = (part: keyof typeof ends) => seconds() > ends[part]

const batches = tiny ? [1, 2] : [1, 8, 32]
const lengths = tiny ? [16] : [512, 2048]
const newTokens = tiny ? 4 : 64
const shape = tiny
  ? {...tinySizes.text, layers: 2}
  : {
      ...tinySizes.text,
      ...{layers: 36, hidden: 2048, heads: 16, kvHeads: 2, headDim: 128, intermediate: 11_008, vocabulary: 151_936},
      mropeSection: [16, 24, 24] as const,
    }

const rows: string[][] = []
let failed = false
function tell(what: string, result: string, ok = true): void {
  failed ||= !ok
  rows.push([what, ok ? result : `**FAILED** ${result}`])
  console.log(`[${seconds().toFixed(0).padStart(3)} s] ${what}: ${ok ? '' : 'FAILED '}${result}`)
}

interface Case {
  readonly id: string
  readonly prompt_ids: readonly number[]
  readonly position_ids: readonly (readonly number[])[]
  readonly rope_delta: number
  readonly features?: readonly string[] | null
  readonly latent_size: number
  readonly max_new_tokens: number
  readonly prefill: {readonly hidden: string}
  readonly runs: readonly {condition: string; ids: number[]; margins: number[]; max_new_tokens?: number}[]
}
interface Golden {
  readonly architecture?: string
  readonly method?: string
  readonly cases: readonly Case[]
}

function embedded(model: Model, {prompt_ids, features}: Case, tensors: GoldenTensors): Float32Array {
  const {hidden} = model.checkpoint.text
  const embeds = Float32Array.from(model.embed(prompt_ids))
  const places = prompt_ids.flatMap((id, at) => (id === model.checkpoint.ids.image ? [at] : []))
  const values = (features ?? []).flatMap(name => tensors.rows(name))
  for (const [k, row] of values.entries()) embeds.set(row, places[k]! * hidden)
  return embeds
}

function loopInput(model: Model, one: Case, tensors: GoldenTensors, latents: number, most: number): LoopInput {
  const length = one.prompt_ids.length
  return {
    batch: 1,
    length,
    embeds: embedded(model, one, tensors),
    positions: Int32Array.from(one.position_ids.flat()),
    lengths: Int32Array.of(length),
    nextPositions: Int32Array.of(length + one.rope_delta),
    maxNewTokens: most,
    latentSizes: Int32Array.of(latents),
  }
}

/** Plain greedy decoding, each token by a prefill of all before it: no loop and no cache. */
async function inSteps(model: Model, input: LoopInput): Promise<number[]> {
  const ids: number[] = []
  const {hidden} = model.checkpoint.text
  const axis = (k: number) => [...input.positions.subarray(k * input.length, (k + 1) * input.length)]
  while (ids.length < input.maxNewTokens) {
    const length = input.length + ids.length
    const embeds = new Float32Array(length * hidden)
    embeds.set(input.embeds)
    if (ids.length > 0) embeds.set(model.embed(ids), input.length * hidden)
    const further = ids.map((_, k) => input.nextPositions[0]! + k)
    const positions = Int32Array.from([0, 1, 2].flatMap(k => [...axis(k), ...further]))
    const {nextTokens} = await model.decode({
      ...{batch: 1, length, embeds, positions, totals: Int32Array.of(length), past: null},
    })
    ids.push(nextTokens[0]!)
    if (model.checkpoint.generation.eos.includes(nextTokens[0]!)) break
  }
  return ids
}

/** Tokens must be equal up to the first near tie. In half precision more is a tie. */
const ties: Partial<Record<Precision, number>> = {fp32: 1e-3, fp16: 0.1}

async function goldens(cacheDir: string, precision: 'fp32' | 'fp16'): Promise<void> {
  const second = fileURLToPath(new URL('../fixtures/goldens-2/', import.meta.url))
  const named = process.env['LANTERN_EVAL_GOLDENS']
  for (const dir of [committedGoldens, second, ...(named === undefined ? [] : [named])])
    for (const file of readdirSync(dir).filter(name => /^decode-.*\.json$/.test(name))) {
      const name = file.slice('decode-'.length, -'.json'.length)
      const folder = join(dir, 'checkpoints', name)
      const golden = readJson<Golden>(join(dir, file))
      // Features after the first layers are a test's matter; here the decoder's own arithmetic counts.
      if (!existsSync(folder) || golden.architecture === 'qwen3_vl') continue
      if (late('goldens')) return tell(`${name}, ${precision}`, 'left out: no time')
      try {
        const model = await loadModel(await openCheckpoint(folder), {precision, device, cacheDir})
        try {
          await oneGolden(model, name, precision, golden, new GoldenTensors(join(dir, `decode-${name}.safetensors`)))
        } finally {
          await model.close()
        }
      } catch (error) {
        // Attention has no fp32 kernel on CUDA: the refusal is what is expected there.
        tell(`${name}, ${precision}`, `refused: ${messageOf(error)}`, precision === 'fp32' && device !== 'cpu')
      }
    }
}

async function oneGolden(model: Model, name: string, precision: Precision, golden: Golden, tensors: GoldenTensors) {
  let [equal, all, farthest, agreeing, compared] = [0, 0, 0, 0, 0]
  for (const one of golden.cases) {
    const sizes: Record<string, number> = {'markers-only': 0, plain: -1}
    if (golden.method === undefined || golden.method === 'lantern') sizes['own'] = one.latent_size
    if (late('loop')) break
    const length = one.prompt_ids.length
    const seen = await model.decode({
      ...{batch: 1, length, embeds: embedded(model, one, tensors), positions: Int32Array.from(one.position_ids.flat())},
      ...{totals: Int32Array.of(length), past: null, want: {hidden: true}},
    })
    const expected = tensors.get(one.prefill.hidden)
    for (const [k, value] of seen.hidden!.entries()) farthest = Math.max(farthest, Math.abs(value - expected[k]!))
    if (model.checkpoint.generation.repetitionPenalty !== 1) continue
    for (const {condition, ids, margins, max_new_tokens} of one.runs) {
      if (sizes[condition] === undefined) continue
      const input = loopInput(model, one, tensors, sizes[condition], max_new_tokens ?? one.max_new_tokens)
      const {tokens} = await model.generate!(input)
      const tie = margins.findIndex(margin => margin < ties[precision]!)
      const claimed = tie === -1 ? ids : ids.slice(0, tie)
      all++
      equal += Number(claimed.every((id, k) => tokens[0]![k] === id))
      if (condition !== 'plain') continue
      compared++
      const steps = await inSteps(model, input)
      const until = tie === -1 ? steps.length : tie
      agreeing += Number(steps.slice(0, until).every((id, k) => tokens[0]![k] === id))
    }
  }
  const bound = precision === 'fp32' ? 2e-4 : 0.05
  tell(`${name}, ${precision}: states of the prefill`, `at most ${farthest.toExponential(1)} off`, farthest < bound)
  tell(`${name}, ${precision}: generations equal to the recorded`, `${equal} of ${all}`, equal === all)
  tell(`${name}, ${precision}: Loop graph equal to steps`, `${agreeing} of ${compared}`, agreeing === compared)
}

async function speed(dir: string, cacheDir: string): Promise<void> {
  const checkpoint = join(dir, 'checkpoint')
  const start = seconds()
  await writeTinyCheckpoint(checkpoint, {text: shape, type: device === 'cpu' ? 'F32' : 'F16'})
  tell('random checkpoint', `${shape.layers} layers of ${shape.hidden}, written in ${(seconds() - start).toFixed(0)} s`)
  if (late('write')) return tell('speed', 'left out: no time')
  const precision = device === 'cpu' ? 'fp32' : 'fp16'
  const model = await loadModel(await openCheckpoint(checkpoint), {precision, device, cacheDir})
  const times = new Map<string, number>()
  try {
    for (const length of lengths)
      for (const batch of batches) {
        if (late('speed')) {
          tell(`P = ${length}, B = ${batch}`, 'left out: no time')
          continue
        }
        const run = async (maxNewTokens: number) => {
          const embeds = new Float32Array(batch * length * shape.hidden).map((_, k) => Math.sin(k))
          const positions = Int32Array.from({length: 3 * batch * length}, (_, k) => k % length)
          const each = (value: number) => new Int32Array(batch).fill(value)
          const from = performance.now()
          const {tokens} = await model.generate!({
            ...{batch, length, embeds, positions, maxNewTokens},
            ...{lengths: each(length), nextPositions: each(length), latentSizes: each(-1)},
          })
          return {ms: performance.now() - from, steps: Math.max(...tokens.map(row => row.length))}
        }
        await run(1)
        const first = await run(1)
        const whole = await run(newTokens)
        const step = (whole.ms - first.ms) / Math.max(1, whole.steps - 1)
        times.set(`${length}/${batch}`, whole.ms)
        const rate = `${((1000 * batch) / step).toFixed(0)} tokens/s`
        tell(`P = ${length}, B = ${batch}`, `prefill ${first.ms.toFixed(0)} ms, a step ${step.toFixed(1)} ms, ${rate}`)
      }
    const [one, several] = [times.get(`${lengths[0]}/1`), times.get(`${lengths[0]}/${batches[1]}`)]
    if (one !== undefined && several !== undefined)
      tell(`${batches[1]} conditions against one`, `${(several / one).toFixed(2)} times as long`)
    tell('memory of the card with the model loaded', smi('memory.used') ?? 'not known')
  } finally {
    await model.close()
  }
}

function smi(what: string): string | null {
  const {status, stdout} = spawnSync(
    process.env['NVIDIA_SMI'] ?? 'nvidia-smi',
    [`--query-gpu=${what}`, '--format=csv,noheader'],
    {encoding: 'utf8'},
  )
  return status === 0 ? stdout.trim().split('\n')[0]! : null
}

function transformers(): void {
  if (late('speed')) {
    tell('transformers', 'left out: no time')
    return
  }
  const script = fileURLToPath(new URL('cuda-side.py', import.meta.url))
  const asked = JSON.stringify({device: device === 'cpu' ? 'cpu' : device, shape, lengths, batches, newTokens})
  const timeout = 1000 * Math.ceil(Math.max(1, ends.transformers - seconds()))
  const {stdout, stderr, status} = spawnSync(process.env['PYTHON'] ?? 'python3', [script, asked], {
    ...{encoding: 'utf8', timeout},
  })
  for (const line of (stdout ?? '').split('\n').filter(text => text.startsWith('{'))) {
    const {what, result} = JSON.parse(line) as {what: string; result: string}
    tell(`transformers, ${what}`, result)
  }
  if (status !== 0) tell('transformers', `not to the end: ${(stderr ?? '').trim().split('\n').at(-1) || 'no time'}`)
}

const dir = await mkdtemp(join(tmpdir(), 'lantern-eval-cuda-'))
try {
  const cacheDir = join(dir, 'cache')
  const card = smi('name') ?? 'no GPU'
  tell('card', `${card}, --device ${device}`)
  for (const precision of device === 'cpu' ? (['fp32'] as const) : (['fp32', 'fp16'] as const))
    await goldens(cacheDir, precision)
  try {
    await speed(dir, cacheDir)
  } catch (error) {
    tell('speed', messageOf(error), false)
  }
  transformers()
  const table = ['| what | result |', '| --- | --- |', ...rows.map(row => `| ${row.join(' | ')} |`)]
  if (flags.out !== undefined) await writeFile(flags.out, `${table.join('\n')}\n`)
  process.exitCode = failed ? 1 : 0
} finally {
  await rm(dir, {recursive: true, force: true})
}
