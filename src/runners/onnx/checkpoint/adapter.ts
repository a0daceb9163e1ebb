// Reads a LoRA adapter as peft saves it (adapter_config.json, adapter_model.safetensors) and fits it to the tensors of
// its base. What cannot be merged exactly is refused. The merging itself is in merged-weights.ts.
import {existsSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {z} from 'zod'
import {LanternError} from '../../../core/errors.js'
import {readJsonObject} from '../../../core/json-object.js'
import {readSafetensorsHeader, type TensorPlace} from '../../../core/safetensors.js'
import {type Environment, parseRepo, resolveInHubCache} from '../../../hub/cache-layout.js'
import {adapterConfig, adapterWeights} from '../folder-format.js'
import {publishedName} from './tensor-names.js'

/** W becomes W + scale x B A. */
export interface LowRank {
  /** [r, in] */
  readonly a: TensorPlace
  /** [out, r] */
  readonly b: TensorPlace
  /** alpha / r, or alpha / sqrt(r) with rank-stabilised scaling. */
  readonly scale: number
}

/** An adapter that was matched to its base. Tensors are named by their published names. */
export interface Adapter {
  readonly dir: string
  readonly lowRank: ReadonlyMap<string, LowRank>
  /** Tensors that were trained whole (`modules_to_save`, biases, a resized embedding). */
  readonly whole: ReadonlyMap<string, TensorPlace>
}

const count = z.number().int().positive()
const configSchema = z.looseObject({
  peft_type: z.string(),
  base_model_name_or_path: z.string().nullish(),
  revision: z.string().nullish(),
  r: count,
  lora_alpha: z.number(),
  use_rslora: z.boolean().nullish(),
  rank_pattern: z.record(z.string(), count).nullish(),
  alpha_pattern: z.record(z.string(), z.number()).nullish(),
})
type AdapterConfig = z.infer<typeof configSchema>

/** LoRA variants that change more than W + scale x B A, by the field that enables them. */
const unsupportedFields: readonly (readonly [field: string, what: string])[] = [
  ['use_dora', 'DoRA (use_dora)'],
  ['lora_bias', 'biases of LoRA layers (lora_bias)'],
  ['layer_replication', 'replicated layers (layer_replication)'],
  ['use_qalora', 'QALoRA (use_qalora)'],
  ['alora_invocation_tokens', 'activated LoRA (alora_invocation_tokens)'],
  ['trainable_token_indices', 'single trained tokens (trainable_token_indices)'],
  ['arrow_config', 'Arrow routing (arrow_config)'],
  ['target_parameters', 'LoRA on parameters (target_parameters)'],
]

const mergeFirst =
  'Merge it with peft (PeftModel.from_pretrained(base, DIR).merge_and_unload().save_pretrained(OUT)) and give OUT.'

/** Reads adapter_config.json. Throws LanternError `unsupported` for anything but plain LoRA, and `bad-checkpoint`. */
async function readConfig(dir: string): Promise<AdapterConfig> {
  const file = join(dir, adapterConfig)
  const raw = await readJsonObject(file)
  const unsupported = (what: string) =>
    new LanternError('unsupported', `${file}: adapters with ${what} are not merged here.`, mergeFirst)
  const type = raw['peft_type']
  if (type !== undefined && type !== 'LORA') throw unsupported(`peft_type ${JSON.stringify(type)}`)
  for (const [field, what] of unsupportedFields) if (isSet(raw[field])) throw unsupported(what)
  const initial = raw['init_lora_weights']
  // These initialisations change the base's own weights when training starts, so the saved pair is not a difference to
  // the base.
  if (typeof initial === 'string' && /pissa|olora|corda|loftq|lora_ga/i.test(initial))
    throw unsupported(`init_lora_weights ${JSON.stringify(initial)}`)
  const parsed = configSchema.safeParse(raw)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new LanternError('bad-checkpoint', `${file}: ${issue.path.join('.')}: ${issue.message}.`, 'Fetch it again.')
  }
  const pattern = Object.keys({...parsed.data.rank_pattern, ...parsed.data.alpha_pattern}).find(
    key => !/^[\w.-]+$/.test(key),
  )
  if (pattern !== undefined)
    throw unsupported(`regular expressions in rank_pattern or alpha_pattern (${JSON.stringify(pattern)})`)
  return parsed.data
}

function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false
  return Array.isArray(value) ? value.length > 0 : true
}

/**
 * The folder of an adapter's base model: a path, taken as given or relative to the adapter's folder, or a repository in
 * the hub's cache. Throws LanternError `data-absent`, saying how to fetch it.
 */
