// What each arm does to the latents and to the cache, against recomputations with the same model.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {committedGoldens, readJson} from '../../../test/support/goldens.js'
import {writeOwnLatents} from '../../../test/support/own-latents.js'
import type {Generation, OwnText, Prompt, Request} from '../../core/generation.js'
import type {Box, ImageRef} from '../../core/sample.js'
import {controlledPictures} from '../../modes/picture-controls.js'
import {Engine} from './engine.js'
import {loadCheckpoint} from './load.js'
import {PreparedInputs, type PromptTools} from './prepared-inputs.js'
import {type ForcedToken, scoreContinuations} from './score.js'
import type {DecoderInput, KeyValue, Model} from './types.js'

const dir = committedGoldens
const {cases} = readJson<{cases: {id: string; images: string[]; question: string; boxes: Box[]}[]}>(
  join(dir, 'decode-nano-latent.json'),
)
const work = mkdtempSync(join(tmpdir(), 'lantern-eval-arms-'))
const bank = join(work, 'run')
let tools: PromptTools & {readonly model: Model}
let own: Generation[]

beforeAll(async () => {
  const load = {precision: 'fp32', device: 'cpu', threads: 1, cacheDir: work, warn: () => {}} as const
  tools = await loadCheckpoint(join(dir, 'checkpoints', 'nano-latent'), load)
  own = await generate(cases.map((_, i) => group(i, ['own'])))
  own.sort((a, b) => indexOf(a) - indexOf(b))
  await writeOwnLatents(bank, own)
})
afterAll(async () => {
  await tools.model.close()
  rmSync(work, {recursive: true})
})

const indexOf = ({request}: Generation) => cases.findIndex(({id}) => id === request.sample.id)

/** The requests of one sample, one for each intervention. */
function group(index: number, interventions: readonly string[], more: Partial<Request> = {}): Request[] {
  const {id, images: names, question, boxes} = cases[index]!
  const images: ImageRef[] = names.map(name => ({
    source: name,
    orientation: 'ignore',
    bytes: async () => readFileSync(join(dir, 'images', name)),
  }))
  const sample = {id, benchmark: 'hops', subtask: '', images, question, gold: null, boxes}
  const promptOf = (pictures: readonly ImageRef[]): Prompt => ({
    system: null,
    parts: [...pictures.map(image => ({type: 'image', image}) as const), {type: 'text', text: question}],
  })
  const blank = promptOf(controlledPictures(sample, 'blank', {other: null, seed: []}))
  return interventions.map(intervention => ({
    sample,
    arm: {
      id: `m|latent|lantern:5|${intervention}`,
      model: 'm',
      mode: 'latent',
      protocol: null,
      latentSize: null,
      intervention,
    },
    prompt: intervention === 'image:blank' ? blank : promptOf(images),
    ...(intervention === 'blank-image' && {looksAt: blank}),
    decoding: {maxNewTokens: 24, temperature: 0, seed: 0},
    ...more,
  }))
}

async function generate(groups: Iterable<readonly Request[]>, using: PromptTools = tools): Promise<Generation[]> {
  const engine = new Engine(using, {batchSize: 4, keepLatents: true, latentBank: bank})
  const results: Generation[] = []
  const stream = (async function* () {
    yield* groups
  })()
  for await (const generation of engine.generate(stream, new AbortController().signal)) results.push(generation)
  return results
}

const arm = async (index: number, intervention: string) => (await generate([group(index, [intervention])]))[0]!
const vectors = ({latents}: Generation) => latents!.flatMap(block => block.vectors)
/** Rows of a batch differ from one alone in the last bits. */
function alike(these: readonly Float32Array[], those: readonly Float32Array[]) {
  expect(these).toHaveLength(those.length)
  const differences = these.flatMap((vector, i) => [...vector].map((value, k) => Math.abs(value - those[i]![k]!)))
  expect(Math.max(...differences)).toBeLessThan(1e-4)
}
const norm = (vector: Float32Array) => Math.hypot(...vector)
const oneStep = {timeout: 60_000}

