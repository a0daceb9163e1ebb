// Recognises the content of a folder from its file names: a checkpoint, an adapter, or something that has to be
// converted to a checkpoint first. If it cannot be loaded, the error says what it is and what to do
// (design/checkpoint-folders.md).
import {opendir, readdir, stat} from 'node:fs/promises'
import {basename, join} from 'node:path'
import {LanternError, messageOf, systemCodeOf} from '../../core/errors.js'
import {checkpointLimits} from '../../core/limits.js'

export type Names = ReadonlySet<string>

export const singleFile = 'model.safetensors'
export const indexFile = 'model.safetensors.index.json'
export const adapterConfig = 'adapter_config.json'
export const adapterWeights = 'adapter_model.safetensors'

/** Shards, as numbered by transformers and accelerate: `model-00001-of-00003.safetensors`. */
export const shardPattern = /^(.+)-(\d{1,6})-of-(\d{1,6})\.safetensors$/

/** Whether a folder holds weights that can be read. */
export function holdsWeights(names: Names): boolean {
  return names.has(singleFile) || names.has(indexFile) || [...names].some(name => shardPattern.test(name))
}

/** Whether a folder is an adapter: it has the files of an adapter and no weights of a model. */
export function isAdapter(names: Names): boolean {
  return names.has(adapterConfig) && !holdsWeights(names)
}

interface OtherFormat {
  recognises(names: Names): boolean
  readonly what: string
  readonly wayOut: string
}

const some = (names: Names, pattern: RegExp) => [...names].some(name => pattern.test(name))
const zeroScript = 'zero_to_fp32.py'

/** Formats that cannot be loaded, in the order in which they are tried. */
const otherFormats: readonly OtherFormat[] = [
  {
    recognises: names => some(names, /^(zero_pp_rank_|bf16_zero_pp_rank_|mp_rank_\d+_model_states)/),
    what: 'holds the training state of DeepSpeed (zero_pp_rank or mp_rank files), one part per process',
    wayOut: `Run ${zeroScript} in the folder above it: python ${zeroScript} . merged --safe_serialization; then copy config.json and the tokenizer's files to merged and give that folder.`,
  },
  {
    recognises: names => names.has(zeroScript) || some(names, /^global_step\d+$/),
    what: 'is a DeepSpeed checkpoint whose weights are spread over the processes of the training',
    wayOut: `Run in it: python ${zeroScript} . merged --safe_serialization; then copy config.json and the tokenizer's files to merged and give that folder.`,
  },
  {
    recognises: names => some(names, /^model_world_size_\d+_rank_\d+\.pt$/),
    what: 'holds the shards of an FSDP training by verl, one part per process',
    wayOut: 'Run: python -m verl.model_merger merge --backend fsdp --local_dir THIS_FOLDER --target_dir merged.',
  },
  {
    recognises: names => some(names, /\.distcp$|^pytorch_model_fsdp_\d+$/),
    what: 'holds a distributed checkpoint of FSDP',
    wayOut: 'Run: accelerate merge-weights THIS_FOLDER merged; then copy config.json and the tokenizer there.',
  },
  {
    recognises: names => names.has('onnx') || names.has('genai_config.json') || some(names, /\.onnx(_data)?$/),
    what: 'holds an ONNX export, which does not expose the hidden states that latent reasoning feeds back',
    wayOut:
      'Point --model at the folder with the original weights (config.json, tokenizer.json and *.safetensors): no export is needed.',
  },
  {
    recognises: names => some(names, /\.gguf$/i),
    what: 'holds GGUF weights of llama.cpp',
    wayOut:
      'Use the original *.safetensors folder; or serve the GGUF with llama-server and give --model openai:NAME --base-url URL.',
  },
  {
    recognises: names => some(names, /^adapter_model\.(bin|pt)$/),
    what: 'is an adapter saved as a pickle',
    wayOut: 'Save it again with save_pretrained(..., safe_serialization=True): adapter_model.safetensors is read.',
  },
  {
    recognises: names => some(names, /\.(bin|pt|pth|msgpack|h5|ckpt)$/),
    what: 'holds weights in a format other than safetensors',
    wayOut:
      'Load the model with transformers and save it with save_pretrained(DIR, safe_serialization=True); point --model at that folder.',
  },
]

const otherFormatOf = (names: Names) => otherFormats.find(({recognises}) => recognises(names))

/**
 * The file names of a folder that holds a checkpoint or an adapter. Throws LanternError `bad-checkpoint` or
 * `unsupported`.
 */
