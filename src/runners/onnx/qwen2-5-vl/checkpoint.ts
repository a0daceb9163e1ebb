// Opens a Hugging Face checkpoint folder: reads its small files and the headers of the weights, and checks that they
// fit together.
// Does not read weights. Any problem becomes one error that names the file and the tensor or field.
import {readFile} from 'node:fs/promises'
import {basename, join, resolve} from 'node:path'
import {z} from 'zod'
import {LanternError, messageOf} from '../../../core/errors.js'
import {readSafetensorsHeader, type TensorPlace} from '../../../core/safetensors.js'
import {indexFile, loadableFolder, singleFile} from '../folder-format.js'
import {expectedTensors, type ParsedConfig, parseConfig} from './config.js'
import {latentTokens, type TokenizerFile} from './latent-tokens.js'
import type {Checkpoint} from './types.js'

/** Files beside the weights that affect what is generated. Those that exist are part of the checkpoint's hash. */
const hashedFiles = [
  'config.json',
  'generation_config.json',
  'preprocessor_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'chat_template.json',
]

/** Opens a checkpoint. Throws LanternError: `unsupported` (another architecture or format), `bad-checkpoint`. */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const dir = resolve(path)
  const present = await loadableFolder(dir)
  const config = parseConfig(await readJson(join(dir, 'config.json')), join(dir, 'config.json'))
  const shards = present.has(singleFile) ? [join(dir, singleFile)] : await shardsOf(dir, present)
  const tensors = new Map<string, TensorPlace>()
  for (const shard of shards) {
    for (const [name, place] of await readSafetensorsHeader(shard, 'bad-checkpoint'))
      tensors.set(publishedName(name), place)
  }
  const text = completeTextConfig(config, tensors, dir)
  let parameters = 0
  for (const [name, shape] of expectedTensors(text, config.vision))
    parameters += requireTensor(tensors, name, shape, dir)

  const tokenizerFile = join(dir, 'tokenizer.json')
  if (!present.has('tokenizer.json')) {
    throw new LanternError(
      'bad-checkpoint',
      `${tokenizerFile} is missing.`,
      'Save the tokenizer in its fast form beside the weights.',
    )
  }
  const {raw} = config
  const optional = async (name: string) => (present.has(name) ? await readJson(join(dir, name)) : {})
  return {
    dir,
    architecture: 'qwen2_5_vl',
    text,
    vision: config.vision,
    ids: {
      image: raw.image_token_id,
      video: raw.video_token_id,
      visionStart: raw.vision_start_token_id,
      visionEnd: raw.vision_end_token_id,
    },
    latent: latentTokens(raw, (await readJson(tokenizerFile)) as TokenizerFile, text.vocabulary, dir),
    generation: generationOf(await optional('generation_config.json'), config, dir),
    image: imageOf(await optional('preprocessor_config.json'), dir),
    tensors,
    parameters,
    dtype: tensors.get('model.layers.0.self_attn.q_proj.weight')!.type,
    shards: shards.length,
    files: [...hashedFiles.filter(name => present.has(name)).map(name => join(dir, name)), ...shards].sort(),
  }
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new LanternError(
      'bad-checkpoint',
      `${file} cannot be read as JSON: ${messageOf(error)}.`,
      'Fetch this file again.',
    )
  }
}

/** The shard paths in an index, after checking that they are plain names in the same folder and that all exist. */
async function shardsOf(dir: string, present: ReadonlySet<string>): Promise<string[]> {
  const file = join(dir, indexFile)
  const parsed = z.looseObject({weight_map: z.record(z.string(), z.string())}).safeParse(await readJson(file))
  if (!parsed.success)
    throw new LanternError(
      'bad-checkpoint',
      `${file} has no weight_map from tensors to files.`,
      'Fetch this file again.',
    )
  const names = [...new Set(Object.values(parsed.data.weight_map))].sort()
  for (const name of names) {
    if (basename(name) !== name)
      throw new LanternError('bad-checkpoint', `${file} names a file outside its folder: ${name}.`)
    if (!present.has(name)) {
      throw new LanternError(
        'bad-checkpoint',
        `${join(dir, name)} is missing: ${indexFile} lists it as a shard.`,
        'Fetch this file.',
      )
    }
  }
  return names.map(name => join(dir, name))
}

/**
 * Newer tools save the same tensors under longer prefixes (huggingface/transformers:
 * models/qwen2_5_vl/modeling_qwen2_5_vl.py).
 */
