// Maps the tensors of a checkpoint to their published names, whichever tool saved them. Explains why a set of tensors
// is not a usable checkpoint: a wrapper's prefix, quantised weights, an unmerged adapter, empty shapes.
import {basename} from 'node:path'
import {LanternError} from '../../../core/errors.js'
import type {TensorPlace} from '../../../core/safetensors.js'

type Tensors = ReadonlyMap<string, TensorPlace>

/**
 * Newer tools save the same tensors under longer names, and a model saved without its head under others
 * (huggingface/transformers: models/qwen2_5_vl/modeling_qwen2_5_vl.py, _checkpoint_conversion_mapping).
 */
export function publishedName(name: string): string {
  return name
    .replace(/^model\.language_model\./, 'model.')
    .replace(/^language_model\.(?!model\.|lm_head\.)/, 'model.')
    .replace(/^model\.visual\./, 'visual.')
}

/**
 * The tensors by their published names. Throws LanternError: `bad-checkpoint` for a tensor that occurs under two names
 * and for names with a wrapper's prefix, `unsupported` for quantised weights and unmerged adapters.
 */
export function publishedTensors(tensors: Tensors, dir: string): Map<string, TensorPlace> {
  refuseOddities(tensors, dir)
  const published = new Map<string, TensorPlace>()
  const namedBefore = new Map<string, string>()
  for (const [name, place] of tensors) {
    const short = publishedName(name)
    const other = namedBefore.get(short)
    if (other !== undefined) {
      throw new LanternError(
        'bad-checkpoint',
        `${place.file} holds one tensor under two names, ${other} and ${name}; which one is meant cannot be known.`,
        'Save the model once with save_pretrained, into an empty folder.',
      )
    }
    namedBefore.set(short, name)
    published.set(short, place)
  }
  return published
}

/** Prefixes that wrappers put before every name, the wrapper, and how to save without it. */
const wrappers: readonly (readonly [prefix: string, who: string, save: string])[] = [
  ['module.', 'DataParallel or DeepSpeed', 'Save the inner model: model.module.save_pretrained(DIR).'],
  ['base_model.model.', 'peft', 'Save the merged model: model.merge_and_unload().save_pretrained(DIR).'],
  ['_orig_mod.', 'torch.compile', 'Save the inner model: model._orig_mod.save_pretrained(DIR).'],
  ['_fsdp_wrapped_module.', 'FSDP', 'Save with accelerator.save_model, or gather the state dict first.'],
  ['language_model.model.', 'another layout of the same model (MLX, or an own class)', ''],
]

function refuseOddities(tensors: Tensors, dir: string): void {
  const names = [...tensors.keys()]
  const named = (pattern: RegExp) => names.find(name => pattern.test(name))
  const where = (name: string) => tensors.get(name)!.file

  const lora = named(/\.lora_(A|B|embedding_A|magnitude_vector)\b/)
  if (lora !== undefined) {
    throw new LanternError(
      'unsupported',
      `${where(lora)} holds the weights of a LoRA adapter (${lora}) beside the model's.`,
      'Save them apart (model.save_pretrained of peft) and give --model BASE --adapter DIR, or merge them with merge_and_unload().',
    )
  }
  const quantised = quantisation(tensors)
  if (quantised !== null) throw quantisedWeights(quantised[1], dir, quantised[0])

  const prefix = wrapperOf(names)
  if (prefix !== null) {
    const [, who, save] = wrappers.find(([known]) => prefix === known) ?? ['', 'a class of its own', '']
    const example = names.find(name => name.startsWith(prefix))!
    throw new LanternError(
      'bad-checkpoint',
      `${where(example)}: the tensors are named as ${who} does, with ${JSON.stringify(prefix)} in front (${example}); transformers would not find them either.`,
      save || `Rename the tensors without ${JSON.stringify(prefix)}, or save the model with transformers.`,
    )
  }
  const within = names.find(name => innerWrapper.test(name))
  if (within !== undefined) {
    throw new LanternError(
      'bad-checkpoint',
      `${where(within)}: the names of tensors hold a part of a wrapper, ${JSON.stringify(innerWrapper.exec(within)![0])} (${within}); transformers would not find them either.`,
      'Save the inner model with save_pretrained: without FSDP, checkpointing or torch.compile around its layers, and merged (merge_and_unload) where peft trained it.',
    )
  }
  const empty = [...tensors].find(([, {shape}]) => shape.length > 0 && shape.every(n => n === 0))
  if (empty !== undefined) {
    throw new LanternError(
      'bad-checkpoint',
      `${empty[1].file}: ${empty[0]} has the shape [${empty[1].shape.join(', ')}]: DeepSpeed ZeRO-3 saved placeholders, the weights are spread over the processes.`,
      'Run in the folder of the training: python zero_to_fp32.py . merged --safe_serialization; or train with stage3_gather_16bit_weights_on_model_save.',
    )
  }
}

/** Parts that wrappers of single layers put into names: FSDP, activation checkpointing, torch.compile, peft. */
const innerWrapper = /_fsdp_wrapped_module|_checkpoint_wrapped_module|_orig_mod|\bbase_layer\b|\bparametrizations\b/

const ownPrefixes = ['model.language_model.', 'model.', 'language_model.']

/** The prefix before the published name of the embedding; null if the names are known. */
function wrapperOf(names: readonly string[]): string | null {
  const table = 'embed_tokens.weight'
  const found = names.filter(name => name === table || name.endsWith(`.${table}`)).map(n => n.slice(0, -table.length))
  if (found.length === 0 || found.some(prefix => prefix === '' || ownPrefixes.includes(prefix))) return null
  const known = wrappers.find(([prefix]) => found[0]!.startsWith(prefix))
  const own = ownPrefixes.find(prefix => found[0]!.endsWith(prefix))
  return known?.[0] ?? (own === undefined ? found[0]! : found[0]!.slice(0, -own.length))
}

/** The quantisation method of these tensors, and the name of one of them. */
function quantisation(tensors: Tensors): readonly [method: string, name: string] | null {
  for (const [name, {type}] of tensors) {
    if (name.endsWith('.qweight')) return ['GPTQ or AWQ', name]
    if (/\.weight\.(absmax|quant_state|nested_absmax|quant_map)/.test(name)) return ['bitsandbytes', name]
    if (name.endsWith('.weight') && (type === 'F8_E4M3' || type === 'F8_E5M2')) return ['FP8', name]
    if (name.endsWith('.weight_packed')) return ['compressed-tensors', name]
    if (name.endsWith('.SCB')) return ['bitsandbytes', name]
  }
  return null
}

/** The error for quantised weights. `place` says where the quantisation is visible. */
export function quantisedWeights(place: string, dir: string, method: string): LanternError {
  return new LanternError(
    'unsupported',
    `${basename(dir)} holds weights quantised by ${method} (${place}); only F32, F16 and BF16 weights are read.`,
    'Give the original checkpoint, with --precision q8 or q4 for small memory; or serve this one (vLLM) and use openai:NAME.',
  )
}
