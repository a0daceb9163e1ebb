// The first run of the decoder over a prompt. Prompts that begin alike, up to their last picture, share that part: the
// questions on one picture, the orders of their options, the modes of one sample.
import type {PromptNorms, Seen, SeenImage} from '../../core/generation.js'
import {requireFinite} from './finite.js'
import type {Recent} from './recent.js'
import type {DecoderInput, DecoderOutput, DeepstackInput, KeyValue, Model} from './types.js'

/** A prompt as the decoder takes it; T is its number of tokens. */
export interface PromptInput {
  readonly ids: readonly number[]
  /** [T, H], with the features of the pictures at their positions. */
  readonly embeds: Float32Array
  /** [3, T] */
  readonly positions: Int32Array
  readonly ropeDelta: number
  /** What the decoder adds at the positions of the pictures, for an architecture that has it. */
  readonly deepstack?: DeepstackInput
  readonly imageTokens: number
  /** What tells pictures apart: hash of the file, orientation. */
  readonly pictureKeys: readonly string[]
  readonly seen: Seen
  /** The pictures in their order: cells after merging, and their features [rows x columns, H]. */
  readonly pictures: readonly PromptPicture[]
  readonly norms: PromptNorms
  /** Milliseconds that pictures and text take, also where a picture was seen before. */
  readonly inputMs: number
}

export interface PromptPicture {
  readonly seen: SeenImage
  readonly rows: number
  readonly columns: number
  readonly features: Float32Array
}

/** A prompt's part up to its last picture, after its run. */
export interface Beginning {
  readonly delta: readonly KeyValue[]
  /** Milliseconds that it took. */
  readonly ms: number
}

export interface Prefilled {
  readonly output: DecoderOutput
  /** As long as it would take alone. */
  readonly ms: number
}

type Prompt = Pick<PromptInput, 'ids' | 'embeds' | 'positions' | 'deepstack' | 'pictureKeys'>

/**
 * Runs the decoder over a prompt, with the states and logits of its last position. With `beginnings`, it takes two runs
 * wherever there is a picture, whether or not the first one is remembered: the sums of one run and of two differ in
 * their last bits, and what is remembered must not show in a result.
 */
export async function prefill(
  model: Pick<Model, 'decode' | 'checkpoint'>,
  prompt: Prompt,
  beginnings: Recent<Beginning> | null,
): Promise<Prefilled> {
  const startedAt = performance.now()
  const {ids, pictureKeys, deepstack} = prompt
  const want = {hidden: true, logits: true}
  const at = ids.lastIndexOf(model.checkpoint.ids.image) + 1
  if (beginnings === null || at === 0 || at === ids.length) {
    const output = await model.decode({...partOf(model, prompt, 0, ids.length), ...(deepstack && {deepstack}), want})
    requireOutput(output)
    return {output, ms: performance.now() - startedAt}
  }
  const begin = async (): Promise<Beginning> => {
    const part = partOf(model, prompt, 0, at)
    const {delta} = await model.decode({...part, ...(deepstack && {deepstack}), withoutTokens: true})
    return {delta, ms: performance.now() - startedAt}
  }
  const beginning = await beginnings.get(JSON.stringify([pictureKeys, ids.slice(0, at)]), begin, bytesOf)
  const restAt = performance.now()
  const past = {capacity: at, layers: beginning.delta, bias: new Float32Array(at)}
  const output = await model.decode({...partOf(model, prompt, at, ids.length), past, want})
  requireOutput(output)
  const {kvHeads} = model.checkpoint.text
  const delta = output.delta.map((rest, layer) => joined(beginning.delta[layer]!, rest, kvHeads))
  return {output: {...output, delta}, ms: beginning.ms + performance.now() - restAt}
}

/** The positions [from, to) of a prompt as an input of the decoder. */
function partOf(
  {checkpoint}: Pick<Model, 'checkpoint'>,
  {ids, embeds, positions}: Prompt,
  from: number,
  to: number,
): Omit<DecoderInput, 'past'> & {past: null} {
  const {hidden} = checkpoint.text
  const axes = [0, 1, 2].map(axis => positions.subarray(axis * ids.length + from, axis * ids.length + to))
  const part = new Int32Array(3 * (to - from))
  for (const [axis, values] of axes.entries()) part.set(values, axis * (to - from))
  return {
    batch: 1,
    length: to - from,
    embeds: embeds.subarray(from * hidden, to * hidden),
    positions: part,
    totals: Int32Array.of(to),
    past: null,
  }
}

function requireOutput({hidden, logits}: DecoderOutput): void {
  requireFinite(hidden!)
  requireFinite(logits!)
}

/** The positions of two runs as those of one: per head, [kvHeads, n, headDim]. */
function joined(first: KeyValue, rest: KeyValue, kvHeads: number): KeyValue {
  const both = (a: Float32Array, b: Float32Array) => {
    const [ofA, ofB] = [a.length / kvHeads, b.length / kvHeads]
    const all = new Float32Array(a.length + b.length)
    for (let head = 0; head < kvHeads; head++) {
      all.set(a.subarray(head * ofA, (head + 1) * ofA), head * (ofA + ofB))
      all.set(b.subarray(head * ofB, (head + 1) * ofB), head * (ofA + ofB) + ofA)
    }
    return all
  }
  return {key: both(first.key, rest.key), value: both(first.value, rest.value)}
}

function bytesOf({delta}: Beginning): number {
  return delta.reduce((sum, {key, value}) => sum + key.byteLength + value.byteLength, 0)
}
