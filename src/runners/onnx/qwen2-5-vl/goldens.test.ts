// Tests the graphs against the reference implementation (README of the goldens): vision features, prefill states and
// logits, and whole greedy generations by the Loop graph. Covers every checkpoint of the folder; LANTERN_EVAL_GOLDENS
// names another folder.
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {readFloats, readSafetensorsHeader} from '../../../core/safetensors.js'
import {openCheckpoint} from './checkpoint.js'
import {loadModel} from './model.js'
import type {Model} from './types.js'

const shared = fileURLToPath(new URL('../../../../../shared/data/goldens/', import.meta.url))
const committed = fileURLToPath(new URL('../../../../fixtures/goldens/', import.meta.url))
const goldens = process.env['LANTERN_EVAL_GOLDENS'] ?? (existsSync(shared) ? shared : committed)
/** Goldens of other architectures have tests of their own. */
const names = readdirSync(join(goldens, 'checkpoints')).filter(name => headOf(name).architecture === 'qwen2_5_vl')
function headOf(name: string): {readonly architecture: string; readonly method: string} {
  const {architecture = 'qwen2_5_vl', method = 'lantern'} = JSON.parse(
    readFileSync(join(goldens, `decode-${name}.json`), 'utf8'),
  )
  return {architecture, method}
}
const cacheDir = mkdtempSync(join(tmpdir(), 'lantern-eval-goldens-'))
afterAll(() => rmSync(cacheDir, {recursive: true, force: true}))

interface Case {
  readonly id: string
  readonly images: readonly string[]
  readonly prompt_ids: readonly number[]
  readonly grid_thw: readonly (readonly [number, number, number])[]
  readonly position_ids: readonly (readonly number[])[]
  readonly rope_delta: number
  readonly features?: readonly string[] | null
  readonly latent_size: number
  readonly max_new_tokens: number
  readonly prefill: {readonly logits: string; readonly hidden: string}
  readonly runs: readonly {
    condition: string
    ids: readonly number[]
    margins: readonly number[]
    max_new_tokens?: number
  }[]
}

const farthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(b, (v, i) => Math.abs(v - a[i]!)).reduce((x, y) => Math.max(x, y), 0)

describe.each(names)('goldens of %s', name => {
  let model: Model
  let cases: readonly Case[]
  let recorded: (tensor: string) => Promise<Float32Array>
  beforeAll(async () => {
    const checkpoint = await openCheckpoint(join(goldens, 'checkpoints', name))
    model = await loadModel(checkpoint, {precision: 'fp32', device: 'cpu', threads: 1, cacheDir})
    cases = JSON.parse(readFileSync(join(goldens, `decode-${name}.json`), 'utf8')).cases
    const tensors = await readSafetensorsHeader(join(goldens, `decode-${name}.safetensors`))
    recorded = tensor => readFloats(tensors.get(tensor)!)
  })
  afterAll(() => model.close())

  /** Embeddings of a prompt with the recorded features at the positions of its image tokens. */
  async function embedded({prompt_ids, features}: Case): Promise<Float32Array> {
    const {hidden} = model.checkpoint.text
    const embeds = model.embed(prompt_ids)
    const places = prompt_ids.flatMap((id, i) => (id === model.checkpoint.ids.image ? [i] : []))
    let row = 0
    for (const tensor of features ?? []) {
      const values = await recorded(tensor)
      for (let at = 0; at < values.length; at += hidden)
        embeds.set(values.subarray(at, at + hidden), places[row++]! * hidden)
    }
    return embeds
  }

  it('prefill states are within 2e-4, logits within 2e-4 of their scale', async () => {
    for (const one of cases) {
      const length = one.prompt_ids.length
      const output = await model.decode({
        batch: 1,
        length,
        embeds: await embedded(one),
        positions: Int32Array.from(one.position_ids.flat()),
        totals: Int32Array.of(length),
        past: null,
        want: {hidden: true, logits: true},
      })
      expect(farthest(output.hidden!, await recorded(one.prefill.hidden))).toBeLessThan(2e-4)
      const logits = await recorded(one.prefill.logits)
      const scale = logits.reduce((most, v) => Math.max(most, Math.abs(v)), 1)
      expect(farthest(output.logits!, logits)).toBeLessThan(2e-4 * scale)
    }
  })

  it('vision features are within 2e-4 of the recorded ones', async () => {
    // Only pictures whose pixel values were recorded. The runner's parity test sends all of them through the processor.
    const preprocessed = join(goldens, 'preprocess.safetensors')
    const {channels, temporalPatch, patch} = model.checkpoint.vision
    const patchElements = channels * temporalPatch * patch * patch
    const pixels = existsSync(preprocessed) ? await readSafetensorsHeader(preprocessed) : new Map()
    for (const {images, grid_thw, features} of cases) {
      for (const [i, image] of images.entries()) {
        const [, rows, columns] = grid_thw[i]!
        const place = pixels.get(`pixel_values.${image}.as-stored.tiny`)
        if (place === undefined || place.shape[0] !== rows * columns) continue
        // Those of a folder with more architectures may be of another's processor.
        if (place.shape[1] !== patchElements) continue
        expect(
          farthest(await model.vision(await readFloats(place), {rows, columns}), await recorded(features![i]!)),
        ).toBeLessThan(2e-4)
      }
    }
  })

  it('the Loop graph generates the recorded ids up to the first near tie', async () => {
    // Latents per block. Under `plain`, START is an ordinary token.
    const conditions: Record<string, (size: number) => number> = {
      own: size => size,
      'markers-only': () => 0,
      plain: () => -1,
    }
    // The graph is greedy without a repetition penalty.
    if (model.checkpoint.generation.repetitionPenalty !== 1) return
    // It follows LanteRn's rules, so of another method's runs it can only make those without blocks.
    if (headOf(name).method !== 'lantern') delete conditions['own']
    for (const one of cases) {
      for (const run of one.runs.filter(({condition}) => condition in conditions)) {
        const length = one.prompt_ids.length
        const {tokens} = await model.generate!({
          batch: 1,
          length,
          embeds: await embedded(one),
          positions: Int32Array.from(one.position_ids.flat()),
          lengths: Int32Array.of(length),
          nextPositions: Int32Array.of(length + one.rope_delta),
          maxNewTokens: run.max_new_tokens ?? one.max_new_tokens,
          latentSizes: Int32Array.of(conditions[run.condition]!(one.latent_size)),
        })
        const tie = run.margins.findIndex(margin => margin < 1e-3)
        const claimed = tie === -1 ? run.ids.length : tie
        expect([one.id, run.condition, ...tokens[0]!.slice(0, claimed)]).toEqual([
          one.id,
          run.condition,
          ...run.ids.slice(0, claimed),
        ])
      }
    }
  })
})
