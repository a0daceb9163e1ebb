// Writes a random checkpoint folder of any architecture that runs here, so that tests of the local runner need no
// download. Also used by the benches, with larger sizes. The weights are meaningless, but the files are complete and in
// the published layout.
import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {numberToHalf, type TensorSource, writeSafetensors} from '../../src/core/safetensors.js'
import {architectureOf} from '../../src/runners/onnx/architectures.js'
import {expectedTensors} from '../../src/runners/onnx/checkpoint/expected-tensors.js'
import type {Qwen25Vision} from '../../src/runners/onnx/qwen2-5-vl/config.js'
import type {Qwen3Vision} from '../../src/runners/onnx/qwen3-vl/config.js'
import type {TextConfig, VisionConfig} from '../../src/runners/onnx/types.js'

export interface TinyCheckpoint {
  /** `model_type`; the default is Qwen2.5-VL. `tinyOf` gives sizes for the others. */
  readonly architecture: string
  readonly text: TextConfig
  readonly vision: VisionConfig
  readonly type: 'F32' | 'F16' | 'BF16'
  readonly shards: number
  /** Newer tools nest the text config and lengthen the tensor names. */
  readonly layout: 'published' | 'nested'
  readonly latentSize: number | null
  readonly repetitionPenalty?: number
}

/** The vocabulary is 256 bytes followed by these tokens, in order. */
const specialTokens = [
  '<|endoftext|>',
  '<|im_start|>',
  '<|im_end|>',
  '<|vision_start|>',
  '<|vision_end|>',
  '<|image_pad|>',
  '<|video_pad|>',
  '<|lvr_start|>',
  '<|lvr_sep|>',
  '<|lvr_end|>',
]
export const tokenId = (text: string) => 256 + specialTokens.indexOf(text)

export const tinySizes = {
  architecture: 'qwen2_5_vl',
  text: {
    layers: 2,
    hidden: 64,
    heads: 4,
    kvHeads: 2,
    headDim: 16,
    intermediate: 96,
    vocabulary: 272,
    ropeTheta: 1e6,
    mropeSection: [2, 3, 3],
    mropeInterleaved: false,
    attentionBiases: ['q', 'k', 'v'],
    queryKeyNorm: false,
    deepstack: 0,
    normEpsilon: 1e-6,
    tied: true,
  },
  vision: {
    depth: 2,
    hidden: 32,
    heads: 2,
    intermediate: 48,
    channels: 3,
    patch: 14,
    temporalPatch: 2,
    merge: 2,
    window: 56,
    fullAttentionBlocks: [1],
  },
  type: 'F32',
  shards: 1,
  layout: 'published',
  latentSize: 3,
} as const satisfies TinyCheckpoint & {readonly vision: Qwen25Vision}

const {window: _, fullAttentionBlocks: __, ...plainVision} = tinySizes.vision

/** The changes to `tinySizes` that make each architecture. */
export const tinyOf: Readonly<Record<string, Partial<TinyCheckpoint>>> = {
  qwen2_5_vl: {},
  qwen2_vl: {architecture: 'qwen2_vl', vision: {...plainVision, intermediate: 64}},
  qwen3_vl: {
    architecture: 'qwen3_vl',
    layout: 'nested',
    text: {
      ...tinySizes.text,
      mropeSection: [3, 3, 2],
      mropeInterleaved: true,
      attentionBiases: [],
      queryKeyNorm: true,
      deepstack: 2,
      // Not hidden / heads.
      headDim: 32,
    },
    vision: {...plainVision, depth: 3, patch: 16, positionSide: 4, deepstackBlocks: [0, 2]} as Qwen3Vision,
  },
}

/** Writes the folder `dir` and returns it. Equal arguments write equal bytes. */
export async function writeTinyCheckpoint(dir: string, changes: Partial<TinyCheckpoint> = {}): Promise<string> {
  const what: TinyCheckpoint = {...tinySizes, ...changes}
  await mkdir(dir, {recursive: true})
  const json = (name: string, value: unknown) => writeFile(join(dir, name), JSON.stringify(value, null, 1))
  await json('config.json', configOf(what))
  await json('generation_config.json', {
    eos_token_id: [tokenId('<|im_end|>'), tokenId('<|endoftext|>')],
    repetition_penalty: what.repetitionPenalty ?? 1,
  })
  await json('preprocessor_config.json', {
    min_pixels: 56 * 56,
    max_pixels: 224 * 224,
    patch_size: what.vision.patch,
    merge_size: 2,
    image_mean: [0.48145466, 0.4578275, 0.40821073],
    image_std: [0.26862954, 0.26130258, 0.27577711],
  })
  await json('tokenizer.json', tokenizer(what.latentSize === null ? 7 : 10))
  await json('tokenizer_config.json', {
    tokenizer_class: 'Qwen2TokenizerFast',
    eos_token: '<|im_end|>',
    pad_token: '<|endoftext|>',
  })
  await writeFile(join(dir, 'chat_template.jinja'), chatTemplate)
  const sources = [...expectedTensors(architectureOf(what), what.text, what.vision)].map(([name, shape], i) =>
    randomTensor(name, shape, what, i + 1),
  )
  await writeShards(dir, sources, what.shards)
  return dir
}

