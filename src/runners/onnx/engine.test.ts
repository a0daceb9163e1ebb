// What the engine guarantees besides parity: work shared between arms, an end within one step, and isolated failures.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {committedGoldens, readJson} from '../../../test/support/goldens.js'
import {writeOwnLatents} from '../../../test/support/own-latents.js'
import type {Arm, Decoding, Generation, Request} from '../../core/generation.js'
import type {Box, ImageRef} from '../../core/sample.js'
import {interventionNames} from '../../modes/interventions.js'
import {writeLatents} from '../../run-folder/latents.js'
import {Engine, type EngineOptions} from './engine.js'
import {loadCheckpoint} from './load.js'
import type {PromptTools} from './prepared-inputs.js'
import {Recent} from './recent.js'
import type {Model} from './types.js'

const dir = committedGoldens
const {cases} = readJson<{cases: {id: string; images: string[]; question: string; boxes: Box[]}[]}>(
  join(dir, 'decode-nano-latent.json'),
)
const work = mkdtempSync(join(tmpdir(), 'lantern-eval-engine-'))
let tools: PromptTools & {readonly model: Model}

beforeAll(async () => {
  const load = {precision: 'fp32', device: 'cpu', threads: 1, cacheDir: work, warn: () => {}} as const
  tools = await loadCheckpoint(join(dir, 'checkpoints', 'nano-latent'), load)
})
afterAll(async () => {
  await tools.model.close()
  rmSync(work, {recursive: true})
})

const armOf = (intervention: string | null, more: Partial<Arm> = {}): Arm => ({
  id: `m|latent|lantern:5|${intervention}`,
  model: 'm',
  mode: 'latent',
  protocol: null,
  latentSize: null,
  intervention,
  ...more,
})

/** The requests of one sample, one per arm. */
function group(index: number, arms: readonly Arm[], decoding: Partial<Decoding> = {}, broken = false): Request[] {
  const {id, images: names, question, boxes} = cases[index]!
  const bytes = async (name: string) => (broken ? Uint8Array.of(1, 2, 3) : readFileSync(join(dir, 'images', name)))
  const images: ImageRef[] = names.map(name => ({source: name, orientation: 'ignore', bytes: () => bytes(name)}))
  const sample = {id, benchmark: 'hops', subtask: '', images, question, gold: null, boxes}
  const parts = [...images.map(image => ({type: 'image', image}) as const), {type: 'text', text: question} as const]
  return arms.map(arm => ({
    sample,
    arm,
    prompt: {system: null, parts},
    decoding: {maxNewTokens: 24, temperature: 0, seed: 0, ...decoding},
  }))
}

/** The model with its calls counted, and a callback before each decoder run. */
function counted(onDecode: () => void = () => {}) {
  const calls = {vision: 0, prefill: 0, step: 0}
  const model: PromptTools['model'] = {
    ...tools.model,
    vision: (...input) => {
      calls.vision++
      return tools.model.vision(...input)
    },
    decode: input => {
      calls[input.past === null ? 'prefill' : 'step']++
      onDecode()
      return tools.model.decode(input)
    },
  }
  return {calls, tools: {...tools, model}}
}

async function generate(
  groups: Iterable<readonly Request[]>,
  options: Partial<EngineOptions> = {},
  using: PromptTools = tools,
  signal: AbortSignal = new AbortController().signal,
): Promise<Generation[]> {
  const engine = new Engine(using, {batchSize: 4, keepLatents: true, ...options})
  const results: Generation[] = []
  const stream = (async function* () {
    yield* groups
  })()
  for await (const generation of engine.generate(stream, signal)) results.push(generation)
  return results
}

const bank = join(work, 'run')
async function recordOwn(): Promise<Generation[]> {
  const results = await generate(cases.map((_, i) => group(i, [armOf('own')])))
  await writeOwnLatents(bank, results)
  return results
}

