// Opens a Hugging Face checkpoint folder: reads its small files and the headers of the weights, and checks that they
// fit together.
// Does not read weights. Every problem is reported as one error that names the file and the tensor or field.
import {existsSync, statSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {z} from 'zod'
import {LanternError} from '../../../core/errors.js'
import {readJsonObject} from '../../../core/json-object.js'
import type {TensorPlace} from '../../../core/safetensors.js'
import type {Environment} from '../../../hub/cache-layout.js'
import {adapterConfig, adapterWeights, isAdapter, loadableFolder} from '../folder-format.js'
import {headTensors, latentHead} from '../model/latent-head.js'
import type {Checkpoint} from '../types.js'
import {readWeightFiles} from '../weight-files.js'
import {type Adapter, baseFolder, openAdapter} from './adapter.js'
import {type ParsedConfig, parseConfig} from './config.js'
import {expectedTensors} from './expected-tensors.js'
import {readImageSettings} from './image-settings.js'
import {latentTokens} from './latent-tokens.js'
import {publishedTensors} from './tensor-names.js'
import {readTokenizerFiles} from './tokenizer-files.js'

/** Files beside the weights that affect what is generated. Those that exist are part of the checkpoint's hash. */
const hashedFiles = [
  'config.json',
  'generation_config.json',
  'preprocessor_config.json',
  'processor_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'added_tokens.json',
  'chat_template.jinja',
  'chat_template.json',
]

export interface OpenOptions {
  /** Folder of a LoRA adapter to apply to the checkpoint. */
  readonly adapter?: string
  /**
   * Environment variables that locate the hub's cache, to find the base of an adapter that is given alone. Default:
   * those of the process.
   */
  readonly env?: Environment
}

/**
 * Opens a checkpoint: a folder, a folder with an adapter for it, or an adapter whose base is on this machine. Throws
 * LanternError: `unsupported` (another architecture or format), `bad-checkpoint`, `data-absent` (no base).
 */
export async function openCheckpoint(path: string, options: OpenOptions = {}): Promise<Checkpoint> {
  const given = resolve(path)
  if (options.adapter !== undefined) return openWithAdapter(given, resolve(options.adapter))
  if (isAdapter(await loadableFolder(given)))
    return openWithAdapter(await baseFolder(given, options.env ?? process.env), given)
  return openFolder(given, null)
}

async function openWithAdapter(dir: string, adapter: string): Promise<Checkpoint> {
  if (!isAdapter(await loadableFolder(adapter))) {
    throw new LanternError(
      'bad-checkpoint',
      `${adapter} is not a LoRA adapter: it holds a model's own weights.`,
      'Give it as --model, without --adapter.',
    )
  }
  return openFolder(dir, adapter)
}

async function openFolder(dir: string, adapterDir: string | null): Promise<Checkpoint> {
  const present = await loadableFolder(dir)
  if (isAdapter(present)) {
    throw new LanternError(
      'unsupported',
      `${dir}, the base of the adapter ${adapterDir}, is an adapter itself: adapters on adapters are not merged here.`,
      'Merge the first one with peft (merge_and_unload) and give the result as --model.',
    )
  }
  refuseTwoAdapters(dir, present, adapterDir)
  const configFile = join(dir, 'config.json')
  const root = await readJsonObject(configFile)
  const config = parseConfig(root, configFile)
  const weights = await readWeightFiles(dir, present)
  const base = publishedTensors(weights.tensors, dir)
  const adapter = adapterDir === null ? null : await openAdapter(adapterDir, base)
  const tensors = new Map([...base, ...(adapter?.whole ?? [])])
  const text = completeTextConfig(config, tensors, adapter, dir)
  let parameters = 0
  const read = new Set<string>()
  for (const [name, shape] of expectedTensors(config.architecture, text, config.vision)) {
    parameters += requireTensor(tensors, name, shape, dir)
    read.add(name)
  }
  const {head, assumed: assumedOfHead} = latentHead(root, name => tensors.has(name), text.layers, configFile)
  for (const [name, shape] of head === null ? [] : headTensors(head, text)) {
    parameters += requireTensor(tensors, name, shape, dir)
    read.add(name)
  }

  const folders = adapterDir === null ? [dir] : [adapterDir, dir]
  const {ids} = await readTokenizerFiles(folders)
  const settings = await readImageSettings(folders, config)
  const generation = await generationOf(dir, config)
  if (generation.settings.eos.every(id => id >= text.vocabulary)) {
    const ends = `ends with the token ${generation.settings.eos.join(' or ')}`
    throw new LanternError(
      'bad-checkpoint',
      `${dir}: generation ${ends}, but the model has ${text.vocabulary} tokens.`,
      'Fetch config.json and generation_config.json of the same checkpoint.',
    )
  }
  const latent = latentTokens(root, ids, text.vocabulary, folders[0]!)
  const hashed = (folder: string, more: readonly string[]) =>
    [...hashedFiles.map(name => join(folder, name)).filter(isPlainFile), ...more].sort()
  const adapterFiles = [adapterConfig, adapterWeights].map(name => join(adapterDir ?? '', name))
  return {
    dir,
    folders,
    adapter,
    architecture: config.architecture.modelType,
    text,
    vision: config.vision,
    ids: {image: config.raw.image_token_id},
    latent,
    head,
    generation: generation.settings,
    image: settings.image,
    tensors: withoutStrayBiases(tensors, read),
    parameters,
    dtype: tensors.get('model.layers.0.self_attn.q_proj.weight')!.type,
    shards: weights.files.length,
    files: [...hashed(dir, weights.files), ...(adapterDir === null ? [] : hashed(adapterDir, adapterFiles))],
    assumed: [
      ...weights.assumed,
      ...config.assumed,
      ...(config.vocabulary !== undefined && config.vocabulary !== text.vocabulary
        ? [`${text.vocabulary} tokens, as the weights have; config.json says ${config.vocabulary}`]
        : []),
      ...unreadTensors(tensors, read, text.tied),
      ...settings.assumed,
      ...generation.assumed,
      ...assumedOfHead,
      ...(latent?.assumed ?? []),
    ],
  }
}

/** Without the biases of layers that have none by the config: transformers does not read them either. */
function withoutStrayBiases(tensors: ReadonlyMap<string, TensorPlace>, read: ReadonlySet<string>) {
  const stray = (name: string) => !read.has(name) && name.endsWith('.bias') && read.has(`${name.slice(0, -4)}weight`)
  return new Map([...tensors].filter(([name]) => !stray(name)))
}

/** What is said about tensors that no part of the model reads: more layers than the config has, or another head. */
function unreadTensors(tensors: ReadonlyMap<string, TensorPlace>, read: ReadonlySet<string>, tied: boolean): string[] {
  // A tied head is often saved all the same, and old versions saved the frequencies, which are computed.
  const known = (name: string) => read.has(name) || (tied && name === 'lm_head.weight') || name.endsWith('.inv_freq')
  const [first, ...more] = [...tensors.keys()].filter(name => !known(name))
  if (first === undefined) return []
  return [`${more.length + 1} tensors of the weights are not part of the model of config.json, e.g. ${first}`]
}

function isPlainFile(path: string): boolean {
  return statSync(path, {throwIfNoEntry: false})?.isFile() ?? false
}

/**
 * Refuses a folder with a model and an adapter. transformers would load the adapter on the base that it names and
 * ignore the model's weights.
 */
function refuseTwoAdapters(dir: string, present: ReadonlySet<string>, adapterDir: string | null): void {
  if (!present.has(adapterConfig) || !present.has(adapterWeights)) return
  throw new LanternError(
    'bad-checkpoint',
    `${dir} holds a whole model and an adapter (${adapterWeights})${adapterDir === null ? '' : `, beside the adapter ${adapterDir}`}; which of them is meant cannot be known.`,
    `Move ${adapterConfig} and ${adapterWeights} away if the model is meant, or into a folder of their own.`,
  )
}

function completeTextConfig(
  config: ParsedConfig,
  tensors: ReadonlyMap<string, TensorPlace>,
  adapter: Adapter | null,
  dir: string,
): Checkpoint['text'] {
  const [table, head] = ['model.embed_tokens.weight', 'lm_head.weight'] as const
  const embedding = tensors.get(table)
  if (embedding === undefined) throw missingTensor(table, dir)
  const tied = config.architecture.tiedHead(config.tied, tensors.has(head))
  const trained = (name: string) => adapter?.whole.has(name) || adapter?.lowRank.has(name)
  const both = trained(table) && adapter?.whole.has(head)
  if (tied && !both && (trained(table) || trained(head))) {
    throw new LanternError(
      'unsupported',
      `${adapter!.dir} changes ${trained(table) ? table : head} alone, but the base uses one matrix for both ends: what peft does then depends on its version.`,
      'Merge the adapter with the version of peft that trained it (merge_and_unload) and give the result.',
    )
  }
  return {...config.text, vocabulary: embedding.shape[0] ?? 0, tied: tied && !both}
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
  top_p: z.number().positive().max(1).nullish(),
  // Some tools write -1 for "all tokens".
  top_k: z.number().int().min(-1).nullish(),
})

