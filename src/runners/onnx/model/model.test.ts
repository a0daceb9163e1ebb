// Tests the graphs against an independent float64 model (test/support/reference-model.ts).
// Tolerance: the values are float32 sums of a few hundred terms, so 1e-4 absolute on values of order 1 (observed: about
// 1e-6).
import {existsSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {readWeights, referenceDecoder, referenceVision} from '../../../../test/support/reference-model.js'
import {type TinyCheckpoint, tinyOf, tinySizes, writeTinyCheckpoint} from '../../../../test/support/tiny-checkpoint.js'
import {random} from '../../../core/random.js'
import {openCheckpoint} from '../checkpoint/checkpoint.js'
import {ropeScalingOf} from '../checkpoint/rope-scaling.js'
import {KvCache} from '../kv-cache.js'
import type {DecoderInput, DecoderOutput, KeyValue, Model, Past, Precision} from '../types.js'
import {loadModel} from './model.js'

const folder = mkdtempSync(join(tmpdir(), 'lantern-eval-model-'))
afterAll(() => rmSync(folder, {recursive: true, force: true}))

const tolerance = 1e-4
const farthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (v, i) => Math.abs(v - b[i]!)))

let made = 0
async function open(changes: Partial<TinyCheckpoint> = {}, precision: Precision = 'fp32'): Promise<Model> {
  const checkpoint = await openCheckpoint(await writeTinyCheckpoint(join(folder, String(made++)), changes))
  return loadModel(checkpoint, {precision, device: 'cpu', threads: 1, cacheDir: join(folder, 'cache')})
}

/** Three different axes, as after a picture. */
const imageLike = (length: number) =>
  [0, 1, 2].map(axis => Array.from({length}, (_, i) => (i < 3 ? i : i * (axis + 1))))

function prefillOf(
  model: Model,
  ids: readonly (readonly number[])[],
  positions = ids.map(row => imageLike(row.length)),
): DecoderInput {
  const {hidden} = model.checkpoint.text
  const length = Math.max(...ids.map(row => row.length))
  const embeds = new Float32Array(ids.length * length * hidden)
  const flat = new Int32Array(3 * ids.length * length)
  ids.forEach((row, b) => {
    embeds.set(model.embed(row), b * length * hidden)
    positions[b]!.forEach((axis, a) => {
      flat.set(axis, (a * ids.length + b) * length)
    })
  })
  return {
    batch: ids.length,
    length,
    embeds,
    positions: flat,
    totals: Int32Array.from(ids, row => row.length),
    past: null,
  }
}

/** A padded cache holding the rows of a prefill. */
function pastOf(model: Model, input: DecoderInput, output: DecoderOutput, capacity: number): Past {
  const {kvHeads, headDim} = model.checkpoint.text
  const {batch, length, totals} = input
  const place = (rows: Float32Array) => {
    const padded = new Float32Array(batch * kvHeads * capacity * headDim)
    for (let row = 0; row < batch * kvHeads; row++) {
      const valid = totals[Math.floor(row / kvHeads)]!
      padded.set(rows.subarray(row * length * headDim, (row * length + valid) * headDim), row * capacity * headDim)
    }
    return padded
  }
  const bias = new Float32Array(batch * capacity).fill(-1e9)
  totals.forEach((valid, b) => {
    bias.fill(0, b * capacity, b * capacity + valid)
  })
  const layers: KeyValue[] = output.delta.map(({key, value}) => ({key: place(key), value: place(value)}))
  return {capacity, layers, bias}
}

const someIds = (count: number, purpose: string) => {
  const choose = random('model.test', purpose)
  return Array.from({length: count}, () => choose.integer(256))
}