it('all interventions on one sample cost one prefill and one vision pass, besides those for other pictures', async () => {
  await recordOwn()
  const {calls, tools: counting} = counted()
  const names = [...interventionNames(), 'truncate:2', 'zero-at:1', 'strict:zeros']
  const [other] = group(1, [armOf('own')])
  const foreign = other!.sample.images[0]!
  const requests = group(
    0,
    names.map(name => armOf(name)),
  ).map(request => ({...request, looksAt: other!.prompt, foreign}))
  const results = await generate([requests], {latentBank: bank}, counting)
  expect(results.map(({stop, request}) => [request.arm.intervention, stop])).toEqual(
    expect.arrayContaining(names.map(name => [name, expect.stringMatching(/eos|length/)])),
  )
  // The sample's own picture, and the other one, from which two interventions take latents.
  expect(calls.prefill).toBe(2)
  // Five boxes each for oracle, random-crop and other-crop.
  expect(calls.vision).toBe(2 + 3 * 5)
})

it('a sample that is asked again later is seen and prefilled once', async () => {
  await recordOwn()
  const {calls, tools: counting} = counted()
  const engine = new Engine(counting, {batchSize: 4, keepLatents: true, latentBank: bank})
  const pass = async (requests: readonly Request[][]) => {
    const stream = (async function* () {
      yield* requests
    })()
    const texts: string[] = []
    for await (const {request, text} of engine.generate(stream, new AbortController().signal))
      texts.push(`${request.sample.id} ${text}`)
    return texts.sort()
  }
  // The second pass has other picture objects, of the same files.
  const first = await pass([0, 1].map(i => group(i, [armOf('own')]).map(request => ({...request, again: true}))))
  expect(await pass([0, 1].map(i => group(i, [armOf('self-swap')])))).toEqual(first)
  expect([calls.vision, calls.prefill]).toEqual([2, 2])
  // Nothing is held any more but what the tower made of the pictures.
  await pass([group(0, [armOf('own')])])
  expect([calls.vision, calls.prefill]).toEqual([2, 3])
})

describe('several questions on one picture', () => {
  const asked = (question: string, index: number, id: string): Request[] =>
    group(index, [armOf('own')]).map(request => ({
      ...request,
      sample: {...request.sample, id, question},
      prompt: {system: null, parts: [request.prompt.parts[0]!, {type: 'text', text: question}]},
    }))
  const questions = () => [
    asked(cases[0]!.question, 0, 'first'),
    asked('Which letter is on it?', 0, 'second'),
    asked(cases[1]!.question, 1, 'other picture'),
    asked('Where does it end?', 0, 'third'),
  ]
  const result = ({request, tokenIds, latents}: Generation) => [request.sample.id, tokenIds, latents]

  it('cost one vision pass, and one run over the part before the question', async () => {
    const {calls, tools: counting} = counted()
    await generate(questions(), {sharesBeginnings: true, batchSize: 1}, counting)
    expect(calls.vision).toBe(2)
    // Two pictures; the four questions are runs on top of a cache.
    expect(calls.prefill).toBe(2)
  })

  it('are answered to the last bit as each is alone', async () => {
    // Rows of a batch differ in their last bits from the same alone, so there is one.
    const options = {sharesBeginnings: true, batchSize: 1}
    const together = await generate(questions(), options)
    const alone: Generation[] = []
    for (const requests of questions()) alone.push(...(await generate([requests], options)))
    const byId = (list: Generation[]) => list.map(result).sort(([a], [b]) => (a! < b! ? -1 : 1))
    expect(byId(together)).toEqual(byId(alone))
  })

  it('take as long in the record as each does alone', async () => {
    const slow: PromptTools['model'] = {
      ...tools.model,
      async vision(...input) {
        await new Promise(resolve => setTimeout(resolve, 60))
        return tools.model.vision(...input)
      },
    }
    const results = await generate(questions(), {sharesBeginnings: true}, {...tools, model: slow})
    for (const {timing} of results) expect(timing.firstTokenMs).toBeGreaterThanOrEqual(59)
  })
})

