// What a generation gives for looking at its latents: features of pictures, the logit lens, norms.
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {committedGoldens, readJson} from '../../../test/support/goldens.js'
import type {Arm, Generation, Request} from '../../core/generation.js'
import {toFloat32} from '../../core/safetensors.js'
import type {ImageRef} from '../../core/sample.js'
import {Engine, type EngineOptions} from './engine.js'
import {loadCheckpoint} from './load.js'
import type {PromptTools} from './prepared-inputs.js'
import type {Model} from './types.js'

const {cases} = readJson<{cases: {id: string; images: string[]; question: string}[]}>(
  join(committedGoldens, 'decode-nano-latent.json'),
)
const work = mkdtempSync(join(tmpdir(), 'lantern-eval-context-'))
let tools: PromptTools & {readonly model: Model}
beforeAll(async () => {
  const load = {precision: 'fp32', device: 'cpu', threads: 1, cacheDir: work, warn: () => {}} as const
  tools = await loadCheckpoint(join(committedGoldens, 'checkpoints', 'nano-latent'), load)
})
afterAll(async () => {
  await tools.model.close()
  rmSync(work, {recursive: true})
})

function requestOf(index: number, intervention: string | null): Request {
  const {id, images: names, question} = cases[index]!
  const images: ImageRef[] = names.map(name => ({
    ...{source: name, orientation: 'ignore'},
    bytes: async () => readFileSync(join(committedGoldens, 'images', name)),
  }))
  const arm: Arm = {
    ...{id: `m|latent|lantern:5|${intervention}`, model: 'm', protocol: null, latentSize: null, intervention},
    mode: intervention === null ? 'direct' : 'latent',
  }
  return {
    sample: {id, benchmark: 'hops', subtask: '', images, question, gold: null},
    arm,
    prompt: {
      system: null,
      parts: [...images.map(image => ({type: 'image', image}) as const), {type: 'text', text: question}],
    },
    decoding: {maxNewTokens: 24, temperature: 0, seed: 0},
  }
}

async function generate(
  requests: readonly Request[],
  {using = tools, ...more}: Partial<EngineOptions> & {readonly using?: PromptTools} = {},
): Promise<Generation[]> {
  const engine = new Engine(using, {batchSize: 2, keepLatents: true, keepContext: true, ...more})
  const groups = (async function* () {
    for (const request of requests) yield [request]
  })()
  const results: Generation[] = []
  for await (const one of engine.generate(groups, new AbortController().signal)) results.push(one)
  return results
}

it('features are those of the vision tower, cell by cell, and each picture has them once', async () => {
  const towers: {features: Float32Array; rows: number; columns: number}[] = []
  const watching: PromptTools = {
    ...tools,
    model: {
      ...tools.model,
      vision: async (pixels, grid) => {
        const made = await tools.model.vision(pixels, grid)
        towers.push({features: made.features.slice(), rows: grid.rows, columns: grid.columns})
        return made
      },
    },
  }
  const [first, again] = await generate([requestOf(0, 'own'), requestOf(0, 'zeros')], {using: watching, batchSize: 1})
  const [picture] = first!.pictures!
  const {merge} = tools.model.checkpoint.vision
  const [tower] = towers
  expect(picture).toMatchObject({
    rows: tower!.rows / merge,
    columns: tower!.columns / merge,
    seen: first!.seen!.images[0],
  })
  const {type, bytes} = picture!.features!
  expect(type).toBe('F16')
  const kept = toFloat32(bytes, type)
  expect(kept).toHaveLength(tower!.features.length)
  // Half precision has 11 significant bits.
  for (const [i, value] of kept.entries())
    expect(Math.abs(value - tower!.features[i]!)).toBeLessThanOrEqual(
      Math.abs(tower!.features[i]!) * 2 ** -11 + 2 ** -25,
    )
  const {features: _, ...named} = picture!
  expect(again!.pictures).toEqual([named])
})