export async function loadableFolder(dir: string): Promise<Names> {
  const names = await namesIn(dir)
  if (names.has('config.json') && holdsWeights(names)) return names
  if (isAdapter(names) && names.has(adapterWeights)) return names
  const inside = await checkpointsInside(dir, names)
  if (inside !== null) throw inside
  const other = otherFormatOf(names)
  if (other !== undefined) throw new LanternError('unsupported', `${dir} ${other.what}.`, other.wayOut)
  throw notACheckpoint(dir, names)
}

function notACheckpoint(dir: string, names: Names): LanternError {
  if (isAdapter(names)) {
    return new LanternError(
      'bad-checkpoint',
      `${dir} is an adapter folder, but ${adapterWeights} is missing.`,
      'Fetch this file; it holds the weights of the adapter.',
    )
  }
  if (holdsWeights(names)) {
    return new LanternError(
      'bad-checkpoint',
      `${dir} is not a checkpoint folder: it has weights but no config.json.`,
      'Copy config.json and the tokenizer files of the model that was trained beside the weights.',
    )
  }
  const weights = [...names].find(name => name.endsWith('.safetensors'))
  if (weights !== undefined && names.has('config.json')) {
    return new LanternError(
      'bad-checkpoint',
      `${dir} has weights under a name that transformers does not read: ${weights}.`,
      `Rename the file to ${singleFile} if it is the whole model.`,
    )
  }
  const missing = names.has('config.json') ? `${singleFile} or ${indexFile}` : 'config.json'
  return new LanternError(
    'bad-checkpoint',
    `${dir} is not a checkpoint folder: it has no ${missing}.`,
    'Give a folder with config.json, tokenizer.json and *.safetensors.',
  )
}

/**
 * The error for an output folder of a training or a folder of the hub's cache, where the checkpoint is one level below;
 * null for other folders.
 */
async function checkpointsInside(dir: string, names: Names): Promise<LanternError | null> {
  const below = async (name: string) => new Set(await readdir(join(dir, name)).catch(() => []))
  const steps = [...names].filter(name => /^(checkpoint|global_step|step)[-_]?\d+$/.test(name))
  const numberOf = (name: string) => Number(/\d+$/.exec(name)![0])
  for (const step of steps.sort((a, b) => numberOf(b) - numberOf(a)).slice(0, 20)) {
    const inner = await below(step)
    if (!holdsWeights(inner) && !inner.has(adapterConfig)) continue
    return new LanternError(
      'bad-checkpoint',
      `${dir} is the output of a training; its checkpoints lie in sub-folders, the last with weights in ${step}.`,
      `Give ${join(dir, step)}.`,
    )
  }
  const last = steps[0]
  const state = last === undefined ? undefined : otherFormatOf(await below(last))
  if (state !== undefined) {
    return new LanternError(
      'unsupported',
      `${dir} is the output of a training; the last of its sub-folders, ${last}, ${state.what}.`,
      state.wayOut,
    )
  }
  const known = ['actor', 'huggingface', 'hf', 'model', 'merged', 'snapshots', 'checkpoints'].filter(n => names.has(n))
  for (const name of known) {
    const inner = await below(name)
    if (holdsWeights(inner)) {
      return new LanternError(
        'bad-checkpoint',
        `${dir} is not a checkpoint folder, but its sub-folder ${name} is one.`,
        `Give ${join(dir, name)}.`,
      )
    }
    const [only] = name === 'snapshots' ? inner : []
    if (only !== undefined) {
      return new LanternError(
        'bad-checkpoint',
        `${dir} is a repository in the hub's cache.`,
        `Give hub:owner/name, or ${join(dir, name, only)}.`,
      )
    }
  }
  return null
}

/**
 * A single file is treated as a folder with that one name, so that `--model model.onnx` gets the same error as its
 * folder. If a folder has more names than the bound, only the first are used.
 */
async function namesIn(dir: string): Promise<Names> {
  try {
    if ((await stat(dir)).isFile()) return new Set([basename(dir)])
    const names = new Set<string>()
    for await (const {name} of await opendir(dir)) {
      names.add(name)
      if (names.size >= checkpointLimits.folderNames) break
    }
    return names
  } catch (error) {
    const why = systemCodeOf(error) === 'ENOENT' ? 'there is no such folder' : messageOf(error)
    throw new LanternError(
      'bad-checkpoint',
      `Cannot open the checkpoint ${dir}: ${why}.`,
      'Give a folder with config.json and *.safetensors, or hub:owner/name.',
    )
  }
}
