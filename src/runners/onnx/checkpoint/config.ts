// Reads config.json: which architecture it is, the sizes the graphs are built from, and the fields that all share.
import {dirname} from 'node:path'
import {z} from 'zod'
import {LanternError} from '../../../core/errors.js'
import type {JsonObject} from '../../../core/json.js'
import type {Architecture, ArchitectureConfig, TieFlags} from '../architecture.js'
import {architectures} from '../architectures.js'
import {eosIds, id, readFields} from './config-fields.js'
import {quantisedWeights} from './tensor-names.js'
import {textFields} from './text-config.js'

const configSchema = z.looseObject({
  tie_word_embeddings: z.boolean().nullish(),
  image_token_id: id.default(151655),
  eos_token_id: eosIds,
  latent_size: z.number().int().nullish(),
  lvr_start_id: id.nullish(),
  lvr_sep_id: id.nullish(),
  lvr_id: id.nullish(),
  lvr_end_id: id.nullish(),
})

export type RawConfig = z.infer<typeof configSchema>

const textSchema = z.looseObject({tie_word_embeddings: z.boolean().nullish(), eos_token_id: eosIds})

export interface ParsedConfig extends Omit<ArchitectureConfig, 'assumed'> {
  readonly architecture: Architecture
  readonly tied: TieFlags
  /** What the file says; the weights decide. */
  readonly vocabulary: number | undefined
  /** End-of-sequence ids; empty if the file gives none. */
  readonly eos: readonly number[]
  readonly raw: RawConfig
  /** Sentences about the values that are missing in the file and were taken from the published model. */
  readonly assumed: readonly string[]
}

/**
 * Parses config.json. Throws LanternError `unsupported` for another architecture, quantised weights and settings that
 * the graphs do not support, and `bad-checkpoint` (naming the field) for missing or impossible values.
 */
export function parseConfig(root: JsonObject, file: string): ParsedConfig {
  const architecture = requireArchitecture(root, file)
  refuseQuantised(root, file)
  const raw = readFields(configSchema, root, file)
  const written = textFields(root)
  const text = readFields(textSchema, written, file, written === root ? '' : 'text_config.')
  const {assumed, ...sizes} = architecture.readConfig(root, file)
  const missing = [...(root['image_token_id'] == null ? [`image_token_id ${raw.image_token_id}`] : []), ...assumed]
  return {
    ...sizes,
    architecture,
    tied: {
      root: raw.tie_word_embeddings ?? undefined,
      text: written === root ? undefined : (text.tie_word_embeddings ?? undefined),
    },
    eos: [raw.eos_token_id ?? text.eos_token_id ?? []].flat(),
    raw,
    vocabulary: typeof written['vocab_size'] === 'number' ? written['vocab_size'] : undefined,
    assumed: missing.length === 0 ? [] : [`config.json leaves out what is assumed as published: ${missing.join(', ')}`],
  }
}

/**
 * The fields by which quantised checkpoints are recognised: `quantization_config` in transformers, `quantization` in
 * MLX.
 */
function refuseQuantised(root: JsonObject, file: string): void {
  const text = (root['text_config'] ?? {}) as JsonObject
  const config = root['quantization_config'] ?? text['quantization_config'] ?? root['quantization']
  if (config === undefined || config === null) return
  const {quant_method: said, fmt} = config as JsonObject
  const known: Readonly<Record<string, string>> = {awq: 'AWQ', gptq: 'GPTQ', bitsandbytes: 'bitsandbytes', fp8: 'FP8'}
  const method = typeof said === 'string' ? (known[said] ?? said) : fmt === undefined ? 'MLX' : String(fmt)
  throw quantisedWeights('quantization_config in config.json', dirname(file), method)
}

/** Architectures that are often mistaken for those that run here, by their name in transformers. */
const otherArchitectures: Readonly<Record<string, string>> = {
  qwen2: 'Qwen2.5, the text model',
  qwen2_5_omni: 'Qwen2.5-Omni',
  qwen2_5_vl_text: 'the text part of Qwen2.5-VL alone',
  qwen3: 'Qwen3, the text model',
  qwen3_vl_text: 'the text part of Qwen3-VL alone',
  qwen3_vl_moe: 'Qwen3-VL with experts',
  llava: 'LLaVA',
  llava_next: 'LLaVA-NeXT',
  llava_onevision: 'LLaVA-OneVision',
  internvl: 'InternVL',
  internvl_chat: 'InternVL',
  mllama: 'Llama 3.2 Vision',
  gemma3: 'Gemma 3',
  idefics3: 'Idefics3',
  smolvlm: 'SmolVLM',
  chameleon: 'Chameleon',
  phi4mm: 'Phi-4-multimodal',
}

function requireArchitecture(root: JsonObject, file: string): Architecture {
  const type = root['model_type']
  const architecture = architectures.find(({modelType}) => modelType === type)
  if (architecture !== undefined) return architecture
  const name = typeof type === 'string' && Object.hasOwn(otherArchitectures, type) ? otherArchitectures[type] : null
  const shown = type === undefined ? '(no model_type)' : JSON.stringify(type)
  const here = architectures.map(({name, modelType}) => `${name} ("${modelType}")`)
  throw new LanternError(
    'unsupported',
    `${file}: unknown architecture ${shown}${name === null ? '' : ` (${name})`}.`,
    `These run locally, by their model_type: ${here.join(', ')}; serve others behind an endpoint and use openai:NAME.`,
  )
}