it('what is remembered is bounded in bytes, and what was used least recently goes first', async () => {
  const recent = new Recent<string>(10)
  const made: string[] = []
  const get = (key: string, bytes = 4) =>
    recent.get(
      key,
      async () => {
        made.push(key)
        return key
      },
      () => bytes,
    )
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await get(key)
  expect(made).toEqual(['a', 'b', 'c', 'b'])
  await get('large', 11)
  await get('large', 11)
  await get('a')
  expect(made.slice(4)).toEqual(['large', 'large'])
})

it('feeding saved latents again gives the same tokens', async () => {
  const own = await recordOwn()
  for (const {request, latents, tokenIds} of own) {
    // In a bank of only this sample, the mean at each index is the vector recorded there.
    const single = join(work, `single-${request.sample.id}`)
    await writeLatents(single, {arm: request.arm.id, bench: 'hops', id: request.sample.id}, latents!)
    const index = cases.findIndex(({id}) => id === request.sample.id)
    const [again] = await generate([group(index, [armOf('mean')])], {latentBank: single})
    expect(again!.tokenIds).toEqual(tokenIds)
    expect(again!.latents![0]!.vectors).toEqual(latents![0]!.vectors)
  }
})

it('a stop string ends the answer before it, at a limit too', async () => {
  const [whole] = await generate([group(0, [armOf('own')])])
  const middle = Math.floor(whole!.text.length / 2)
  const mark = whole!.text.slice(middle, middle + 2)
  const [cut] = await generate([group(0, [armOf('own')], {stop: ['never said', mark]})])
  expect(cut).toMatchObject({text: whole!.text.slice(0, whole!.text.indexOf(mark)), stop: 'eos'})
  expect(cut!.tokenIds).toEqual(whole!.tokenIds)
  const [limited] = await generate([
    group(0, [armOf('own')], {maxNewTokens: whole!.tokenIds!.length - 1, stop: [mark]}),
  ])
  expect(limited!.stop).toBe('eos')
  expect(whole!.text.length).toBeGreaterThan(2)
})

it('an intervention that needs a bank fails before anything is decoded', async () => {
  await expect(generate([group(0, [armOf('swap')])])).rejects.toThrow('needs the latents of a recorded run')
})

it('ends within a step after an abort and drops unfinished requests', async () => {
  const controller = new AbortController()
  let runs = 0
  const {calls, tools: counting} = counted(() => {
    runs++
    if (runs === 4) controller.abort()
  })
  const results = await generate(
    cases.map((_, i) => group(i, [armOf('own')])),
    {batchSize: 1},
    counting,
    controller.signal,
  )
  expect(results).toEqual([])
  expect(calls.prefill + calls.step).toBe(4)
})

it('a picture that cannot be read fails only its own requests', async () => {
  const results = await generate([group(0, [armOf('own'), armOf('zeros')], {}, true), group(1, [armOf('own')])])
  expect(results.map(({stop, error}) => [stop, error?.code])).toEqual(
    expect.arrayContaining([
      ['error', 'bad-file'],
      ['error', 'bad-file'],
      ['eos', undefined],
    ]),
  )
})

it('oracle without a box is an error of the sample and never falls back to own', async () => {
  const [request] = group(0, [armOf('oracle')])
  const [result] = await generate([[{...request!, sample: {...request!.sample, boxes: []}}]])
  expect(result).toMatchObject({stop: 'error', error: {message: expect.stringContaining('no box')}})
})