export async function baseFolder(dir: string, env: Environment): Promise<string> {
  const {base_model_name_or_path: base, revision} = await readConfig(dir)
  const file = join(dir, adapterConfig)
  if (base == null || base === '') {
    throw new LanternError(
      'bad-checkpoint',
      `${dir} is a LoRA adapter, and ${adapterConfig} does not name its base.`,
      `Give both: --model BASE --adapter ${dir}.`,
    )
  }
  const folder = [resolve(dir, base), resolve(base)].find(path => existsSync(join(path, 'config.json')))
  if (folder !== undefined) return folder
  const asRepo = /^[\w.-]+\/[\w.-]+$/.test(base) && !/^\.+\//.test(base)
  const named = asRepo ? `${base}${revision == null ? '' : `@${revision}`}` : null
  const cached = named === null ? undefined : await resolveInHubCache(parseRepo(named, 'model'), env)
  if (cached !== undefined && existsSync(join(cached, 'config.json'))) return cached
  throw new LanternError(
    'data-absent',
    `${dir} is a LoRA adapter; its base ${JSON.stringify(base)} (${file}) is not on this machine.`,
    named === null
      ? `Give the base's folder: --model BASE --adapter ${dir}.`
      : `Fetch it with: lantern-eval model show hub:${named}; or give a folder: --model BASE --adapter ${dir}.`,
  )
}

/**
 * Matches an adapter to its base, whose tensors are given by their published names. Throws LanternError `unsupported`
 * and `bad-checkpoint`, naming the tensor that does not fit.
 */
export async function openAdapter(dir: string, base: ReadonlyMap<string, TensorPlace>): Promise<Adapter> {
  const config = await readConfig(dir)
  const file = join(dir, adapterWeights)
  const bad = (what: string) =>
    new LanternError('bad-checkpoint', `${file}: ${what}.`, 'Give the base that the adapter was trained on.')
  const pairs = new Map<string, {a?: TensorPlace; b?: TensorPlace}>()
  const whole = new Map<string, TensorPlace>()
  for (const [name, place] of await readSafetensorsHeader(file, 'bad-checkpoint')) {
    const inner = name.replace(/^base_model\.model\./, '')
    const lora = /^(.+)\.lora_([AB])(?:\.default)?\.weight$/.exec(inner)
    if (lora !== null) {
      const target = `${publishedName(`${lora[1]}.weight`)}`
      const pair = pairs.get(target) ?? {}
      pairs.set(target, pair)
      pair[lora[2] === 'A' ? 'a' : 'b'] = place
      continue
    }
    if (/\.lora_|lora_magnitude|token_adapter/.test(inner)) {
      throw new LanternError('unsupported', `${file}: ${name} is of a kind that is not merged here.`, mergeFirst)
    }
    const target = publishedName(inner.replace(/\.(base_layer|modules_to_save\.default|original_module)\b/, ''))
    if (!base.has(target) && target !== 'lm_head.weight') throw bad(`the base has no tensor ${target} (${name})`)
    whole.set(target, place)
  }
  const lowRank = new Map<string, LowRank>()
  for (const [target, {a, b}] of pairs) {
    if (a === undefined || b === undefined) throw bad(`of the pair for ${target} only one half is there`)
    lowRank.set(target, fitted(target, a, b, {base, config, bad}))
  }
  if (lowRank.size + whole.size === 0) throw bad('the adapter holds no tensors')
  return {dir, lowRank, whole}
}

interface FitContext {
  readonly base: ReadonlyMap<string, TensorPlace>
  readonly config: AdapterConfig
  readonly bad: (what: string) => LanternError
}

function fitted(target: string, a: TensorPlace, b: TensorPlace, {base, config, bad}: FitContext): LowRank {
  const place = base.get(target)
  if (place === undefined) throw bad(`the base has no tensor ${target}`)
  const shapes = `A [${a.shape.join(', ')}], B [${b.shape.join(', ')}]`
  const [out, inputs] = place.shape
  if (place.shape.length !== 2 || a.shape.length !== 2 || b.shape.length !== 2)
    throw new LanternError('unsupported', `${a.file}: ${target} is not a linear layer (${shapes}).`, mergeFirst)
  if (a.shape[1] !== inputs || b.shape[0] !== out || a.shape[0] !== b.shape[1])
    throw bad(`${shapes} do not fit ${target} [${place.shape.join(', ')}]`)
  for (const {type} of [a, b])
    if (type !== 'F32' && type !== 'F16' && type !== 'BF16') throw bad(`the pair for ${target} has the type ${type}`)
  const module = target.replace(/\.weight$/, '')
  const rank = patternValue(config.rank_pattern, module) ?? config.r
  if (a.shape[0] !== rank)
    throw bad(`${target} has the rank ${a.shape[0]}, ${adapterConfig} says ${rank}: they are not of one adapter`)
  // fan_in_fan_out is ignored, because peft ignores it for linear layers, and this model has no others.
  const alpha = patternValue(config.alpha_pattern, module) ?? config.lora_alpha
  return {a, b, scale: alpha / (config.use_rslora === true ? Math.sqrt(rank) : rank)}
}

/** The value of the first key that equals a module's name or its end (huggingface/peft: get_pattern_key). */
function patternValue(
  pattern: Readonly<Record<string, number>> | null | undefined,
  module: string,
): number | undefined {
  const key = Object.keys(pattern ?? {}).find(key => {
    const name = publishedName(key)
    return module === name || module.endsWith(`.${name}`)
  })
  return key === undefined ? undefined : pattern![key]
}