describe('what is fed', () => {
  it('self-swap gives the ids of own, token for token', async () => {
    const again = await generate(cases.map((_, i) => group(i, ['self-swap'])))
    for (const generation of again) {
      expect(generation.tokenIds).toEqual(own[indexOf(generation)]!.tokenIds)
      expect(vectors(generation)).toEqual(vectors(own[indexOf(generation)]!))
    }
    expect(again).toHaveLength(cases.length)
  })

  it('norm-noise is as long as what it replaces, in another direction for each latent and sample', async () => {
    const noises = await generate([group(0, ['norm-noise']), group(1, ['norm-noise'])])
    for (const {latents} of noises)
      for (const [i, vector] of latents![0]!.vectors.entries())
        expect(norm(vector) / norm(latents![0]!.own![i]!)).toBeCloseTo(1, 5)
    const all = noises.flatMap(vectors).map(vector => vector.map(value => value / norm(vector)))
    expect(all).toHaveLength(10)
    for (const [i, one] of all.entries())
      for (const other of all.slice(i + 1)) {
        const cosine = one.reduce((sum, value, k) => sum + value * other[k]!, 0)
        expect(Math.abs(cosine)).toBeLessThan(0.5)
      }
  })

  it('fillers are the embedding of the pad token', async () => {
    const pad = tools.model.embed([tools.model.checkpoint.latent!.ids.pad])
    expect(vectors(await arm(0, 'fillers'))).toEqual(Array.from({length: 5}, () => pad))
  })

  it('truncate:2 feeds the first two own latents and ends the block', async () => {
    const cut = await arm(0, 'truncate:2')
    alike(vectors(cut), vectors(own[0]!).slice(0, 2))
    const {start, pad, end} = tools.model.checkpoint.latent!.ids
    expect(cut.tokenIds!.slice(1, 5)).toEqual([start, pad, pad, end])
    expect((await arm(0, 'truncate:0')).tokenIds!.slice(1, 3)).toEqual([start, end])
  })

  it('zero-at:1 feeds zeros there and the recorded latents elsewhere', async () => {
    const expected = vectors(own[0]!).map((vector, i) => (i === 1 ? vector.map(() => 0) : vector))
    expect(vectors(await arm(0, 'zero-at:1'))).toEqual(expected)
  })

  it('blank-image feeds what own makes of a grey picture, from one more vision pass and prefill', async () => {
    const calls = {vision: 0, prefill: 0}
    const model: PromptTools['model'] = {
      ...tools.model,
      vision: (...input) => tools.model.vision(...input).finally(() => calls.vision++),
      decode: input => tools.model.decode(input).finally(() => (calls.prefill += Number(input.past === null))),
    }
    const results = await generate([group(0, ['own', 'blank-image', 'strict:blank-image', 'image:blank'])], {
      ...tools,
      model,
    })
    const of = (name: string) => results.find(({request}) => request.arm.intervention === name)!
    alike(vectors(of('blank-image')), vectors(of('image:blank')))
    expect(vectors(of('blank-image'))).not.toEqual(vectors(own[0]!))
    expect([of('blank-image').seen, of('image:blank').seen!.images[0]!.sha256]).toEqual([
      own[0]!.seen,
      expect.not.stringMatching(own[0]!.seen!.images[0]!.sha256),
    ])
    // strict:blank-image has no looksAt here, so it alone fails; all others share two pictures.
    expect(calls).toEqual({vision: 2, prefill: 2})
  })
})