it('counts prompt, picture, text, marker and latent tokens', async () => {
  const [own] = await generate([group(0, [armOf('own')])])
  expect(own!.usage).toEqual({
    promptTokens: 53,
    imageTokens: 16,
    textTokens: 6,
    latentSteps: 5,
    markerTokens: 2,
    blocks: 1,
  })
  const [cut] = await generate([group(0, [armOf('own')], {maxNewTokens: 2})])
  expect([cut!.stop, cut!.usage.blocks, cut!.usage.latentSteps]).toEqual(['length', 1, 0])
  const [banned] = await generate([group(0, [armOf('no-latent')])])
  expect([banned!.usage.blocks, banned!.usage.markerTokens]).toEqual([0, 0])
})

it('produces the same generations in one run of the Loop graph', async () => {
  const arms = [
    armOf('own'),
    armOf('own', {id: 'two', latentSize: 2}),
    armOf(null, {id: 'm|direct', mode: 'direct'}),
    armOf('zeros'),
  ]
  const byRequest = async (wholeGenerations: boolean) => {
    const {calls, tools: counting} = counted()
    const results = await generate(
      cases.map((_, i) => group(i, arms)),
      {wholeGenerations},
      counting,
    )
    const facts = results.map(({request, text, tokenIds, usage, stop}) => [
      `${request.sample.id} ${request.arm.id}`,
      text,
      tokenIds,
      usage,
      stop,
    ])
    return {calls, facts: facts.sort(([a], [b]) => (a! < b! ? -1 : 1))}
  }
  const whole = await byRequest(true)
  expect(whole.facts).toEqual((await byRequest(false)).facts)
  // Only the intervention is decoded step by step.
  expect(whole.calls.prefill).toBe(cases.length)
})

it('samples the same text for the same seed, and different text for different seeds', async () => {
  const texts = async (seed: number) => {
    const results = await generate(
      cases.map((_, i) =>
        group(i, [armOf(null, {id: 'm|direct', mode: 'direct', intervention: null})], {temperature: 3, seed}),
      ),
    )
    return results.map(({request, text}) => `${request.sample.id} ${text}`).sort()
  }
  expect(await texts(1)).toEqual(await texts(1))
  expect(await texts(1)).not.toEqual(await texts(2))
})

it('every feedback protocol runs', async () => {
  const names = ['lantern', 'lvr', 'lvr-vanilla', 'monet', 'monet-hf', 'mirage', 'ilvr', 'skila', 'covt']
  const results = await generate([
    group(
      0,
      names.map(protocol => armOf('own', {id: protocol, protocol, latentSize: protocol === 'lvr-vanilla' ? null : 3})),
    ),
  ])
  const steps = new Map(results.map(({request, usage}) => [request.arm.protocol, usage.latentSteps]))
  expect(results).toHaveLength(names.length)
  expect([steps.get('lantern'), steps.get('lvr'), steps.get('monet'), steps.get('covt')]).toEqual([3, 3, 3, 0])
  await expect(generate([group(0, [armOf('own', {protocol: 'lvr-latent-end'})])])).resolves.toMatchObject([
    {stop: 'error'},
  ])
  await expect(generate([group(0, [armOf('own', {protocol: 'ivt-lr'})])])).rejects.toThrow('attention maps')
})

it('scores requested continuations with the generation, after the latents it fed', async () => {
  const engine = new Engine(tools, {batchSize: 2, keepLatents: true})
  const texts = [' red</think>', ' blue</think>']
  const requests = group(0, [armOf('own'), armOf('zeros')]).map(request => ({...request, continuations: texts}))
  const results = await generate([requests])
  for (const {request, latents, continuationLogProbs} of results) {
    expect(continuationLogProbs).toEqual(await engine.score(request, latents!, texts))
  }
})

it('scores continuations after given latents', async () => {
  const engine = new Engine(tools, {batchSize: 1, keepLatents: true})
  const [own] = await generate([group(0, [armOf('own')])])
  const [request] = group(0, [armOf('own')])
  const [answer, other] = await engine.score(request!, own!.latents!, [' red</think>', ' blue</think>'])
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
  expect(own!.text).toContain(' red</think>')
  expect(sum(answer!)).toBeGreaterThan(sum(other!))
})