/** Settings of `generate` that this runner does not support, with the values that have no effect. */
const otherSettings: Readonly<Record<string, readonly unknown[]>> = {
  num_beams: [1],
  no_repeat_ngram_size: [0],
  encoder_no_repeat_ngram_size: [0],
  min_new_tokens: [0],
  min_length: [0],
  bad_words_ids: [],
  suppress_tokens: [],
  begin_suppress_tokens: [],
  forced_bos_token_id: [],
  forced_eos_token_id: [],
  exponential_decay_length_penalty: [],
  sequence_bias: [],
  guidance_scale: [1],
  penalty_alpha: [0],
  min_p: [0],
  typical_p: [1],
}

interface Generation {
  readonly settings: Checkpoint['generation']
  readonly assumed: readonly string[]
}

async function generationOf(dir: string, config: ParsedConfig): Promise<Generation> {
  const file = join(dir, 'generation_config.json')
  const raw = existsSync(file) ? await readJsonObject(file) : {}
  const parsed = generationSchema.safeParse(raw)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new LanternError('bad-checkpoint', `${file}: ${issue.path.join('.')}: ${issue.message}.`)
  }
  const said = parsed.data
  const eos = said.eos_token_id == null ? config.eos : [said.eos_token_id].flat()
  if (eos.length === 0) {
    const sentence = `${dir}: neither generation_config.json nor config.json gives an eos_token_id.`
    throw new LanternError('bad-checkpoint', sentence, 'Add generation_config.json with its eos_token_id.')
  }
  const asked = Object.entries(otherSettings).flatMap(([name, neutral]) => {
    const value = raw[name]
    return value === undefined || value === null || neutral.includes(value) ? [] : [name]
  })
  return {
    settings: {
      eos,
      repetitionPenalty: said.repetition_penalty ?? 1,
      ...(said.top_p != null && {topP: said.top_p}),
      ...(said.top_k != null && said.top_k > 0 && {topK: said.top_k}),
    },
    assumed: asked.length === 0 ? [] : [`generation_config.json asks for ${asked.join(', ')}, which is not done here`],
  }
}
