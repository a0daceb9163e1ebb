// Weights with NaN or infinity give an error for each sample, never an answer; whichever way it is decoded.
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {editedCheckpoints, floats} from '../../../test/support/edited-checkpoints.js'
import {tinySizes, writeTinyCheckpoint} from '../../../test/support/tiny-checkpoint.js'
import type {Arm, Generation, Request} from '../../core/generation.js'
import {readFloats} from '../../core/safetensors.js'
import {openCheckpoint} from './checkpoint/checkpoint.js'
import {Engine, type EngineOptions} from './engine.js'
import {allFinite} from './finite.js'
import {loadCheckpoint} from './load.js'
import {loadModel} from './model/model.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-finite-'))
const good = join(folder, 'good')
const {rewritten} = editedCheckpoints(join(folder, 'edited'))
beforeAll(async () => {
  mkdirSync(join(folder, 'edited'))
  await writeTinyCheckpoint(good, {text: {...tinySizes.text, tied: false}})
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

/** The checkpoint with single values of one tensor replaced. */
async function damaged(name: string, value: number, at: (index: number) => boolean): Promise<string> {
  const place = (await openCheckpoint(good)).tensors.get(name)!
  const values = (await readFloats(place)).map((v, i) => (at(i) ? value : v))
  return rewritten(good, source => (source.name === name ? floats(name, place.shape, values) : source))
}

const arm = (mode: Arm['mode']): Arm => ({
  id: mode,
  model: 'm',
  mode,
  protocol: null,
  latentSize: null,
  intervention: mode === 'latent' ? 'own' : null,
})

async function generate(dir: string, more: Partial<EngineOptions> = {}, wanted: Partial<Request> = {}) {
  const warnings: string[] = []
  const tools = await loadCheckpoint(dir, {
    precision: 'fp32',
    device: 'cpu',
    threads: 1,
    cacheDir: join(folder, 'cache'),
    warn: message => warnings.push(message),
  })
  const engine = new Engine(tools, {batchSize: 2, keepLatents: false, ...more})
  const groups = (async function* (): AsyncGenerator<Request[]> {
    for (const question of ['Where?', 'How many?']) {
      const sample = {id: question, benchmark: 'b', subtask: '', images: [], question, gold: null}
      const prompt = {system: null, parts: [{type: 'text', text: question} as const]}
      const decoding = {maxNewTokens: 8, temperature: 0, seed: 0}
      yield (['direct', 'latent'] as const).map(mode => ({sample, arm: arm(mode), prompt, decoding, ...wanted}))
    }
  })()
  const all: Generation[] = []
  for await (const generation of engine.generate(groups, new AbortController().signal)) all.push(generation)
  await tools.model.close()
  return {all, warnings}
}

const notFinite = {
  stop: 'error',
  text: '',
  error: {code: 'bad-checkpoint', message: expect.stringMatching(/not finite/)},
}

const damages: [what: string, name: string, value: number, at: (index: number) => boolean][] = [
  ['one NaN in a layer', 'model.layers.1.mlp.down_proj.weight', Number.NaN, i => i === 70],
  ['only NaN', 'model.layers.0.self_attn.q_proj.weight', Number.NaN, () => true],
  ['one infinity', 'model.norm.weight', Number.POSITIVE_INFINITY, i => i === 3],
  ['one NaN in the head', 'lm_head.weight', Number.NaN, i => i === 64 * 200],
  ['values that overflow', 'model.layers.1.mlp.up_proj.weight', 3e38, () => true],
]

describe('a model whose output is not finite', () => {
  it.each(damages)('because of %s answers nothing, and says so once', async (_, name, value, at) => {
    const {all, warnings} = await generate(await damaged(name, value, at))
    expect(all).toHaveLength(4)
    for (const generation of all) expect(generation).toMatchObject(notFinite)
    expect(warnings).toEqual([expect.stringMatching(/not finite/)])
  })

  it('only after a token that it generates, is noticed at that step', async () => {
    const {all: whole} = await generate(good)
    const direct = whole.find(({request}) => request.arm.mode === 'direct')!
    // The embedding of the second generated token is read at the step after it.
    const token = direct.tokenIds![1]!
    const dir = await damaged('model.embed_tokens.weight', Number.NaN, i => Math.floor(i / 64) === token)
    const {all} = await generate(dir)
    const same = all.find(
      ({request}) => request.sample.id === direct.request.sample.id && request.arm.mode === 'direct',
    )
    expect(same).toMatchObject(notFinite)
  })

  it('is noticed in one run of the Loop graph too', async () => {
    const {all} = await generate(await damaged('model.norm.weight', Number.NaN, i => i === 3), {wholeGenerations: true})
    for (const generation of all) expect(generation).toMatchObject(notFinite)
  })

  it('is noticed where lower precision is compared with fp32', async () => {
    const checkpoint = await openCheckpoint(await damaged('model.norm.weight', Number.NaN, i => i === 3))
    const load = {precision: 'q8', device: 'cpu', threads: 1, cacheDir: join(folder, 'cache')} as const
    await expect(loadModel(checkpoint, load)).rejects.toMatchObject({code: 'bad-checkpoint'})
  })

  it('does not concern whole weights', async () => {
    const {all, warnings} = await generate(good, {}, {continuations: ['A', 'B']})
    expect(all.map(({stop}) => stop)).not.toContain('error')
    expect(warnings).toEqual([])
  })
})

it('tells finite values from others', () => {
  expect(allFinite(Float32Array.of(0, -1e38, 3e38))).toBe(true)
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    expect(allFinite(Float32Array.of(0, value, 1))).toBe(false)
})
