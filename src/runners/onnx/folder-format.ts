// Recognises the kind of model in a folder from its file names. A new loader needs a row here and a function that opens
// the folder. For what cannot be loaded, the error says what to use instead.
import {readdir, stat} from 'node:fs/promises'
import {basename} from 'node:path'
import {LanternError, messageOf, systemCodeOf} from '../../core/errors.js'

type Names = ReadonlySet<string>

interface FolderFormat {
  readonly name: 'safetensors' | 'onnx' | 'other-weights'
  recognises(names: Names): boolean
  /** Why it cannot be loaded and what to do instead; null for a format with a loader. */
  readonly refusal: readonly [why: string, suggestion: string] | null
}

export const singleFile = 'model.safetensors'
export const indexFile = 'model.safetensors.index.json'

const anyEndsWith = (names: Names, endings: readonly string[]) =>
  [...names].some(name => endings.some(ending => name.endsWith(ending)))

/** In the order they are tried. A folder may contain an export beside the original weights. */
const formats: readonly FolderFormat[] = [
  {
    name: 'safetensors',
    recognises: names => names.has('config.json') && (names.has(singleFile) || names.has(indexFile)),
    refusal: null,
  },
  {
    name: 'onnx',
    recognises: names =>
      names.has('onnx') || names.has('genai_config.json') || anyEndsWith(names, ['.onnx', '.onnx_data']),
    refusal: [
      'holds an ONNX export, which does not expose the hidden states that latent reasoning feeds back',
      'Point --model at the folder with the original weights (config.json, tokenizer.json and *.safetensors): no export is needed.',
    ],
  },
  {
    name: 'other-weights',
    recognises: names => anyEndsWith(names, ['.bin', '.pt', '.pth', '.gguf', '.msgpack', '.h5']),
    refusal: [
      'holds weights in a format other than safetensors',
      'Save the model with transformers (save_pretrained writes *.safetensors) and point --model at that folder.',
    ],
  },
]

/**
 * The file names of a folder that can be loaded. Throws LanternError `bad-checkpoint`, or `unsupported` with what to do
 * instead.
 */
export async function loadableFolder(dir: string): Promise<Names> {
  const names = await namesIn(dir)
  const format = formats.find(({recognises}) => recognises(names))
  if (format === undefined) {
    const missing = names.has('config.json') ? `${singleFile} or ${indexFile}` : 'config.json'
    throw new LanternError(
      'bad-checkpoint',
      `${dir} is not a checkpoint folder: it has no ${missing}.`,
      'Give a folder with config.json, tokenizer.json and *.safetensors.',
    )
  }
  if (format.refusal !== null) throw new LanternError('unsupported', `${dir} ${format.refusal[0]}.`, format.refusal[1])
  return names
}

/** A single file is judged by its own name, so that `--model model.onnx` gets the same answer as its folder. */
async function namesIn(dir: string): Promise<Names> {
  try {
    return new Set((await stat(dir)).isFile() ? [basename(dir)] : await readdir(dir))
  } catch (error) {
    const why = systemCodeOf(error) === 'ENOENT' ? 'there is no such folder' : messageOf(error)
    throw new LanternError(
      'bad-checkpoint',
      `Cannot open the checkpoint ${dir}: ${why}.`,
      'Give a folder with config.json and *.safetensors, or hub:owner/name.',
    )
  }
}
