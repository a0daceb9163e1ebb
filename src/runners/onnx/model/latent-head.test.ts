// The heads against the same formulas written out in JavaScript, on tiny random checkpoints.
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {editedCheckpoints, floats} from '../../../../test/support/edited-checkpoints.js'
import {tinySizes, writeTinyCheckpoint} from '../../../../test/support/tiny-checkpoint.js'
import {random} from '../../../core/random.js'
import {openCheckpoint} from '../checkpoint/checkpoint.js'
import type {LatentHead, Precision} from '../types.js'
import {headInWords, headTensors} from './latent-head.js'
import {loadModel} from './model.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-head-'))
const {changed, rewritten} = editedCheckpoints(folder)
const cacheDir = join(folder, 'cache')
let plain: string
beforeAll(async () => {
  plain = await writeTinyCheckpoint(join(folder, 'plain'))
})
afterAll(() => rmSync(folder, {recursive: true, force: true}))

const {text} = tinySizes
const H = text.hidden
/** The values of every tensor of a head, drawn by its name. */
function valuesOf(head: LatentHead): Map<string, Float32Array> {
  return new Map(
    headTensors(head, text).map(([name, shape]) => {
      const draw = random('head', name)
      const count = shape.reduce((product, n) => product * n, 1)
      return [name, Float32Array.from({length: count}, () => draw.normal() / Math.sqrt(shape.at(-1)!))] as const
    }),
  )
}

/** A copy of a checkpoint with a head. */
async function withHead(from: string, head: LatentHead, config: object): Promise<string> {
  const values = valuesOf(head)
  let added = false
  const dir = await rewritten(from, source => {
    if (added) return source
    added = true
    return [source, ...headTensors(head, text).map(([name, shape]) => floats(name, shape, values.get(name)!))]
  })
  const file = join(dir, 'config.json')
  writeFileSync(file, JSON.stringify({...JSON.parse(readFileSync(file, 'utf8')), ...config}))
  return dir
}

const prompt = Int32Array.of(72, 105, 33, 263, 65, 66)
/** The state and the logits of the last position, and the state of the one before, where no latent was fed. */
async function states(dir: string, precision: Precision = 'fp32') {
  const model = await loadModel(await openCheckpoint(dir), {precision, device: 'cpu', threads: 1, cacheDir})
  const length = prompt.length
  const output = await model.decode({
    batch: 1,
    length,
    embeds: model.embed(prompt),
    positions: Int32Array.from({length: 3 * length}, (_, i) => i % length),
    totals: Int32Array.of(length),
    past: null,
    rows: Int32Array.of(length - 2, length - 1),
    latents: Uint8Array.of(0, 1),
    want: {hidden: true, logits: true},
  })
  await model.close()
  const {hidden, logits} = output
  const V = logits!.length / 2
  return {
    before: hidden!.slice(0, H),
    last: hidden!.slice(H),
    logitsBefore: logits!.slice(0, V),
    logits: logits!.slice(V),
    token: output.nextTokens[1]!,
  }
}

type Vector = readonly number[]
const erf = (x: number) => {
  // The series converges for every x met here.
  let term = x
  let sum = x
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}
const gelu = (x: number) => (x / 2) * (1 + erf(x / Math.SQRT2))
const silu = (x: number) => x / (1 + Math.exp(-x))

/** The head, written out in float64. */
function reference(head: LatentHead, x: Vector): Vector {
  const values = valuesOf(head)
  const tensor = (name: string) => values.get(`${head.name}.${name}`)!
  const linear = (v: Vector, name: string) =>
    Array.from(tensor(`${name}.bias`), (bias, out) =>
      v.reduce((sum, value, i) => sum + value * tensor(`${name}.weight`)[out * v.length + i]!, bias),
    )
  const norm = (v: Vector, name: string, epsilon = 1e-6) => {
    const mean = v.reduce((a, b) => a + b, 0) / v.length
    const variance = v.reduce((a, b) => a + (b - mean) ** 2, 0) / v.length
    return v.map(
      (value, i) =>
        ((value - mean) / Math.sqrt(variance + epsilon)) * tensor(`${name}.weight`)[i]! + tensor(`${name}.bias`)[i]!,
    )
  }
  switch (head.kind) {
    case 'simple':
      return linear(linear(norm(x, 'ln_q'), 'mlp.0').map(gelu), 'mlp.2')
    case 'glu': {
      const up = linear(x, 'up_proj')
      return linear(
        linear(x, 'gate_proj').map((value, i) => silu(value) * up[i]!),
        'down_proj',
      )
    }
    case 'vae':
      return linear(norm(linear(linear(norm(x, 'input_ln'), 'fc1').map(gelu), 'fc2'), 'hidden_ln'), 'mu_proj')
    case 'colt':
      return norm(linear(linear(x, '1').map(gelu), '3'), '4', 1e-5)
  }
}

const farthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (value, i) => Math.abs(value - b[i]!)).reduce((x, y) => Math.max(x, y), 0)