/** The inputs of the decoder while one arm of one sample is generated, caches copied. */
async function inputsOf(index: number, intervention: string) {
  const inputs: DecoderInput[] = []
  const model: PromptTools['model'] = {
    ...tools.model,
    decode: input => {
      const copied = input.past?.layers.map(({key, value}) => ({key: key.slice(), value: value.slice()}))
      inputs.push({...input, past: input.past && {...input.past, layers: copied!, bias: input.past.bias.slice()}})
      return tools.model.decode(input)
    },
  }
  const [generation] = await generate([group(index, [intervention])], {...tools, model})
  return {generation: generation!, steps: inputs.filter(({past}) => past !== null)}
}

/** The cache of the prompt and `ids` in one prefill without any past, with the latents fed at their places. */
async function recomputed(index: number, {tokenIds, latentAt}: Generation, count: number) {
  const [request] = group(index, ['own'])
  const input = await new PreparedInputs(tools).input(request!)
  const {hidden} = tools.model.checkpoint.text
  const ids = tokenIds!.slice(0, count)
  const embeds = new Float32Array((input.ids.length + count) * hidden)
  embeds.set(input.embeds)
  embeds.set(tools.model.embed(ids), input.ids.length * hidden)
  for (const [k, place] of latentAt!.entries())
    if (place < count) embeds.set(vectors(own[index]!)[k]!, (input.ids.length + place) * hidden)
  const length = input.ids.length + count
  const positions = new Int32Array(3 * length)
  for (let axis = 0; axis < 3; axis++) {
    positions.set(input.positions.subarray(axis * input.ids.length, (axis + 1) * input.ids.length), axis * length)
    for (let i = input.ids.length; i < length; i++) positions[axis * length + i] = i + input.ropeDelta
  }
  const {delta} = await tools.model.decode({
    ...{batch: 1, length, embeds, positions, totals: Int32Array.of(length), past: null},
  })
  return {delta, length, promptIds: input.ids, ropeDelta: input.ropeDelta}
}

/** Largest difference between a cache and the kept places of a recomputed one. */
function difference(past: NonNullable<DecoderInput['past']>, delta: readonly KeyValue[], all: number, kept: number[]) {
  const {kvHeads, headDim} = tools.model.checkpoint.text
  let largest = 0
  for (const [layer, {key, value}] of delta.entries())
    for (const [there, here] of [
      [key, past.layers[layer]!.key],
      [value, past.layers[layer]!.value],
    ] as const)
      for (let head = 0; head < kvHeads; head++)
        for (const [i, place] of kept.entries())
          for (let d = 0; d < headDim; d++)
            largest = Math.max(
              largest,
              Math.abs(there[(head * all + place) * headDim + d]! - here[(head * past.capacity + i) * headDim + d]!),
            )
  return largest
}

describe('what the cache loses', () => {
  it.each([
    // The step that feeds the token after END, and the one that feeds END.
    ['knock-out', 'latents', 1],
    ['strict', 'pictures', 0],
    ['strict-all', 'prompt', 0],
  ] as const)(
    '%s: exactly the %s, and the rest is as if it were recomputed',
    async (name, hides, after) => {
      for (const index of [0, 1, 2]) {
        const {generation, steps} = await inputsOf(index, name)
        const {ids} = tools.model.checkpoint.latent!
        const fed = generation.tokenIds!.indexOf(ids.end) + after
        const {delta, length, promptIds, ropeDelta} = await recomputed(index, generation, fed)
        const gone = {
          latents: generation.latentAt!.map(place => promptIds.length + place),
          pictures: promptIds.flatMap((id, i) => (id === tools.model.checkpoint.ids.image ? [i] : [])),
          prompt: promptIds.map((_, i) => i),
        }[hides]
        const kept = Array.from({length}, (_, i) => i).filter(i => !gone.includes(i))
        expect(gone.length).toBeGreaterThan(4)
        // The step before has lost nothing; this one has the kept places, and nothing else, at the same rotary
        // position.
        expect(steps[fed - 1]!.past!.bias.filter(bias => bias === 0)).toHaveLength(length - 1)
        const {past, positions, totals} = steps[fed]!
        expect(past!.bias.findIndex(bias => bias !== 0)).toBe(kept.length)
        expect([totals[0], ...positions]).toEqual([
          kept.length + 1,
          ...Array.from({length: 3}, () => length + ropeDelta),
        ])
        expect(difference(past!, delta, length, kept)).toBeLessThan(2e-4)
        expect(
          difference(
            past!,
            delta,
            length,
            kept.map((_, i) => i),
          ),
        ).toBeGreaterThan(0.01)
      }
    },
    oneStep.timeout,
  )
})