describe('the decoder graph', () => {
  const kinds: [name: string, changes: Partial<TinyCheckpoint>][] = [
    ['fp32 weights', {}],
    ['fp16 weights in two shards', {type: 'F16', shards: 2}],
    ['bf16 weights in three shards under the newer names', {type: 'BF16', shards: 3, layout: 'nested'}],
    ['an untied head', {text: {...tinySizes.text, tied: false}}],
  ]
  it.each(kinds)('matches the float64 model with %s', async (_, changes) => {
    const model = await open(changes)
    const ids = someIds(11, 'prefill')
    const output = await model.decode({...prefillOf(model, [ids]), want: {hidden: true, logits: true}})
    const expected = referenceDecoder(
      model.checkpoint,
      await readWeights(model.checkpoint),
      model.embed(ids),
      imageLike(ids.length),
    )
    expect(farthest(output.hidden!, expected.states.at(-1)!)).toBeLessThan(tolerance)
    expect(farthest(output.logits!, expected.logits.at(-1)!)).toBeLessThan(tolerance)
    await model.close()
  })

  it('matches the float64 model with frequencies scaled by YaRN', async () => {
    // YaRN by 4 over 128 trained positions at head size 16 and theta 1e6, from the formulas of transformers in Python.
    const rope = {
      frequencies: [
        1, 0.11114246312743267, 0.007905694150420948, 0.0014058533129758727, 0.00025, 4.445698525097307e-5,
        7.905694150420949e-6, 1.4058533129758728e-6,
      ],
      factor: 1.138629436111989,
    }
    const plain = await open()
    const ropeScaling = ropeScalingOf(
      {type: 'yarn', factor: 4, original_max_position_embeddings: 128},
      {file: '', headDim: 16, ropeTheta: 1e6, maxPositions: null},
    )!
    const checkpoint = {...plain.checkpoint, text: {...plain.checkpoint.text, ropeScaling}}
    const load = {precision: 'fp32', device: 'cpu', threads: 1, cacheDir: join(folder, 'cache')} as const
    const model = await loadModel(checkpoint, load)
    const ids = someIds(11, 'prefill')
    const output = await model.decode({...prefillOf(model, [ids]), want: {hidden: true}})
    const weights = await readWeights(checkpoint)
    const {states} = referenceDecoder(checkpoint, weights, model.embed(ids), imageLike(ids.length), rope)
    expect(farthest(output.hidden!, states.at(-1)!)).toBeLessThan(tolerance)
    const unscaled = referenceDecoder(checkpoint, weights, model.embed(ids), imageLike(ids.length))
    expect(farthest(output.hidden!, unscaled.states.at(-1)!)).toBeGreaterThan(10 * tolerance)
    await Promise.all([plain.close(), model.close()])
  })

  it('decodes ragged rows step by step as if each were alone', async () => {
    const model = await open()
    const {hidden, kvHeads, headDim} = model.checkpoint.text
    const weights = await readWeights(model.checkpoint)
    const full = [someIds(12, 'a'), someIds(8, 'b'), someIds(4, 'c')]
    const prompts = full.map(row => row.slice(0, -3)) // 9, 5 and 1 tokens
    const input = prefillOf(model, prompts)
    const past = pastOf(model, input, await model.decode(input), 16)
    const at = prompts.map(row => row.length)
    for (let step = 0; step < 3; step++) {
      const positions = Int32Array.from({length: 9}, (_, i) => imageLike(16)[Math.floor(i / 3)]![at[i % 3]!]!)
      const embeds = model.embed(full.map((row, b) => row[at[b]!]!))
      const totals = Int32Array.from(at, n => n + 1)
      const output = await model.decode({batch: 3, length: 1, embeds, positions, totals, past, want: {hidden: true}})
      full.forEach((row, b) => {
        const seen = row.slice(0, at[b]! + 1)
        const {states} = referenceDecoder(model.checkpoint, weights, model.embed(seen), imageLike(seen.length))
        expect(farthest(output.hidden!.subarray(b * hidden, (b + 1) * hidden), states.at(-1)!)).toBeLessThan(tolerance)
        for (const [layer, {key, value}] of output.delta.entries()) {
          for (let h = 0; h < kvHeads; h++) {
            const from = (b * kvHeads + h) * headDim
            const to = ((b * kvHeads + h) * past.capacity + at[b]!) * headDim
            past.layers[layer]!.key.set(key.subarray(from, from + headDim), to)
            past.layers[layer]!.value.set(value.subarray(from, from + headDim), to)
          }
        }
        past.bias[b * past.capacity + at[b]!] = 0
        at[b]!++
      })
    }
    await model.close()
  })

  it('scores a continuation after a shared prompt in one run', async () => {
    const model = await open()
    const prompt = someIds(7, 'prompt')
    const continuation = someIds(4, 'continuation')
    const input = prefillOf(model, [prompt])
    const past = pastOf(model, input, await model.decode(input), 10)
    const length = continuation.length - 1
    const axes = imageLike(prompt.length + length).flatMap(axis => axis.slice(prompt.length))
    const output = await model.decode({
      batch: 1,
      length,
      embeds: model.embed(continuation.slice(0, -1)),
      positions: Int32Array.from(axes),
      totals: Int32Array.of(prompt.length + length),
      past,
      rows: Int32Array.of(0, 1, 2),
      targets: Int32Array.from(continuation.slice(1)),
    })
    const all = [...prompt, ...continuation.slice(0, -1)]
    const {logits} = referenceDecoder(
      model.checkpoint,
      await readWeights(model.checkpoint),
      model.embed(all),
      imageLike(all.length),
    )
    continuation.slice(1).forEach((id, i) => {
      const row = logits[prompt.length + i]!
      const total = Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0))
      expect(Math.abs(output.logProbs![i]! - (row[id]! - total))).toBeLessThan(tolerance)
    })
    await model.close()
  })

  it('refuses a token id without a row in the embedding table', async () => {
    const model = await open()
    expect(() => model.embed([300])).toThrow(/300 has no row in model.embed_tokens.weight \(272 rows/)
    await model.close()
  })
})