function publishedName(name: string): string {
  return name.replace(/^model\.language_model\./, 'model.').replace(/^model\.visual\./, 'visual.')
}

function completeTextConfig(
  config: ParsedConfig,
  tensors: ReadonlyMap<string, TensorPlace>,
  dir: string,
): Checkpoint['text'] {
  const name = 'model.embed_tokens.weight'
  const embedding = tensors.get(name)
  if (embedding === undefined) throw missingTensor(name, dir)
  // If the config does not say, the head is tied exactly when it was not saved.
  const tied = config.tied ?? !tensors.has('lm_head.weight')
  return {...config.text, vocabulary: embedding.shape[0] ?? 0, tied}
}

/** Checks one tensor and returns its number of elements. */
function requireTensor(
  tensors: ReadonlyMap<string, TensorPlace>,
  name: string,
  shape: readonly number[],
  dir: string,
): number {
  const place = tensors.get(name)
  if (place === undefined) throw missingTensor(name, dir)
  const again = 'Fetch config.json and the weights from the same checkpoint.'
  if (place.shape.length !== shape.length || place.shape.some((n, i) => n !== shape[i])) {
    const found = `[${place.shape.join(', ')}]`
    throw new LanternError(
      'bad-checkpoint',
      `${place.file}: ${name} has the shape ${found}, config.json asks for [${shape.join(', ')}].`,
      again,
    )
  }
  if (place.type !== 'F32' && place.type !== 'F16' && place.type !== 'BF16') {
    throw new LanternError(
      'unsupported',
      `${place.file}: ${name} has the type ${place.type}.`,
      'Weights must be F32, F16 or BF16.',
    )
  }
  return shape.reduce((product, n) => product * n, 1)
}

function missingTensor(name: string, dir: string): LanternError {
  return new LanternError(
    'bad-checkpoint',
    `${dir}: no weight file holds the tensor ${name}.`,
    'Fetch the checkpoint again; a shard may be missing.',
  )
}

const generationSchema = z.looseObject({
  eos_token_id: z.union([z.number().int(), z.array(z.number().int())]).nullish(),
  repetition_penalty: z.number().positive().nullish(),
  temperature: z.number().nonnegative().nullish(),
  top_p: z.number().positive().nullish(),
  top_k: z.number().int().nonnegative().nullish(),
})

function generationOf(value: unknown, config: ParsedConfig, dir: string): Checkpoint['generation'] {
  const parsed = generationSchema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new LanternError(
      'bad-checkpoint',
      `${join(dir, 'generation_config.json')}: ${issue.path.join('.')}: ${issue.message}.`,
    )
  }
  const said = parsed.data
  const eos = [said.eos_token_id ?? config.raw.eos_token_id ?? []].flat()
  if (eos.length === 0) {
    const sentence = `${dir}: neither generation_config.json nor config.json gives an eos_token_id.`
    throw new LanternError('bad-checkpoint', sentence, 'Add generation_config.json with its eos_token_id.')
  }
  return {
    eos,
    repetitionPenalty: said.repetition_penalty ?? 1,
    ...(said.temperature != null && {temperature: said.temperature}),
    ...(said.top_p != null && {topP: said.top_p}),
    ...(said.top_k != null && {topK: said.top_k}),
  }
}

const channelValues = z.array(z.number()).length(3)

// Defaults: huggingface/transformers: models/qwen2_vl/image_processing_qwen2_vl.py.
const imageSchema = z.looseObject({
  min_pixels: z.number().int().positive().nullish(),
  max_pixels: z.number().int().positive().nullish(),
  size: z
    .looseObject({
      shortest_edge: z.number().int().positive().optional(),
      longest_edge: z.number().int().positive().optional(),
    })
    .nullish(),
  image_mean: channelValues.default([0.48145466, 0.4578275, 0.40821073]),
  image_std: channelValues.default([0.26862954, 0.26130258, 0.27577711]),
})

function imageOf(value: unknown, dir: string): Checkpoint['image'] {
  const parsed = imageSchema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new LanternError(
      'bad-checkpoint',
      `${join(dir, 'preprocessor_config.json')}: ${issue.path.join('.')}: ${issue.message}.`,
    )
  }
  const {min_pixels, max_pixels, size, image_mean, image_std} = parsed.data
  return {
    minPixels: min_pixels ?? size?.shortest_edge ?? 56 * 56,
    maxPixels: max_pixels ?? size?.longest_edge ?? 28 * 28 * 16384,
    mean: image_mean,
    std: image_std,
  }
}