const replacing: readonly [head: LatentHead, config: object][] = [
  [
    {kind: 'simple', name: 'lvr_head', layer: null},
    {lvr_head: true, lvr_head_type: 'simple'},
  ],
  [
    {kind: 'glu', name: 'lvr_head', layer: null},
    {lvr_head: true, lvr_head_type: 'glu'},
  ],
  [
    {kind: 'vae', name: 'univlr_head', layer: null},
    {univlr_head: true, univlr_head_type: 'vae', univlr_align_layer: -1},
  ],
]

describe('a head', () => {
  test.each(replacing)('%p replaces the state where a latent was fed, for the token too', async (head, config) => {
    const [without, dir] = [await states(plain), await withHead(plain, head, config)]
    const found = await openCheckpoint(dir)
    expect(found.head).toEqual(head)
    const headed = await states(dir)
    expect(farthest(headed.before, without.before)).toBe(0)
    expect(farthest(headed.logitsBefore, without.logitsBefore)).toBe(0)
    expect(farthest(headed.last, reference(head, [...without.last]))).toBeLessThan(1e-4)
    // The head of the vocabulary is the embedding table of this checkpoint: one row of it gives one logit.
    const model = await loadModel(found, {precision: 'fp32', device: 'cpu', threads: 1, cacheDir})
    const row = model.embed([7])
    await model.close()
    const logit = row.reduce((sum, value, i) => sum + value * headed.last[i]!, 0)
    expect(headed.logits[7]).toBeCloseTo(logit, 3)
  })

  test.each(['fp16', 'q8'] as const)('runs at %s, close to fp32', async precision => {
    const [head, config] = replacing[0]!
    const dir = await withHead(plain, head, config)
    const [exact, low] = [await states(dir), await states(dir, precision)]
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)
    const cosine = dot(exact.last, low.last) / Math.sqrt(dot(exact.last, exact.last) * dot(low.last, low.last))
    expect(cosine).toBeGreaterThan(0.999)
  })

  test('that reads a layer is fed back, and does not touch the token', async () => {
    const head: LatentHead = {kind: 'simple', name: 'univlr_head', layer: 1}
    const config = {univlr_head: true, univlr_head_type: 'simple', univlr_align_layer: 1}
    const dir = await withHead(plain, head, config)
    expect((await openCheckpoint(dir)).head).toEqual(head)
    const [without, headed] = [await states(plain), await states(dir)]
    expect(farthest(headed.before, without.before)).toBe(0)
    expect(farthest(headed.logits, without.logits)).toBe(0)
    // A model of one layer whose final norm has the weight 1 gives that layer's output over its root mean square, which
    // the norm of this head does not see, but for its epsilon.
    const short = await rewritten(plain, source => {
      if (source.name.startsWith('model.layers.1.')) return null
      return source.name === 'model.norm.weight' ? floats(source.name, [H], new Float32Array(H).fill(1)) : source
    })
    const first = changed(short, 'config.json', config => ({...config, num_hidden_layers: 1}))
    const {last} = await states(first)
    expect(farthest(headed.last, reference(head, [...last]))).toBeLessThan(5e-3)
  })

  test("CoLT's projects every state that is fed, and no logits", async () => {
    const head: LatentHead = {kind: 'colt', name: 'prj', layer: null}
    const dir = await withHead(plain, head, {})
    const found = await openCheckpoint(dir)
    expect(found).toMatchObject({head, assumed: expect.arrayContaining(["prj.* is taken for CoLT's projection"])})
    const [without, headed] = [await states(plain), await states(dir)]
    expect(farthest(headed.before, reference(head, [...without.before]))).toBeLessThan(1e-4)
    expect(farthest(headed.last, reference(head, [...without.last]))).toBeLessThan(1e-4)
    expect(farthest(headed.logits, without.logits)).toBe(0)
  })

  test('is told in words', () => {
    expect(headInWords({kind: 'simple', name: 'lvr_head', layer: null})).toBe('simple (lvr_head)')
    expect(headInWords({kind: 'vae', name: 'univlr_head', layer: 14})).toBe('vae (univlr_head) on layer 14')
  })
})

describe('the files of a head', () => {
  const [head, config] = replacing[0]!
  test('with the flag off, its weights are not used, and that is told', async () => {
    const found = await openCheckpoint(await withHead(plain, head, {lvr_head: false}))
    expect(found.head).toBeNull()
    expect(found.assumed).toContain('lvr_head.* is not used: config.json has lvr_head false')
  })
  test.each<[what: string, config: object, message: string]>([
    ['no flag', {}, 'has no lvr_head, but the weights hold one'],
    [
      'a kind that is unknown',
      {...config, lvr_head_type: 'moe'},
      'lvr_head_type "moe" is not one of simple, glu and vae',
    ],
    ['a kind that is not in the weights', {...config, lvr_head_type: 'glu'}, 'lvr_head.gate_proj.weight'],
    ['a layer that does not exist', {...config, lvr_align_layer: 9}, 'lvr_align_layer is 9; the model has 2 layers'],
  ])('with %s are refused', async (_what, changes, message) => {
    await expect(openCheckpoint(await withHead(plain, head, changes))).rejects.toThrow(message)
  })
})