describe('the vision graph', () => {
  it.each([
    [8, 8],
    [6, 10],
    [4, 14],
  ])('matches the float64 tower on %i x %i patches, with partial windows', async (rows, columns) => {
    const model = await open()
    const noise = random('pixels', rows)
    const pixels = Float32Array.from({length: rows * columns * 1176}, () => noise.normal())
    const {features} = await model.vision(pixels, {rows, columns})
    const expected = referenceVision(model.checkpoint, await readWeights(model.checkpoint), pixels, rows, columns)
    expect(
      farthest(
        features,
        expected.flatMap(row => [...row]),
      ),
    ).toBeLessThan(tolerance)
    await model.close()
  })
})

describe('lower precision', () => {
  const cases = Object.keys(tinyOf).flatMap(name => (['fp16', 'q8', 'q4'] as const).map(p => [name, p] as const))
  it.each(cases)('of %s as %s is written once, stays close to fp32 and reports how close', async (name, precision) => {
    const dir = await writeTinyCheckpoint(join(folder, `low-${name}-${precision}`), tinyOf[name])
    const checkpoint = await openCheckpoint(dir)
    const said: string[] = []
    const options = {
      precision,
      device: 'cpu',
      threads: 1,
      cacheDir: join(folder, `cache-${name}-${precision}`),
      notify: (what: string) => void (said.at(-1) !== what && said.push(what)),
    }
    const first = await loadModel(checkpoint, options)
    const {parity} = first.provenance
    expect(parity!.hiddenCosine).toBeGreaterThan({fp16: 0.99999, q8: 0.995, q4: 0.7}[precision])
    await first.close()
    const again = await loadModel(checkpoint, options)
    expect(again.provenance.parity).toEqual(parity)
    expect(said).toEqual([`writing ${precision} weights`, `comparing ${precision} with fp32`])
    await again.close()
  })
})

it.each(['fp32', 'q8', 'q4'] as const)('gives the same states at %s where no token is asked for', async precision => {
  const model = await open({}, precision)
  const first = prefillOf(model, [someIds(5, 'asked')])
  const asked = await model.decode({...first, want: {hidden: true}})
  const unasked = await model.decode({...first, withoutTokens: true, want: {hidden: true}})
  expect(unasked.hidden).toEqual(asked.hidden)
  expect(unasked.delta).toEqual(asked.delta)
  expect([asked.nextTokens.length, unasked.nextTokens.length]).toEqual([1, 0])
  await model.close()
})

describe('features added after the first layers', () => {
  const qwen3 = () => open(tinyOf['qwen3_vl'])
  const places = Int32Array.of(0, 2, 0, 3, 1, 1)
  const levels = (hidden: number) =>
    [0, 1].map(level => {
      const noise = random('deepstack', level)
      return Float32Array.from({length: (places.length / 2) * hidden}, () => noise.normal())
    })

  it('reach each row of a batch as they reach it alone, and are not added again at later steps', async () => {
    const model = await qwen3()
    const {hidden} = model.checkpoint.text
    const rows = [someIds(7, 'deep a'), someIds(4, 'deep b')]
    const all = levels(hidden)
    const want = {hidden: true}
    const together = await model.decode({...prefillOf(model, rows), deepstack: {places, levels: all}, want})
    const parts = [
      {places: places.subarray(0, 4), levels: all.map(level => level.subarray(0, 2 * hidden))},
      {places: Int32Array.of(0, 1), levels: all.map(level => level.subarray(2 * hidden))},
    ]
    for (const [i, row] of rows.entries()) {
      const input = prefillOf(model, [row])
      const alone = await model.decode({...input, deepstack: parts[i]!, want})
      expect(farthest(alone.hidden!, together.hidden!.subarray(i * hidden, (i + 1) * hidden))).toBeLessThan(tolerance)
      const without = await model.decode({...input, want})
      expect(farthest(alone.hidden!, without.hidden!)).toBeGreaterThan(0.01)
    }
    await model.close()
  })

  it('give the same tokens in the Loop graph as in single steps', async () => {
    const model = await qwen3()
    const {hidden, layers, kvHeads, headDim} = model.checkpoint.text
    const prompt = someIds(6, 'deep loop')
    const deepstack = {
      places: places.subarray(0, 4),
      levels: levels(hidden).map(level => level.subarray(0, 2 * hidden)),
    }
    const input = prefillOf(model, [prompt], [[0, 1, 2].map(() => [...prompt.keys()])])
    const {totals, ...rest} = input
    const looped = await model.generate!({
      ...rest,
      deepstack,
      lengths: totals,
      nextPositions: totals,
      maxNewTokens: 8,
      latentSizes: Int32Array.of(-1),
    })
    const cache = new KvCache({layers, kvHeads, headDim}, 1)
    let output = await model.decode({...input, deepstack})
    cache.add(output.delta, prompt.length)
    const ids = [output.nextTokens[0]!]
    while (ids.length < 8 && !model.checkpoint.generation.eos.includes(ids.at(-1)!)) {
      const length = prompt.length + ids.length - 1
      output = await model.decode({
        batch: 1,
        length: 1,
        embeds: model.embed([ids.at(-1)!]),
        positions: new Int32Array(3).fill(length),
        totals: Int32Array.of(length + 1),
        past: cache.past(),
      })
      cache.append(output.delta)
      ids.push(output.nextTokens[0]!)
    }
    expect([...looped.tokens[0]!]).toEqual(ids)
    await model.close()
  })
})