describe('the reading', () => {
  const answers = ['red', 'blue', 'green', 'yellow', 'purple', 'orange']

  /** The place after the block, where the colour is named first. */
  function textOf({text, tokenIds, latentAt}: Generation): OwnText {
    const before = text.slice(0, text.indexOf('</think>')).replace(/\S+$/, '')
    return {ids: tokenIds!, latentAt: latentAt!, places: [{before, answers}]}
  }
  const shares = (scores: readonly number[]) => {
    const total = Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0))
    return scores.map(score => score - total)
  }

  it('keeps the own text and replaces its latents, as the scores of the whole text say', async () => {
    const {tokenizer, model} = tools
    const {ids: latent} = model.checkpoint.latent!
    const hidden = model.checkpoint.text.hidden
    for (const index of [0, 1]) {
      const reading = textOf(own[index]!)
      const names = ['own', 'self-swap', 'zeros', 'truncate:2', 'markers-only', 'no-latent', 'knock-out', 'strict']
      const results = await generate([group(index, names, {reading, onlyRead: true})])
      const of = (name: string) => results.find(({request}) => request.arm.intervention === name)!.forced!
      const [request] = group(index, ['own'])
      const {state} = await new PreparedInputs(tools).prompt(request!)
      const block = (fed: readonly Float32Array[]): ForcedToken[] => [
        {id: latent.start},
        ...fed.map(vector => ({id: latent.pad, vector})),
        {id: latent.end},
      ]
      const expected = async (tokens: readonly ForcedToken[]) => {
        const continuations = answers.map(answer => tokenizer.encode(` ${answer}`))
        const scores = await scoreContinuations(model, state, tokens, continuations)
        return shares(scores.map(score => score.reduce((sum, value) => sum + value, 0)))
      }
      const think: ForcedToken[] = [{id: own[index]!.tokenIds![0]!}]
      const fed = vectors(own[index]!)
      const close = (got: readonly number[], wanted: readonly number[]) => {
        expect(got).toHaveLength(wanted.length)
        for (const [i, value] of wanted.entries()) expect(got[i]).toBeCloseTo(value, 3)
      }
      close(of('own'), await expected([...think, ...block(fed)]))
      expect(of('self-swap')).toEqual(of('own'))
      close(of('zeros'), await expected([...think, ...block(fed.map(() => new Float32Array(hidden)))]))
      close(of('truncate:2'), await expected([...think, ...block(fed.slice(0, 2))]))
      close(of('markers-only'), await expected([...think, ...block([])]))
      close(of('no-latent'), await expected(think))
      expect(of('strict')).not.toEqual(of('own'))
    }
  })

  it('finds what the arm itself says next: strict and knock-out from the caches they decode with', async () => {
    for (const index of cases.keys()) {
      const names = ['own', 'strict', 'knock-out', 'zeros', 'image:blank', 'strict-all']
      const results = await generate([group(index, names, {reading: textOf(own[index]!)})])
      for (const {text, forced, request} of results) {
        const said = /lvr_end\|> (\S+)<\/think>/.exec(text)?.[1]
        // Only where the arm names a colour there.
        if (said !== undefined && answers.includes(said))
          expect([request.arm.intervention, answers[forced!.indexOf(Math.max(...forced!))]]).toEqual([
            request.arm.intervention,
            said,
          ])
      }
    }
  })
})
