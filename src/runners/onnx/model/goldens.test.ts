// Tests the graphs against the reference implementation (README of the goldens): vision features, prefill states and
// logits, and whole greedy generations by the Loop graph. Covers every checkpoint of every folder of goldens;
// LANTERN_EVAL_GOLDENS names another folder.
import {existsSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describeGoldens, readJson, skipsFor} from '../../../../test/support/goldens.js'
import {readFloats, readSafetensorsHeader} from '../../../core/safetensors.js'
import {architectures} from '../architectures.js'
import {openCheckpoint} from '../checkpoint/checkpoint.js'
import type {DeepstackInput, Model} from '../types.js'
import {loadModel} from './model.js'
import {patchElements} from './vision-parts.js'

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
  /** Per picture and level. */
  readonly deepstack_features?: readonly (readonly string[])[]
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

interface Golden {
  readonly architecture?: string
  /** Absent: LanteRn's. */
  readonly method?: string
  readonly cases: readonly Case[]
}

describeGoldens('the graphs', /^decode-(.*)\.json$/, ({dir, file, stem: name}) => {
  const {architecture = 'qwen2_5_vl', method = 'lantern', cases} = readJson<Golden>(file)
  if (!architectures.some(({modelType}) => modelType === architecture)) {
    test.skip(`${architecture} does not run here`, () => {})
    return
  }
  const folder = join(dir, 'checkpoints', name)
  const tensorFile = join(dir, `decode-${name}.safetensors`)
  if (skipsFor('all', [folder, tensorFile])) return
  let model: Model
  let recorded: (tensor: string) => Promise<Float32Array>
  beforeAll(async () => {
    const checkpoint = await openCheckpoint(folder)
    model = await loadModel(checkpoint, {precision: 'fp32', device: 'cpu', threads: 1, cacheDir})
    const tensors = await readSafetensorsHeader(tensorFile)
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

  /** The recorded levels of all pictures of a prompt, at its image tokens. */
  async function deepstack({prompt_ids, deepstack_features: pictures = []}: Case): Promise<DeepstackInput> {
    const places = prompt_ids.flatMap((id, at) => (id === model.checkpoint.ids.image ? [0, at] : []))
    const levels: Float32Array[] = []
    for (const level of pictures[0]?.keys() ?? []) {
      const parts: number[] = []
      for (const picture of pictures) parts.push(...(await recorded(picture[level]!)))
      levels.push(Float32Array.from(parts))
    }
    return {places: Int32Array.from(levels.length === 0 ? [] : places), levels}
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
        deepstack: await deepstack(one),
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
    const preprocessed = join(dir, 'preprocess.safetensors')
    const pixels = existsSync(preprocessed) ? await readSafetensorsHeader(preprocessed) : new Map()
    for (const {images, grid_thw, features, deepstack_features} of cases) {
      for (const [i, image] of images.entries()) {
        const [, rows, columns] = grid_thw[i]!
        const place = pixels.get(`pixel_values.${image}.as-stored.tiny`)
        const values = patchElements(model.checkpoint.vision)
        if (place?.shape[0] !== rows * columns || place.shape[1] !== values) continue
        const seen = await model.vision(await readFloats(place), {rows, columns})
        expect(farthest(seen.features, await recorded(features![i]!))).toBeLessThan(2e-4)
        for (const [level, tensor] of (deepstack_features?.[i] ?? []).entries())
          expect(farthest(seen.deepstack[level]!, await recorded(tensor))).toBeLessThan(2e-4)
      }
    }
  })

  it('the Loop graph generates the recorded ids up to the first near tie', async () => {
    // Latents per block. Under `plain`, START is an ordinary token.
    const conditions: Record<string, (size: number) => number> = {
      // The rules of LanteRn alone are part of the graph.
      ...(method === 'lantern' && {own: (size: number) => size}),
      'markers-only': () => 0,
      plain: () => -1,
    }
    // The graph is greedy without a repetition penalty.
    if (model.checkpoint.generation.repetitionPenalty !== 1) return
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
          deepstack: await deepstack(one),
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
