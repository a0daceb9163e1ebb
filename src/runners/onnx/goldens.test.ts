// Tests the whole path against the reference implementation: prompts, pictures, prefill, every decoding condition,
// scores.
// Everything is read from the goldens, so another folder of the same layout works too (LANTERN_EVAL_GOLDENS).
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {
  describeGoldens,
  GoldenTensors,
  imagesOf,
  largestDifference,
  readJson,
  skipsFor,
  withPictures,
} from '../../../test/support/goldens.js'
import type {Arm, Generation, Request} from '../../core/generation.js'
import {random} from '../../core/random.js'
import type {Box, Sample} from '../../core/sample.js'
import {latentChooser} from '../../modes/interventions.js'
import type {LatentMachine} from '../../modes/latent-machine.js'
import {architectures} from './architectures.js'
import {protocolsLike} from './checkpoint/latent-tokens.js'
import {type DecodeTask, decodeAll} from './decode.js'
import {Engine} from './engine.js'
import {loadCheckpoint} from './load.js'
import {machineOf} from './machines.js'
import {PreparedInputs, type PreparedPrompt, type PromptTools, sharedWork} from './prepared-inputs.js'
import {scoreContinuations} from './score.js'
import type {Model, VisionFeatures} from './types.js'

interface Run {
  condition: string
  ids: number[]
  latent_mask: number[]
  margins: number[]
  /** 1 where the sampled id decided the emitted one. Absent: everywhere but at latents. */
  used?: number[]
  text: string
  stop: string
  blocks: number
  latents?: string
  vectors?: string
  max_new_tokens?: number
  box?: Box
}

interface Scoring {
  prefix_ids: number[]
  latent_mask: number[]
  latents: 'own' | 'zeros'
  continuation: string
  continuation_ids: number[]
  logprobs: number[]
}

interface Case {
  id: string
  images: string[]
  question: string
  prompt_ids: number[]
  grid_thw: [number, number, number][]
  position_ids: number[][]
  rope_delta: number
  features?: string[]
  deepstack_features?: string[][]
  prefill: {logits: string; hidden: string}
  latent_size: number
  max_new_tokens: number
  boxes?: Box[]
  runs: Run[]
  scoring?: Scoring[]
}

interface Golden {
  architecture?: string
  /** Multiples of the resize before the checkpoint's own; absent: 28, null: there is none. */
  fetch_factor?: 28 | 32 | null
  /** Relative to the folder of the goldens. */
  images_dir?: string
  /** The protocol of the latent conditions; absent: LanteRn's. */
  method?: string
  latent_ids: [number, number, number]
  latent_size: number
  tokenizer: {text: string; ids: number[]; decoded: string}[]
  cases: Case[]
}

/** Tolerances from the README of the goldens (float32). */
const tolerance = {features: 2e-4, hidden: 2e-4, logits: 2e-4, logProb: 1e-3, latent: 2e-4, margin: 1e-3}

const conditions: Record<string, {mode: Arm['mode']; intervention: string | null}> = {
  plain: {mode: 'direct', intervention: null},
  own: {mode: 'latent', intervention: 'own'},
  'own-cap-5': {mode: 'latent', intervention: 'own'},
  'own-cap-inside-block': {mode: 'latent', intervention: 'own'},
  zeros: {mode: 'latent', intervention: 'zeros'},
  'markers-only': {mode: 'latent', intervention: 'markers-only'},
  oracle: {mode: 'latent', intervention: 'oracle'},
  'oracle-per-box': {mode: 'latent', intervention: 'oracle'},
}

/** Number of ids before the first step whose choice was a near tie. After that nothing is checked. */
function claimed(run: Run): number {
  const decides = (i: number) => (run.used === undefined ? !run.latent_mask[i] : run.used[i] === 1)
  const tie = run.margins.findIndex((margin, i) => margin < tolerance.margin && decides(i))
  return tie < 0 ? run.ids.length : tie
}

const runsHere = (architecture: string) => architectures.some(({modelType}) => modelType === architecture)