it('features beyond the range of half precision are kept in bfloat16', async () => {
  const loud: PromptTools = {
    ...tools,
    model: {
      ...tools.model,
      vision: async (pixels, grid) => {
        const {features, deepstack} = await tools.model.vision(pixels, grid)
        const louder = features.slice()
        louder[7] = 70_000
        return {features: louder, deepstack}
      },
    },
  }
  const [one] = await generate([requestOf(0, 'own')], {using: loud})
  const {type, bytes} = one!.pictures![0]!.features!
  expect([type, toFloat32(bytes, type)[7]]).toEqual(['BF16', 70_144])
})

it('the lens reads the latents of the model itself, also where others are fed: lm_head, no second norm', async () => {
  const {checkpoint} = tools.model
  const {vocabulary, hidden, tied} = checkpoint.text
  expect(tied).toBe(true)
  const rows = tools.model.embed(Array.from({length: vocabulary}, (_, id) => id))
  for (const {latents, lens} of await generate([requestOf(0, 'own'), requestOf(1, 'zeros')])) {
    expect(lens!.of).toBe('latent')
    const own = latents!.map(({vectors, own: made = vectors}) => made)
    expect(lens!.blocks.map(({length}) => length)).toEqual(own.map(({length}) => length))
    for (const [block, vectors] of own.entries())
      for (const [k, vector] of vectors.entries()) {
        const logits = Array.from({length: vocabulary}, (_, id) =>
          vector.reduce((sum, value, i) => sum + value * rows[id * hidden + i]!, 0),
        )
        const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0)
        const ranked = [...logits.keys()].sort((a, b) => logits[b]! - logits[a]!).slice(0, 5)
        const seen = lens!.blocks[block]![k]!
        expect(seen.map(({id}) => id)).toEqual(ranked)
        expect(seen.map(({token}) => token)).toEqual(ranked.map(id => tools.tokenizer.decode([id])))
        for (const {id, p} of seen) expect(p).toBeCloseTo(Math.exp(logits[id]!) / total, 4)
      }
  }
})

it('nothing else of a generation changes, and nothing is kept unasked', async () => {
  const requests = cases.map((_, i) => requestOf(i, i === 0 ? 'zeros' : 'own'))
  const plain = await generate(requests, {keepContext: false})
  const looked = await generate(requests)
  const bare = ({lens: _, pictures: __, timing: ___, ...rest}: Generation) => rest
  expect(looked.map(bare)).toEqual(plain.map(bare))
  expect(plain.every(one => !('lens' in one) && !('pictures' in one))).toBe(true)
})

it('a generation without latents keeps none of it, a changed picture no features, one run of the loop no lens', async () => {
  const [direct, none, blank] = await generate(
    [requestOf(0, null), requestOf(0, 'no-latent'), requestOf(0, 'image:blank')],
    {batchSize: 1},
  )
  for (const one of [direct!, none!]) expect([one.lens, one.pictures]).toEqual([undefined, undefined])
  expect([blank!.pictures, blank!.lens!.blocks[0]!.length]).toEqual([[], 5])
  const [whole] = await generate([requestOf(0, 'own')], {wholeGenerations: true})
  expect([whole!.lens, whole!.pictures!.length, whole!.latents![0]!.vectors.length]).toEqual([undefined, 1, 5])
})

it('norms are those of the embeddings of the text and of the features', async () => {
  const request = requestOf(0, 'own')
  const {ids, text} = tools.model.checkpoint
  const norm = (rows: Float32Array) =>
    Array.from({length: rows.length / text.hidden}, (_, row) =>
      Math.hypot(...rows.subarray(row * text.hidden, (row + 1) * text.hidden)),
    )
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [one] = await generate([request])
  const words = tools.tokenizer.encode(await tools.template(request.prompt)).filter(id => id !== ids.image)
  const {type, bytes} = one!.pictures![0]!.features!
  expect(one!.promptNorms).toEqual({
    text: expect.closeTo(mean(norm(tools.model.embed(words))), 6),
    picture: expect.closeTo(mean(norm(toFloat32(bytes, type))), 3),
  })
})