async function writeShards(dir: string, sources: readonly TensorSource[], shards: number): Promise<void> {
  if (shards === 1) return writeSafetensors(join(dir, 'model.safetensors'), sources)
  const digits = (n: number) => String(n).padStart(5, '0')
  const weightMap: Record<string, string> = {}
  for (let shard = 0; shard < shards; shard++) {
    const name = `model-${digits(shard + 1)}-of-${digits(shards)}.safetensors`
    const part = sources.filter((_, i) => i % shards === shard)
    for (const source of part) weightMap[source.name] = name
    await writeSafetensors(join(dir, name), part)
  }
  await writeFile(join(dir, 'model.safetensors.index.json'), JSON.stringify({weight_map: weightMap}))
}

function configOf({architecture, text, vision, layout, latentSize}: TinyCheckpoint) {
  const sizes = {
    num_hidden_layers: text.layers,
    hidden_size: text.hidden,
    num_attention_heads: text.heads,
    num_key_value_heads: text.kvHeads,
    head_dim: text.headDim,
    intermediate_size: text.intermediate,
    vocab_size: text.vocabulary,
    rms_norm_eps: text.normEpsilon,
    rope_theta: text.ropeTheta,
    rope_scaling: {type: 'mrope', mrope_section: text.mropeSection},
    tie_word_embeddings: text.tied,
  }
  return {
    model_type: architecture,
    ...(layout === 'nested' ? {text_config: sizes} : sizes),
    vision_config: visionConfigOf(vision, text.hidden),
    image_token_id: tokenId('<|image_pad|>'),
    video_token_id: tokenId('<|video_pad|>'),
    vision_start_token_id: tokenId('<|vision_start|>'),
    vision_end_token_id: tokenId('<|vision_end|>'),
    ...(latentSize !== null && {
      latent_size: latentSize,
      lvr_start_id: tokenId('<|lvr_start|>'),
      lvr_sep_id: tokenId('<|lvr_sep|>'),
      lvr_end_id: tokenId('<|lvr_end|>'),
    }),
  }
}

function visionConfigOf(vision: VisionConfig | Qwen25Vision | Qwen3Vision, textHidden: number) {
  const sizes = {depth: vision.depth, num_heads: vision.heads, patch_size: vision.patch}
  // The width of a Qwen2-VL tower has another name, which is the text's size elsewhere.
  if (!('window' in vision) && !('positionSide' in vision)) {
    const {hidden, intermediate} = vision
    return {...sizes, embed_dim: hidden, hidden_size: textHidden, mlp_ratio: intermediate / hidden}
  }
  return {
    ...sizes,
    hidden_size: vision.hidden,
    intermediate_size: vision.intermediate,
    out_hidden_size: textHidden,
    ...('window' in vision
      ? {window_size: vision.window, fullatt_block_indexes: vision.fullAttentionBlocks}
      : {
          num_position_embeddings: vision.positionSide ** 2,
          deepstack_visual_indexes: vision.deepstackBlocks,
        }),
  }
}

/** Number of values in memory at a time. */
const valuesPerPiece = 1 << 22

/** Uniform values with the variance of a common initialisation; norms around 1. */
function randomTensor(
  name: string,
  shape: readonly number[],
  {type, layout}: TinyCheckpoint,
  seed: number,
): TensorSource {
  const count = shape.reduce((product, n) => product * n, 1)
  const isNorm = /norm|ln_q/.test(name)
  const scale = name.endsWith('.bias') ? 0.1 : isNorm ? 0.2 : 1.7 / Math.sqrt(count / shape[0]!)
  return {
    name: layout === 'nested' ? nestedName(name) : name,
    type,
    shape,
    *bytes() {
      // xorshift32 (G. Marsaglia 2003): one line, and fast enough for some billion weights.
      let x = Math.imul(seed, 0x9e3779b1) | 1
      for (let done = 0; done < count; done += valuesPerPiece) {
        const values = new Float32Array(Math.min(valuesPerPiece, count - done))
        for (let i = 0; i < values.length; i++) {
          x ^= x << 13
          x ^= x >>> 17
          x ^= x << 5
          values[i] = (x / 2 ** 31) * scale + (isNorm ? 1 : 0)
        }
        yield encode(values, type)
      }
    },
  }
}

function nestedName(name: string): string {
  return name.replace(/^visual\./, 'model.visual.').replace(/^model\.(?=layers|norm|embed)/, 'model.language_model.')
}

function encode(values: Float32Array, type: 'F32' | 'F16' | 'BF16'): Uint8Array {
  if (type === 'F32') return new Uint8Array(values.buffer)
  if (type === 'F16') return new Uint8Array(Uint16Array.from(values, numberToHalf).buffer)
  // bfloat16 is the upper half of a float32; truncation is good enough for random values.
  const halves = new Uint16Array(values.buffer)
  const upper = new Uint16Array(values.length)
  for (let i = 0; i < upper.length; i++) upper[i] = halves[2 * i + 1]!
  return new Uint8Array(upper.buffer)
}

const chatTemplate = `{% for message in messages %}<|im_start|>{{ message['role'] }}
{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`

/** One token per byte (byte-level BPE without merges), then the first `specials` special tokens. */
function tokenizer(specials: number) {
  const byteLevel = {type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false}
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specialTokens.slice(0, specials).map((content, i) => ({
      id: 256 + i,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {type: 'BPE', dropout: null, unk_token: null, vocab: byteVocabulary(), merges: []},
  }
}

/** The printable characters that represent the 256 bytes (openai/gpt-2: src/encoder.py, bytes_to_unicode). */
function byteVocabulary(): Record<string, number> {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
  let spare = 256
  return Object.fromEntries(
    Array.from({length: 256}, (_, byte) => [String.fromCharCode(printable(byte) ? byte : spare++), byte]),
  )
}