describeGoldens('the whole path', /^decode-(.*)\.json$/, ({dir, file, stem: checkpoint}) => {
  const whole = readJson<Golden>(file)
  const {architecture = 'qwen2_5_vl'} = whole
  if (!runsHere(architecture)) {
    test.skip(`${architecture} does not run here`, () => {})
    return
  }
  const folder = join(dir, 'checkpoints', checkpoint)
  if (skipsFor('all', [folder])) return
  const golden: Golden = {...whole, cases: withPictures(imagesOf(dir, whole), whole.cases)}
  if (golden.cases.length === 0) return
  // Without recorded tensors, ids and numbers are still compared.
  const tensorFile = join(dir, `decode-${checkpoint}.safetensors`)
  const tensors = skipsFor('features, states and latents', [tensorFile]) ? null : new GoldenTensors(tensorFile)
  const onTensors = tensors === null ? it.skip : it
  const cacheDir = mkdtempSync(join(tmpdir(), 'lantern-eval-goldens-'))
  const features: VisionFeatures[] = []
  let tools: PromptTools & {readonly model: Model}
  const prompts = new Map<string, PreparedPrompt>()

  beforeAll(async () => {
    tools = await loadCheckpoint(folder, {
      precision: 'fp32',
      device: 'cpu',
      threads: 1,
      cacheDir,
      pictureFetch: golden.fetch_factor === null ? 'none' : `by-${golden.fetch_factor ?? 28}`,
      warn: () => {},
    })
  })
  afterAll(async () => {
    await tools.model.close()
    rmSync(cacheDir, {recursive: true})
  })

  /** `markers-only` is LanteRn's on every checkpoint. */
  const method = (intervention: string | null) =>
    intervention === 'markers-only' ? 'lantern' : (golden.method ?? 'lantern')
  const sampleOf = (item: Case, box?: Box): Sample => ({
    id: item.id,
    benchmark: 'goldens',
    subtask: '',
    images: item.images.map(source => ({
      source,
      orientation: 'ignore',
      bytes: async () => readFileSync(join(imagesOf(dir, golden), source)),
    })),
    question: item.question,
    gold: null,
    ...(box ? {boxes: [box]} : item.boxes && {boxes: item.boxes}),
  })
  const requestOf = (item: Case, run?: Run, sample = sampleOf(item)): Request => {
    const {mode, intervention} = conditions[run?.condition ?? 'own']!
    const arm: Arm = {
      id: `goldens|${run?.condition}`,
      model: 'goldens',
      mode,
      protocol: mode === 'latent' ? method(intervention) : null,
      latentSize: mode === 'latent' ? item.latent_size : null,
      intervention,
    }
    const parts = [
      ...sample.images.map(image => ({type: 'image', image}) as const),
      {type: 'text', text: item.question} as const,
    ]
    return {
      sample,
      arm,
      prompt: {system: null, parts},
      decoding: {maxNewTokens: run?.max_new_tokens ?? item.max_new_tokens, temperature: 0, seed: 0},
    }
  }
  const preparedFor = async (item: Case) => {
    const known = prompts.get(item.id)
    if (known) return known
    const watched: PromptTools = {
      ...tools,
      model: {
        ...tools.model,
        vision: async (pixels, grid) => {
          const out = await tools.model.vision(pixels, grid)
          features.push(out)
          return out
        },
      },
    }
    const prepared = await new PreparedInputs(watched).prompt(requestOf(item))
    prompts.set(item.id, prepared)
    return prepared
  }
  const machine = (item: Case): LatentMachine =>
    machineOf(requestOf(item), {checkpoint: tools.model.checkpoint, tokenizer: tools.tokenizer})

  it('reads the latent tokens from the checkpoint', () => {
    const {ids, size, protocol} = tools.model.checkpoint.latent!
    expect([ids.start, ids.pad, ids.end]).toEqual(golden.latent_ids)
    expect(protocolsLike(protocol)).toContain(method('own'))
    // LVR's checkpoints do not say how many steps they were trained for.
    if (protocol === 'lantern') expect(size).toBe(golden.latent_size)
  })

  it('tokenises like the reference', () => {
    for (const {text, ids, decoded} of golden.tokenizer) {
      expect(tools.tokenizer.encode(text)).toEqual(ids)
      expect(tools.tokenizer.decode(ids)).toBe(decoded)
    }
  })

  it('matches prompts, features and prefill', async () => {
    for (const item of golden.cases) {
      features.length = 0
      const {state, seen, imageTokens} = await preparedFor(item)
      expect(state.ids).toEqual(item.prompt_ids)
      expect(state.ropeDelta).toBe(item.rope_delta)
      const {patch, merge} = tools.model.checkpoint.vision
      const grids = seen.images.map(({sentWidth, sentHeight}) => [1, sentHeight / patch, sentWidth / patch])
      expect(grids).toEqual(item.grid_thw)
      expect(imageTokens).toBe(item.grid_thw.reduce((sum, [, h, w]) => sum + (h * w) / merge ** 2, 0))
      if (tensors === null) continue
      // A picture that stands in a prompt twice is seen once.
      const distinct = [...new Set(item.images)]
      for (const [i, name] of (item.features ?? []).entries()) {
        const seenOnce = features[distinct.indexOf(item.images[i]!)]!
        expect(largestDifference(seenOnce.features, tensors.get(name))).toBeLessThan(tolerance.features)
        const levels = item.deepstack_features?.[i] ?? []
        expect(seenOnce.deepstack).toHaveLength(levels.length)
        for (const [level, name] of levels.entries())
          expect(largestDifference(seenOnce.deepstack[level]!, tensors.get(name))).toBeLessThan(tolerance.features)
      }
      const inParts = new PreparedInputs(tools, sharedWork({sharesBeginnings: true}))
      for (const {output} of [state, (await inParts.prompt(requestOf(item))).state]) {
        expect(largestDifference(output.hidden!, tensors.get(item.prefill.hidden))).toBeLessThan(tolerance.hidden)
        const logits = tensors.get(item.prefill.logits)
        const scale = logits.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1)
        expect(largestDifference(output.logits!, logits)).toBeLessThan(tolerance.logits * scale)
      }
    }
  })

  it.each([false, true])('matches every condition token for token (prompts in two parts: %s)', async inParts => {
    const engine = new Engine(tools, {batchSize: 4, keepLatents: true, sharesBeginnings: inParts})
    const wanted = new Map<Request, {item: Case; run: Run}>()
    const groups = (async function* () {
      for (const item of golden.cases) {
        const sample = sampleOf(item, item.runs.find(run => run.box)?.box)
        const runs = item.runs.filter(run => run.condition in conditions)
        const requests = runs.map(run => requestOf(item, run, sample))
        for (const [i, run] of runs.entries()) wanted.set(requests[i]!, {item, run})
        yield requests
      }
    })()
    let runs = 0
    for await (const generation of engine.generate(groups, new AbortController().signal)) {
      const {item, run} = wanted.get(generation.request)!
      runs++
      const upTo = claimed(run)
      const name = `${item.id} ${run.condition}`
      expect([name, generation.error]).toEqual([name, undefined])
      expect([name, ...generation.tokenIds!.slice(0, upTo)]).toEqual([name, ...run.ids.slice(0, upTo)])
      if (upTo === run.ids.length) expectSame(name, generation, run)
    }
    expect(runs).toBe(wanted.size)
  })

  const expectSame = (name: string, generation: Generation, run: Run) => {
    const eos = tools.model.checkpoint.generation.eos
    const spoken = run.stop === 'eos' ? run.ids.slice(0, -1) : run.ids
    expect([name, generation.stop]).toEqual([name, run.stop])
    expect(generation.text).toBe(tools.tokenizer.decode(spoken))
    expect(tools.tokenizer.decode(run.ids)).toBe(run.text)
    expect(generation.usage.latentSteps).toBe(run.latent_mask.reduce((sum, fed) => sum + fed, 0))
    // A START that is recorded at a latent position is no block of its own.
    const [start] = golden.latent_ids
    const within = run.ids.filter((id, i) => id === start && run.latent_mask[i]).length
    expect(generation.usage.blocks).toBe(run.blocks - within)
    expect(eos.includes(run.ids.at(-1)!)).toBe(run.stop === 'eos')
    const vectors = generation.latents!.flatMap(block => block.vectors)
    const recorded = tensors && run.latents ? tensors.rows(run.latents) : []
    if (tensors !== null) expect(vectors).toHaveLength(recorded.length)
    // With random weights, free-running latents drift; the first one of a run does not.
    if (recorded.length > 0) expect(largestDifference(vectors[0]!, recorded[0]!)).toBeLessThan(tolerance.latent)
  }

  const taskOf = async (item: Case, run: Run, choose: DecodeTask['choose']): Promise<DecodeTask> => ({
    prompt: (await preparedFor(item)).state,
    machine: machine(item),
    choose,
    sampling: {temperature: 0, repetitionPenalty: tools.model.checkpoint.generation.repetitionPenalty, banned: []},
    random: random(0),
    maxNewTokens: run.max_new_tokens ?? item.max_new_tokens,
    eos: new Set(tools.model.checkpoint.generation.eos),
  })
  const decodeOne = async (task: DecodeTask) => {
    const tasks = (async function* () {
      yield task
    })()
    for await (const decoded of decodeAll(tools.model, tasks, 1, new AbortController().signal)) return decoded!
    throw new Error('nothing was decoded')
  }

  onTensors("injected vectors are fed in place of the model's own", async () => {
    for (const item of golden.cases) {
      for (const run of item.runs.filter(({condition}) => condition === 'inject')) {
        const vectors = tensors!.rows(run.vectors!)
        const {ids} = await decodeOne(await taskOf(item, run, latentChooser('oracle', {seed: [], vectors})))
        expect(ids.slice(0, claimed(run))).toEqual(run.ids.slice(0, claimed(run)))
      }
    }
  })

  onTensors(
    'latents in lock step: after the recorded latents, the next own latent equals the recorded one',
    async () => {
      for (const item of golden.cases) {
        for (const run of item.runs.filter(({condition, latents}) => condition === 'own' && latents)) {
          const recorded = tensors!.rows(run.latents!)
          let at = 0
          let largest = 0
          const choose: DecodeTask['choose'] = own => {
            const vector = recorded[at++] ?? own
            largest = Math.max(largest, largestDifference(own, vector))
            return vector
          }
          const {ids} = await decodeOne(await taskOf(item, run, choose))
          if (claimed(run) === run.ids.length) expect(ids).toEqual(run.ids)
          expect([item.id, largest < tolerance.latent, largest]).toEqual([item.id, true, largest])
        }
      }
    },
  )

  onTensors('matches teacher-forced log-probabilities', async () => {
    for (const item of golden.cases) {
      for (const scoring of item.scoring ?? []) {
        const own = item.runs.find(({condition}) => condition === 'own')?.latents
        const recorded = own ? tensors!.rows(own) : []
        let at = 0
        const prefix = scoring.prefix_ids.map((id, i) => {
          if (!scoring.latent_mask[i]) return {id}
          const vector = recorded[at++]!
          return {id, vector: scoring.latents === 'own' ? vector : new Float32Array(vector.length)}
        })
        expect(tools.tokenizer.encode(scoring.continuation)).toEqual(scoring.continuation_ids)
        const [logProbs] = await scoreContinuations(tools.model, (await preparedFor(item)).state, prefix, [
          scoring.continuation_ids,
        ])
        expect(largestDifference(logProbs!, scoring.logprobs)).toBeLessThan(tolerance.logProb)
      }
    }
  })

  it('a batch of five with mixed arms gives the same as five batches of one', async () => {
    const decodeWith = async (batchSize: number) => {
      const engine = new Engine(tools, {batchSize, keepLatents: false})
      const groups = (async function* () {
        for (const item of golden.cases.slice(0, 5)) {
          const sample = sampleOf(item, item.runs.find(run => run.box)?.box)
          yield item.runs.filter(run => run.condition in conditions).map(run => requestOf(item, run, sample))
        }
      })()
      const results = new Map<string, readonly number[]>()
      for await (const {request, tokenIds} of engine.generate(groups, new AbortController().signal)) {
        results.set(`${request.sample.id} ${request.arm.id}`, tokenIds!)
      }
      return Object.fromEntries([...results].sort())
    }
    const claims = new Map<string, number>(
      golden.cases.flatMap(item =>
        item.runs.map(run => [`${item.id} goldens|${run.condition}`, claimed(run)] as const),
      ),
    )
    const [batched, single] = [await decodeWith(5), await decodeWith(1)]
    expect(Object.keys(batched)).toEqual(Object.keys(single))
    for (const [key, ids] of Object.entries(batched)) {
      expect([key, ...ids.slice(0, claims.get(key))]).toEqual([key, ...single[key]!.slice(0, claims.get(key))])
    }
  })
})