/**
 * Greedy decoding by the rules of latent-reasoning.md 1.2. Each step is a full prefill, which is slow but needs no
 * cache.
 */
async function greedy(model: Model, prompt: readonly number[], maxNewTokens: number): Promise<number[]> {
  const {hidden} = model.checkpoint.text
  const {size, ids} = model.checkpoint.latent!
  let embeds = model.embed(prompt)
  const tokens: number[] = []
  let fed = -1 // -1: outside a block
  while (tokens.length < maxNewTokens) {
    const length = prompt.length + tokens.length
    const positions = Int32Array.from({length: 3 * length}, (_, i) => i % length)
    const totals = Int32Array.of(length)
    const output = await model.decode({batch: 1, length, embeds, positions, totals, past: null, want: {hidden: true}})
    const feeds = fed >= 0 && fed < size
    const token = feeds ? ids.pad : fed >= 0 ? ids.end : output.nextTokens[0]!
    fed = feeds ? fed + 1 : fed >= 0 ? -1 : token === ids.start ? 0 : -1
    tokens.push(token)
    if (model.checkpoint.generation.eos.includes(token)) break
    const longer = new Float32Array(embeds.length + hidden)
    longer.set(embeds)
    longer.set(feeds ? output.hidden! : model.embed([token]), embeds.length)
    embeds = longer
  }
  return tokens
}

describe('the Loop graph', () => {
  it('matches single steps token for token, in a ragged batch with a latent block and an early end', async () => {
    const plain = await open()
    const {checkpoint} = plain
    const prompts = [someIds(9, 'loop a'), someIds(5, 'loop b')]
    // Random weights never produce the real markers. So START is set to the third token of the first row, and EOS to
    // the sixth token of the second row.
    const free = [await greedy(plain, prompts[0]!, 12), await greedy(plain, prompts[1]!, 12)]
    const model = await loadModel(
      {
        ...checkpoint,
        latent: {...checkpoint.latent!, ids: {...checkpoint.latent!.ids, start: free[0]![2]!}},
        generation: {...checkpoint.generation, eos: [free[1]![5]!]},
      },
      {precision: 'fp32', device: 'cpu', threads: 1, cacheDir: join(folder, 'cache')},
    )
    const expected = [await greedy(model, prompts[0]!, 12), await greedy(model, prompts[1]!, 12)]
    const {pad, end} = checkpoint.latent!.ids
    expect(expected[0]!.slice(2, 7)).toEqual([free[0]![2], pad, pad, pad, end])
    expect(expected[1]!.length).toBeLessThanOrEqual(6)

    const text = prompts.map(row => [0, 1, 2].map(() => [...row.keys()]))
    const {totals, ...input} = prefillOf(model, prompts, text)
    const output = await model.generate!({
      ...input,
      lengths: totals,
      nextPositions: totals,
      maxNewTokens: 12,
      latentSizes: Int32Array.of(3, 3),
    })
    expect(output.tokens.map(row => [...row])).toEqual(expected)
    expect(output.latents[0]!.length).toBe(expected[0]!.filter(id => id === pad).length)
    await plain.close()
    await model.close()
  })
})

it('keeps the emitted graphs in the cache for a viewer', () => {
  expect(existsSync(join(folder, 'cache', 'graphs'))).toBe(true)
})
